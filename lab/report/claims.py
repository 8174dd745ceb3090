"""The claims of the texts, how each was settled and by what: as a table and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text as Line

from lab.claims import Row, Settling
from lab.report.layout import Screen, console_of, hang
from lab.report.summary import STYLES
from lab.report.wording import MARKS
from lab.results import Verdict
from lab.text import Language, Text, say

VERDICTS: Mapping[str, Text] = {
    "confirmed": say("confirmed", "证实"),
    "corrected": say("corrected", "更正"),
    "partly": say("partly", "部分正确"),
}
NOT_RUN = "·"
INDENT = "       "


def claims_screen(rows: Sequence[Row], language: Language) -> Screen:
    """Each claim: what the texts say, how it was settled, the right sentence, and the checks that show it."""
    return Screen(lambda width: _draw(rows, language, width))


def document(rows: Sequence[Row], language: Language) -> dict[str, Any]:
    """The document that `lab claims --json` prints: `claims`, from C01 to C53.

    Each: id, says, verdict (confirmed, corrected, partly), right, source, state (of the last runs: passed, failed,
    error, skipped, or null where a check of it was not run), settled by: scenario and checks with their states.
    """
    return {
        "claims": [
            {
                "id": row.id,
                "says": row.claim.says.text.in_(language),
                "verdict": row.claim.verdict,
                "right": row.claim.right.text.in_(language),
                "source": row.claim.source,
                "state": None if row.state is None else row.state.value,
                "settled": [
                    {
                        "scenario": each.scenario,
                        "checks": {name: None if v is None else v.value for name, v in each.checks.items()},
                    }
                    for each in row.settled
                ],
            }
            for row in rows
        ]
    }


def _draw(rows: Sequence[Row], language: Language, width: int) -> Iterator[Line]:
    console = console_of(width)
    for row in rows:
        yield from hang(Line(f"  {row.id}  ", style="bold"), Line(row.claim.says.text.in_(language)), width, console)
        verdict = Line(INDENT).append(VERDICTS[row.claim.verdict].in_(language), style=_style(row.state))
        if row.state is not Verdict.PASSED and row.settled:
            verdict.append(say(" (not shown)", "（未证明）").in_(language), style=_style(row.state))
        right = Line(row.claim.right.text.in_(language)).append(f"  ({row.claim.source})", style="dim")
        yield from hang(verdict.append("  "), right, width, console)
        for each in row.settled:
            yield from hang(Line(INDENT).append(each.scenario, style="dim").append("  "), _checks(each), width, console)
        if not row.settled:
            yield Line(INDENT).append(say("no check settles it yet", "还没有检查来验证").in_(language), style="red")
    yield Line()
    yield _count(rows, language)


def _checks(settling: Settling) -> Line:
    line = Line()
    for number, (name, verdict) in enumerate(settling.checks.items()):
        line.append("  " if number else "")
        line.append(NOT_RUN if verdict is None else MARKS[verdict], style=_style(verdict)).append(f" {name}")
    return line


def _style(verdict: Verdict | None) -> str:
    return "dim" if verdict is None else STYLES[verdict]


def _count(rows: Sequence[Row], language: Language) -> Line:
    shown = sum(row.state is Verdict.PASSED for row in rows)
    unsettled = sum(not row.settled for row in rows)
    told = say("{n} of {all} shown by the last runs", "最近的运行证明了 {n}/{all} 条", n=shown, all=len(rows))
    if unsettled:
        told += say(", {n} without a check", "，{n} 条尚无检查", n=unsettled)
    return Line("  ").append((told + say("   run them: make scenarios", "   全部运行：make scenarios")).in_(language))
