"""A plain table of the class: a row a student, a column a check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.graded import Graded, Mark
from lab.limits import limit_words
from lab.report.formats.cells import harmless, sheet
from lab.report.formats.format import Context, Format
from lab.report.formats.telling import earned, problem, text, verdict, without_grade
from lab.results import Verdict
from lab.text import Text, join

_BEFORE = ("student", "id", "score", "max", "verdict")
_AFTER = ("limits", "problem")


def write(marks: Sequence[Mark], context: Context) -> Mapping[str, bytes]:
    """`results.csv`; blank are the points of what was not checked, and the score where no grade may be made of it."""
    checks = list(dict.fromkeys(check.id for mark in marks for check in mark.graded.checks))
    heads = [f"{name} (check)" if name in {*_BEFORE, *_AFTER} else name for name in checks]
    rows = [[*_BEFORE, *heads, *_AFTER]]
    rows += [_row(mark, checks, context) for mark in marks]
    return {"results.csv": sheet(rows)}


def _row(mark: Mark, checks: Sequence[str], context: Context) -> list[str]:
    graded = mark.graded
    limits = join("; ", [limit_words(limit) for limit in graded.limits_hit])
    return [
        harmless(mark.student.name),
        harmless(mark.student.id or ""),
        "" if without_grade(graded) else text(graded.score),
        text(graded.max),
        verdict(graded),
        *_points(graded, checks),
        harmless(limits.in_(context.language)),
        harmless(problem(graded).in_(context.language)),
    ]


def _points(graded: Graded, checks: Sequence[str]) -> list[str]:
    found = {} if graded.verdict is Verdict.ERROR else {one.id: text(earned(graded, one)) for one in graded.checks}
    return [found.get(name, "") for name in checks]


CSV = Format("csv", Text("a plain CSV table of the class", "全班成绩的普通 CSV 表"), "class", write)
