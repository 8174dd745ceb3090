from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from lab.batch import Done, Job
from lab.report import batch
from lab.report.batch import BatchReporter
from lab.report.document import outcome_document
from lab.results import Outcome
from lab.text import LANGUAGES, Language

Golden = Callable[[str, str], None]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Four seconds later whenever somebody asks."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 4
        return self.now


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(batch, "time", Clock())


def document(outcome: Outcome, name: str, language: Language = "en") -> dict[str, Any]:
    return outcome_document(outcome, language) | {"scenario": name}


def ended(passed: Outcome, failed: Outcome, language: Language = "en") -> list[Done]:
    """A run of each kind, with names that are wide and harmful."""
    told = "scenarios/faulty/scenario.yaml\n  3:1  hots  there is no key `hots`\n1 fault, nothing was run"
    return [
        Done(Job("tcp-multiclient"), 1, document(failed, "tcp-multiclient", language), "", 12.34),
        Done(Job("there/udp-hello"), 0, document(passed, "udp-hello", language), "", 1.5),
        Done(Job("faulty"), 2, None, told, 0.31),
        Done(Job("场景\x1b[2J"), -9, None, "", 0.05),
    ]


def shown(
    done: Sequence[Done],
    stream: io.StringIO | None = None,
    *,
    jobs: Sequence[Job] | None = None,
    quiet: bool = False,
    language: Language = "en",
    ends: BaseException | None = None,
) -> str:
    """The screen of runs that end in an order other than that of the jobs."""
    stream = stream or io.StringIO()
    reporter = BatchReporter(language, jobs or [each.job for each in done], stream=stream, quiet=quiet)
    try:
        with reporter:
            for each in done:
                reporter.began(each.job)
            for each in reversed(done):
                reporter.ended(each)
            if ends is not None:
                raise ends
    except (KeyboardInterrupt, OSError):
        pass
    return stream.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_screen_piped(passed: Outcome, failed: Outcome, golden: Golden, language: Language) -> None:
    golden(f"batch-piped.{language}", shown(ended(passed, failed, language), language=language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_screen_on_80_columns(passed: Outcome, failed: Outcome, golden: Golden, language: Language) -> None:
    golden(f"batch-80.{language}", shown(ended(passed, failed, language), Terminal(), language=language))


def test_quiet_is_what_did_not_pass_and_the_totals(passed: Outcome, failed: Outcome) -> None:
    screen = shown(ended(passed, failed), quiet=True)
    assert screen.startswith("  ✗ tcp-multiclient\n    ✗ at-once\n")
    assert "udp-hello" not in screen
    assert shown(ended(passed, failed)[1:2], quiet=True).startswith("passed   1 scenario   ")


def test_all_that_passed(passed: Outcome, failed: Outcome) -> None:
    screen = shown(ended(passed, failed)[1:2] * 1)
    assert screen.splitlines() == [
        "  ✓ udp-hello   passed    1.5 s   2 checks",
        "",
        "passed   1 scenario   8.0 s (one after the other 1.5 s)",
    ]


def test_after_ctrl_c_it_says_what_was_done(passed: Outcome, failed: Outcome) -> None:
    done = ended(passed, failed)[:2]
    jobs = [*(each.job for each in done), Job("never-begun")]
    screen = shown(done, jobs=jobs, ends=KeyboardInterrupt())
    assert "  ✗ tcp-multiclient\n    ✗ at-once\n" in screen
    assert screen.splitlines()[-1].startswith("interrupted   2 of 3 scenarios: 1 failed, 1 passed   ")
    assert shown([], jobs=jobs, ends=KeyboardInterrupt()).startswith("interrupted   0 of 3 scenarios   ")


def test_of_an_error_it_says_nothing(passed: Outcome, failed: Outcome) -> None:
    assert "scenarios" not in shown(ended(passed, failed), quiet=True, ends=OSError())


def test_the_same_scenario_twice(passed: Outcome, failed: Outcome) -> None:
    one, two = (Done(Job("x"), 0, document(outcome, "x"), "", 1.0) for outcome in (passed, failed))
    assert shown([one, two]).count("\n  ✗ x\n") == 1


def test_a_live_view_on_a_terminal(passed: Outcome, failed: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    screen = shown(ended(passed, failed), Terminal())
    assert re.search(r"0 of 4 done", screen)
    assert re.search(r"udp-hello  .* +\d+ s", re.sub(r"\x1b\[[\d;]*m", "", screen))
    assert screen.rindex("\x1b[?25h") > screen.rindex("\x1b[?25l")
    assert "\x1b[2J" not in screen
    assert "\x1b[?25l" not in shown(ended(passed, failed), Terminal(), quiet=True)
