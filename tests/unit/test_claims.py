"""The claims of the texts, and how what settles them is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import claims, images, loader
from lab.checks import PARAMS
from lab.claims import Claim, Row, Settling
from lab.places import SCENARIOS
from lab.report import claims as report
from lab.results import Verdict
from lab.scenario import Words

CLAIM = Claim(
    says=Words(en="so", zh="如此"), verdict="partly", right=Words(en="not quite", zh="不尽然"), source="RFC 1"
)


def row(*verdicts: Verdict | None) -> Row:
    return Row("C01", CLAIM, (Settling("one", {f"check-{n}": v for n, v in enumerate(verdicts)}),) if verdicts else ())


def test_every_claim_is_there_once_and_in_both_languages() -> None:
    assert list(claims.claims()) == [f"C{number:02}" for number in range(1, 54)]
    for claim in claims.claims().values():
        assert claim.says.en != claim.says.zh
        assert claim.right.en != claim.right.zh


def test_every_claim_has_a_check() -> None:
    found = [(loader.load(SCENARIOS / name, PARAMS, images.names()), None) for name in loader.names(SCENARIOS)]
    assert [each.id for each in claims.rows(found) if not each.settled] == []


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        ((), None),
        ((Verdict.PASSED, None), None),
        ((Verdict.PASSED, Verdict.PASSED), Verdict.PASSED),
        ((Verdict.PASSED, Verdict.FAILED), Verdict.FAILED),
    ],
)
def test_a_claim_is_shown_where_every_check_of_it_has_passed(
    verdicts: tuple[Verdict | None, ...], state: Verdict | None
) -> None:
    assert row(*verdicts).state is state


def test_the_table_and_the_document_say_the_same(tmp_path: Path) -> None:
    rows = [row(Verdict.PASSED, Verdict.FAILED, None), row()]
    drawn = "\n".join(line.plain for line in report.claims_screen(rows, "en").lines(100))
    assert "C01  so" in drawn
    assert "partly (not shown)  not quite  (RFC 1)" in drawn
    assert "one  ✓ check-0  ✗ check-1  · check-2" in drawn
    assert "no check settles it yet" in drawn
    assert "0 of 2 shown by the last runs, 1 without a check" in drawn
    told = report.document(rows, "zh")["claims"][0]
    assert (told["says"], told["right"], told["state"]) == ("如此", "不尽然", None)
    assert told["settled"] == [
        {"scenario": "one", "checks": {"check-0": "passed", "check-1": "failed", "check-2": None}}
    ]
