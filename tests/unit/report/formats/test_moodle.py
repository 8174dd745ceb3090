from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from marks import check, context, flooded, good, graded, lab_error, mark, nothing, partly

from lab.errors import InputError
from lab.graded import Graded, Mark
from lab.report.formats.moodle import MOODLE
from lab.submissions import Roster, Student

HEADER = (
    *("Identifier", "Full name", "Email address", "Status", "Grade", "Maximum grade", "Grade can be changed"),
    *("Last modified (submission)", "Last modified (grade)", "Feedback comments"),
)
ADA = ("Participant 42", "Ada Lovelace", "ada@x", "Submitted", "", "100.00", "Yes", "Monday, 1 May", "-", "")
BOB = ("Participant 43", "=1+1", "bob@x", "Submitted", "70.00", "100.00", "Yes", "Monday", "Tuesday", "well,\ndone")
EVE = ("Participant 44", "Eve", "eve@x", "No submission", "", "100.00", "Yes", "-", "-", "")


def worksheet(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> Roster:
    students = tuple(Student(row[1], row[2].split("@")[0], id=row[0].split()[1]) for row in rows)
    return Roster("moodle", header, rows, students)


SHEET = worksheet(ADA, BOB, EVE)


def read(marks: Sequence[Mark], sheet: Roster = SHEET) -> list[tuple[str, ...]]:
    told = context(roster=sheet)
    MOODLE.check(told)
    (content,) = MOODLE.write(marks, told).values()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    return [tuple(row) for row in rows]


def test_only_grades_change():
    assert read([mark("x", partly(), "ada")]) == [HEADER, (*ADA[:4], "70", *ADA[5:]), BOB, EVE]


def test_a_grade_that_is_the_same_stays_as_it_is_written():
    assert read([mark("x", partly(), "bob")])[2] == BOB


@pytest.mark.parametrize("result", [lab_error(), nothing()])
def test_who_has_no_result_keeps_the_grade(result: Graded):
    assert read([mark("x", result, "ada"), mark("x", result, "bob")]) == [HEADER, ADA, BOB, EVE]


def test_a_zero_is_a_grade():
    assert read([mark("x", flooded(), "bob")])[2][4] == "0"


@pytest.mark.parametrize(("maximum", "grade"), [("100.00", "100"), ("7,50", "7.5"), ("", "10")])
def test_a_bonus_lifts_it_up_to_the_maximum_only(maximum: str, grade: str):
    better = graded(check(points=10), check("fast", points=2, bonus=True))
    sheet = worksheet((*ADA[:5], maximum, *ADA[6:]))
    assert read([mark("x", better, "ada")], sheet)[1][4] == grade


def test_a_chinese_worksheet():
    header = tuple({"Grade": "成绩", "Maximum grade": "最高成绩"}.get(head, head) for head in HEADER)
    assert read([mark("x", good(), "ada")], worksheet(ADA, header=header))[1][4] == "100"


@pytest.mark.parametrize("sheet", [None, Roster("plain", HEADER, (), ()), Roster("moodle", ("Identifier",), (), ())])
def test_it_needs_the_worksheet(sheet: Roster | None):
    with pytest.raises(InputError, match="worksheet"):
        MOODLE.check(context(roster=sheet))
