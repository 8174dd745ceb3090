"""Moodle's offline grading worksheet: the teacher's own with its grades filled in.

All other cells stay as Moodle wrote them, with commas between them: its upload reads nothing else. A student without
a result keeps the grade of the worksheet. Moodle skips a grade over the maximum, so a bonus lifts it up to that and no
further.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.errors import InputError
from lab.graded import Graded, Mark
from lab.report.formats.cells import as_number, sheet
from lab.report.formats.format import Context, Format
from lab.report.formats.telling import text, without_grade
from lab.submissions.headings import MOODLE as HEADINGS
from lab.submissions.headings import place as place_of
from lab.text import Text, say

_DECIMALS = 2
"""As Moodle writes grades."""


def check(context: Context) -> None:
    """Raise `InputError` without a worksheet that has a column for the grade."""
    roster = context.roster
    if roster is None or roster.kind != "moodle":
        raise InputError(
            say(
                "the format moodle fills in the grading worksheet that Moodle exported: give it with --roster",
                "moodle 格式填写从 Moodle 下载的评分工作表：请用 --roster 给出",
            )
        )
    if place_of(roster.header, HEADINGS["grade"]) is None:
        raise InputError(say("the worksheet has no column `Grade`", "评分工作表中没有 `成绩` 列"))


def write(marks: Sequence[Mark], context: Context) -> Mapping[str, bytes]:
    """`moodle.csv`, for Moodle's upload of the worksheet."""
    roster = context.roster
    assert roster is not None  # `check` has seen to it
    place, maximum = (place_of(roster.header, HEADINGS[key]) for key in ("grade", "maximum"))
    assert place is not None
    graded = {mark.student.slug: mark.graded for mark in marks}
    rows = [list(roster.header)]
    for row, student in zip(roster.rows, roster.students, strict=True):
        cells = list(row)
        result = None if student is None else graded.get(student.slug)
        if result is not None and not without_grade(result):
            grade = _grade(result, None if maximum is None else as_number(cells[maximum]))
            if as_number(cells[place]) != grade:
                cells[place] = text(grade)
        rows.append(cells)
    return {"moodle.csv": sheet(rows)}


def _grade(graded: Graded, maximum: float | None) -> float:
    """The score on the scale of the worksheet, not over its maximum."""
    most = maximum or graded.max
    share = min(1.0, graded.score / graded.max) if graded.max else 0.0
    return round(share * most, _DECIMALS)


MOODLE = Format(
    "moodle",
    Text("Moodle's grading worksheet; needs --roster", "Moodle 评分工作表；需要 --roster"),
    "class",
    write,
    check,
)
