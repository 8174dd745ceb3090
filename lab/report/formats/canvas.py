"""Canvas' gradebook CSV: the teacher's own export with one assignment filled in.

Only the columns by which Canvas knows a student and the assignment's are kept, so that the import changes nothing
else. Their cells stay as Canvas wrote them, names too: they have to match. A student without a result keeps the
grade of the export, since a blank cell over a grade deletes it; so does who is excused (`EX`). A bonus may lift a
grade over the points possible, as Canvas allows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lab.errors import InputError
from lab.graded import Graded, Mark
from lab.report.formats.cells import as_number, sheet
from lab.report.formats.format import Context, Format
from lab.report.formats.telling import text, without_grade
from lab.submissions import Roster
from lab.submissions.headings import CANVAS_KNOWS_BY, POINTS_POSSIBLE, plain
from lab.text import Text, say

_DROPPED = re.compile(r"(Current|Final|Override) (Score|Points|Grade|Status)")
_NUMBERED = re.compile(r" \(\d+\)$")
_READ_ONLY = ("read only", "只读")  # Canvas translates this, and not its headings
_DECIMALS = 2
"""As Canvas compares grades."""


def check(context: Context) -> None:
    """Raise `InputError` without a gradebook export, or an assignment that Canvas would take."""
    roster, title = context.roster, context.assignment
    if roster is None or roster.kind != "canvas":
        raise InputError(
            say(
                "the format canvas fills in the gradebook that Canvas exported: give it with --roster",
                "canvas 格式填写 Canvas 导出的成绩册：请用 --roster 给出",
            )
        )
    if title is None:
        raise InputError(
            say(
                "the format canvas needs the assignment: --assignment 'Homework 3 (1234)', as the gradebook has it",
                "canvas 格式需要作业名：--assignment 'Homework 3 (1234)'，与成绩册中一致",
            )
        )
    if _DROPPED.search(title):
        raise InputError(
            say(
                "Canvas ignores the column `{title}`: it takes it for a total; rename the assignment",
                "Canvas 会忽略 `{title}` 列，因为它被当作总分；请给作业改名",
                title=title,
            )
        )
    place = _column(roster, title)
    if place is None and not _NUMBERED.search(title):
        raise InputError(
            say(
                "the gradebook has no assignment `{title}`; write it with its number, as in `Homework 3 (1234)`",
                "成绩册中没有作业 `{title}`；请连同编号写出，例如 `Homework 3 (1234)`",
                title=title,
            )
        )
    if place is not None and any(told in _possible(roster, place) for told in _READ_ONLY):
        raise InputError(say("`{title}` is read only in Canvas", "`{title}` 在 Canvas 中是只读的", title=title))


def write(marks: Sequence[Mark], context: Context) -> Mapping[str, bytes]:
    """`canvas.csv`, for Canvas' import."""
    roster, title = context.roster, context.assignment
    assert roster is not None  # `check` has seen to both
    assert title is not None
    place = _column(roster, title)
    possible = None if place is None else as_number(_possible(roster, place))
    grades = {mark.student.slug: _grade(mark.graded, possible) for mark in marks}
    kept = [index for index, head in enumerate(roster.header) if plain(head) in CANVAS_KNOWS_BY]
    rows = [[*(roster.header[index] for index in kept), title if place is None else roster.header[place]]]
    for row, student in zip(roster.rows, roster.students, strict=True):
        cell = "" if place is None else _cell(row, place)
        if student is not None and cell.strip().upper() != "EX":
            cell = grades.get(student.slug) or cell
        elif place is None and _is_possible(row) and marks:
            cell = text(max(mark.graded.max for mark in marks))
        rows.append([*(_cell(row, index) for index in kept), cell])
    return {"canvas.csv": sheet(rows, separator=roster.separator)}


def _grade(graded: Graded, possible: float | None) -> str | None:
    """The score on the scale of the assignment; None where there is none to give."""
    if without_grade(graded):
        return None
    scaled = graded.score * possible / graded.max if possible and graded.max else graded.score
    return text(round(scaled, _DECIMALS))


def _column(roster: Roster, title: str) -> int | None:
    """The column of the assignment, whose number may be left out where only one has that title."""
    exact = [index for index, head in enumerate(roster.header) if head == title]
    titled = [index for index, head in enumerate(roster.header) if _NUMBERED.sub("", head) == title]
    found = exact or titled
    return found[0] if len(found) == 1 else None


def _possible(roster: Roster, place: int) -> str:
    return next((_cell(row, place) for row in roster.rows if _is_possible(row)), "")


def _is_possible(row: Sequence[str]) -> bool:
    return bool(row) and POINTS_POSSIBLE in plain(row[0])


def _cell(row: Sequence[str], index: int) -> str:
    return row[index] if index < len(row) else ""


CANVAS = Format(
    "canvas",
    Text("Canvas' gradebook; needs --roster and --assignment", "Canvas 成绩册；需要 --roster 和 --assignment"),
    "class",
    write,
    check,
)
