"""The students of a class on the terminal, a line each: score, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text as Line

from lab.graded import Graded, Mark
from lab.marks import INDEX, Marks
from lab.report.formats.telling import problem, text, without_grade
from lab.report.layout import cut, pad
from lab.report.summary import STYLES
from lab.report.wording import MARKS, VERDICTS, plural
from lab.results import Verdict
from lab.text import Language, join, same, say
from lab.visible import one_line

MOST = 40
"""Lines; of a larger class those with full marks have none."""


def student_lines(marks: Marks, language: Language, names: int, width: int) -> Iterator[Line]:
    """The lines in `width` columns, names in `names` of them; none of errors and of who handed in nothing."""
    told = [mark for mark in marks.marks if not without_grade(mark.graded)]
    if len(told) > MOST:
        told = [mark for mark in told if mark.graded.verdict is not Verdict.PASSED]
    scores = max((len(_score(mark.graded)) for mark in told[:MOST]), default=0)
    for mark in told[:MOST]:
        line = named(mark, names).append(f"{_score(mark.graded):>{scores}}   ")
        yield line.append(cut(_what(mark.graded, language), max(width - line.cell_len, 1)))
    if (more := len(told) - MOST) > 0:
        rest = say("… and {n} in {index}", "… 另有 {n}，见 {index}", n=plural(more, "more", "more", "份"), index=INDEX)
        yield Line("  " + rest.in_(language), style="dim")


def named(mark: Mark, cells: int) -> Line:
    """How the line of a student begins: the verdict's mark, and the name in `cells` columns."""
    verdict = mark.graded.verdict
    first = Line("  ").append(MARKS[verdict], style=STYLES[verdict]).append(" ")
    return pad(first.append(cut(one_line(mark.student.name), cells)), cell_len("  ✓ ") + cells + 3)


def _score(graded: Graded) -> str:
    return f"{text(graded.score)}/{text(graded.max)}"


def _what(graded: Graded, language: Language) -> str:
    """What went wrong: why it has no points, else the checks that failed; else the verdict."""
    failed = [same(check.id) for check in graded.checks if check.verdict is Verdict.FAILED]
    if graded.problem is not None:
        told = problem(graded)
    elif failed:
        told = join(say(", ", "、"), failed)
    else:
        told = VERDICTS[graded.verdict]
    return one_line(told.in_(language))
