from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from marks import HOSTILE, check, graded, hostile, mark, nothing, partly, words
from rich.cells import cell_len

from lab.graded import Mark
from lab.marks import Alike, Marks
from lab.record import LimitFacts
from lab.report.grading import GradingReporter
from lab.results import Verdict
from lab.text import Language, Text

BAD = set("\x1b\x07\x00\x08\x7f\x85\u2028\u202e\u2066")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def class_of(marks: list[Mark], **more: Any) -> Marks:
    fields: dict[str, Any] = {"before": {}, "folder": Path("/out"), "max": 10} | more
    return Marks(exercise="e", title=Text("E", "练习"), marks=tuple(marks), **fields)


def told(
    marks: list[Mark],
    language: Language = "en",
    *,
    quiet: bool = False,
    at_once: int = 2,
    finish: bool = True,
    **more: Any,
) -> list[str]:
    """What is on the stream after `marks` were graded one after the other."""
    stream = io.StringIO()
    before = more.get("before", {})
    students = [each.student for each in marks]
    with GradingReporter(language, students, Path("/out"), stream=stream, quiet=quiet) as reporter:
        reporter.begins(at_once)
        for each in marks:
            reporter.graded(each, before.get(each.student.slug), known=False)
        if finish:
            reporter.finished(class_of(marks, **more))
    return stream.getvalue().splitlines()


def results(*scores: int) -> list[Mark]:
    return [mark(f"s{n}", graded(check(points=10), score=score, max=10), f"s{n}") for n, score in enumerate(scores)]


def test_progress_by_tenths_where_there_is_no_terminal() -> None:
    lines = told(results(*range(10), *range(10)), at_once=3, finish=False)
    assert len(lines) == 10
    assert lines[0] == "  graded 2 of 20   10%   3 at a time"
    assert lines[4].startswith("  graded 10 of 20   50%   3 at a time   less than a minute left")
    assert lines[-1] == "  graded 20 of 20   100%   3 at a time"


@pytest.mark.parametrize(
    ("spent", "left"), [(30, "less than a minute left"), (60, "about 1 min left"), (61, "about 2 min left")]
)
def test_the_estimate_goes_by_what_each_took(monkeypatch: pytest.MonkeyPatch, spent: float, left: str) -> None:
    now = 0.0
    monkeypatch.setattr("lab.report.grading.time.monotonic", lambda: now)
    stream = io.StringIO()
    marks = results(*range(10))
    reporter = GradingReporter("en", [each.student for each in marks], Path("/out"), stream=stream)
    reporter.graded(marks[0], None, known=True)
    reporter.graded(marks[1], None, known=True)
    reporter.begins(2)
    now = spent
    for each in marks[2:6]:
        reporter.graded(each, None, known=False)
    assert stream.getvalue().splitlines()[-1] == f"  graded 6 of 10   60%   2 at a time   {left}"
    assert "  2 submissions   graded before and unchanged" in stream.getvalue()


def test_a_class_and_its_totals() -> None:
    missing = mark("none", graded(verdict=Verdict.FAILED, max=10, problem=words("no server.py")))
    rerun = mark("again", graded(check(points=10), max=10, runs=2))
    wrong = mark("wrong", graded(check("at-once", Verdict.FAILED, 10), check("late", Verdict.SKIPPED, 0), max=10))
    lines = told([*results(8, 8), missing, rerun, wrong])
    assert (
        "  5 submissions   median 8 of 10   3 with full marks   1 did not start: file missing   1 lab error, rerun: passed"
        in lines
    )
    assert "  most missed   at-once (1)" in lines
    assert lines[-1] == "  /out/   index.html   results.csv   feedback/<student>.html"


def test_an_error_of_the_lab_is_no_score() -> None:
    broken = mark("broken", graded(verdict=Verdict.ERROR, max=10, problem=words("the engine went away"), runs=2))
    lines = told([*results(4), broken])
    assert "  ! broken   the engine went away" in lines
    assert "  2 submissions   median 4 of 10   1 with full marks   1 lab error, rerun: error" in lines


def test_warnings_as_they_come() -> None:
    limit = LimitFacts(what="processes", host="server", program="server", limit=64, time=0, ended=True)
    bomb = mark("s1042", graded(check(), limits_hit=(limit,), score=0, verdict=Verdict.FAILED))
    fell = mark("fell", graded(check(), score=0.5))
    before = {"fell": graded(check())}
    lines = told([bomb, fell], before=before)
    assert lines[0].startswith("  ⚠ s1042  server hit")
    assert lines[0].endswith(": 0 points")
    assert "  ⚠ fell  lower than before: 0.5 of 1, it was 1 of 1" in lines
    assert "  lower now   fell" in lines


def test_who_is_alike() -> None:
    alike = (Alike(("s0", "s1"), 1.0, identical=True), Alike(("s1", "s2"), 0.949))
    lines = told(results(1, 2, 3), alike=alike)
    assert "  identical   s0, s1" in lines
    assert "  94% alike   s1, s2" in lines


@pytest.mark.parametrize(("language", "said"), [("en", "  grading Zhang …"), ("zh", "  正在评分：Zhang …")])
def test_that_one_submission_is_graded_is_told_before_it_is(language: Language, said: str) -> None:
    assert told([mark("Zhang", partly())], language, at_once=1, finish=False) == [said]
    assert told([mark("Zhang", partly())], language, quiet=True, finish=False) == []


def test_on_a_terminal_how_long_one_submission_has_taken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = Terminal()
    with GradingReporter("en", [mark("Zhang", partly()).student], Path("/out"), stream=stream) as reporter:
        reporter.begins(1)
    assert "grading Zhang   0 s" in stream.getvalue()


def test_one_submission_is_told_in_full() -> None:
    lines = told([mark("Zhang", partly())], at_once=1)
    whole = "\n".join(lines)
    assert "✗ at-once" in whole
    assert "2/3" in whole
    assert "bob came late" in whole
    assert "graded 1 of 1" not in whole
    assert lines[-1].startswith("failed")


def test_why_one_could_not_be_run() -> None:
    lines = told([mark("Zhang", graded(verdict=Verdict.FAILED, max=10, problem=words("no server.py")))])
    assert lines[1:] == ["  ⚠ no server.py", "failed   0 of 10 points   4.2 s"]


def test_quiet_says_the_outcome_only() -> None:
    assert told(results(1, 2), quiet=True) == ["  2 submissions   median 1.5 of 10   2 with full marks"]
    passed, failed, skipped = check("ok"), check("at-once", Verdict.FAILED), check("late", Verdict.SKIPPED)
    lines = told([mark("Zhang", graded(passed, failed, skipped))], quiet=True)
    assert lines == ["Zhang   failed   1 of 3 points   4.2 s"]
    secret = graded(check("at-once", Verdict.FAILED, hidden=True, details=(words("SECRET"),)))
    assert ["SECRET" in "".join(told([mark("Zhang", secret)], quiet=each)) for each in (False, True)] == [True, False]
    missing = graded(verdict=Verdict.FAILED, max=10, problem=words("no server.py"))
    assert told([mark("Zhang", missing)], quiet=True) == ["Zhang   failed   0 of 10 points   4.2 s   no server.py"]


def test_a_line_for_each_student() -> None:
    wrong = graded(check("at-once", Verdict.FAILED), check("closed", Verdict.FAILED), check("late", Verdict.SKIPPED))
    missing = graded(verdict=Verdict.FAILED, max=10, problem=words("no server.py"))
    broken = graded(verdict=Verdict.ERROR, max=10, problem=words("the engine went away"))
    marks = [*results(10), mark("王小明", wrong), mark("gone", missing), mark("nobody", nothing()), mark("x", broken)]
    assert told(marks)[-8:-5] == [
        "  ✓ s0       10/10   passed",
        "  ✗ 王小明     0/3   at-once, closed",
        "  ✗ gone      0/10   no server.py",
    ]
    assert told(marks)[-5] == "  ! x        the engine went away"
    assert "  handed in nothing   nobody" in told(marks)
    rows = [line for line in told([mark("x" * 99, hostile("y" * 999)), *results(1)]) if line.startswith(("  ✓", "  ✗"))]
    assert (len(rows), max(map(cell_len, rows))) == (2, 120)


def test_of_a_large_class_those_without_full_marks_have_a_line() -> None:
    lines = told([mark(f"s{n}", graded(check("a", Verdict(v)))) for n, v in enumerate(["passed", "failed"] * 41)])
    rows = [line for line in lines if line.startswith(("  ✓", "  ✗"))]
    assert len(rows) == 40
    assert not any("✓" in row for row in rows)
    assert "  … and 1 more in index.html" in lines
    assert sum(line.startswith("  ✓") for line in told(results(*range(40)))) == 40


def test_who_handed_in_nothing_has_no_score() -> None:
    lines = told([*results(8, 4), mark("nobody", nothing())])
    assert "  2 submissions   median 6 of 10   2 with full marks" in lines


def test_a_limit_of_the_only_submission_is_told_once() -> None:
    fatal = LimitFacts(what="processes", host="server", program="server", limit=64, time=0, ended=True)
    memory = LimitFacts(what="memory", host="server", program="server", limit=256, time=0)
    why = words("server hit the process limit (64): no points")
    bomb = told([mark("s", graded(check(), limits_hit=(fatal, memory), score=0, problem=why))])
    assert [line for line in bomb if "⚠" in line] == [
        "  ⚠ server hit the memory limit (256 MiB): a process was killed",
        "  ⚠ server hit the process limit (64): no points",
    ]
    (told_of,) = [line for line in told([mark("s", graded(check(), limits_hit=(memory,)))]) if "⚠" in line]
    assert "memory" in told_of


def test_ctrl_c_says_how_far_it_came() -> None:
    stream = io.StringIO()
    marks = results(1, 2)
    with (
        pytest.raises(KeyboardInterrupt),
        GradingReporter("en", [m.student for m in marks], Path(), stream=stream) as reporter,
    ):
        reporter.begins(1)
        reporter.graded(marks[0], None, known=False)
        raise KeyboardInterrupt
    assert stream.getvalue().splitlines()[-1] == "interrupted   1 of 2 graded; the same command goes on from here"


@pytest.mark.parametrize("text", HOSTILE)
def test_what_students_write_does_nothing_to_the_terminal(text: str) -> None:
    evil = [mark(text, hostile(text), "one"), mark(text + "2", hostile(text), "two")]
    alike = (Alike(("one", "two"), 1.0),)
    for lines in (told(evil, alike=alike, before={"one": graded(check())}), told(evil[:1]), told(evil, "zh")):
        assert not BAD & set("".join(lines))
        "".join(lines).encode()
