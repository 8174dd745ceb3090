from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace

import pytest
from marks import check, context, good, graded, lab_error, mark, missing, nothing, partly

from lab.errors import InputError
from lab.graded import Graded, Mark
from lab.report.formats.canvas import CANVAS
from lab.submissions import Roster, Student

HEADER = (
    *("Student", "ID", "SIS User ID", "SIS Login ID", "Section"),
    *("Notes", "Homework 2 (7)", "Homework 3 (1234)", "Final Score"),
)
POSSIBLE = ("    Points Possible", "", "", "", "", "", "5.00", "10.00", "(read only)")
ADA = ("Lovelace, Ada", "11", "s11", "ada", "A", "x", "4.00", "", "80")
BOB = ("=cmd|' /C calc'!A0", "12", "s12", "bob", "A", "", "3.00", "6.50", "60")
EVE = ("Eve", "13", "s13", "eve", "A", "", "", "ex", "")
TITLE = "Homework 3 (1234)"


def roster(*rows: tuple[str, ...], header: tuple[str, ...] = HEADER) -> Roster:
    students = tuple(None if "Points" in row[0] else Student(row[0], row[3], id=row[1]) for row in rows)
    return Roster("canvas", header, rows, students)


GRADEBOOK = roster(POSSIBLE, ADA, BOB, EVE)


def read(marks: Sequence[Mark], sheet: Roster = GRADEBOOK, title: str = TITLE) -> list[list[str]]:
    told = context(roster=sheet, assignment=title)
    CANVAS.check(told)
    (content,) = CANVAS.write(marks, told).values()
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def test_only_who_it_is_and_the_assignment():
    header, possible, ada, bob, eve = read([mark("x", partly(), "ada")])
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", TITLE]
    assert possible == ["    Points Possible", "", "", "", "", "10.00"]
    assert ada == ["Lovelace, Ada", "11", "s11", "ada", "A", "7"]
    assert bob[-1] == "6.50"
    assert eve[-1] == "ex"


def test_cells_that_have_to_match_stay_as_they_were():
    assert read([])[3][:5] == list(BOB[:5])


def test_who_is_excused_stays_so():
    assert read([mark("x", good(), "eve")])[4][-1] == "ex"


@pytest.mark.parametrize("result", [lab_error(), nothing()])
def test_who_has_no_result_keeps_the_grade(result: Graded):
    rows = read([mark("x", result, "ada"), mark("x", result, "bob")])
    assert [row[-1] for row in rows[2:4]] == ["", "6.50"]


def test_a_submission_that_could_not_be_run_has_zero():
    assert read([mark("x", missing(), "ada")])[2][-1] == "0"


@pytest.mark.parametrize(
    ("possible", "grade"), [("100.00", "70"), ("10.00", "7"), ("7,5", "5.25"), ("", "7"), ("0", "7")]
)
def test_the_score_is_on_the_scale_of_the_assignment(possible: str, grade: str):
    sheet = roster((*POSSIBLE[:7], possible, ""), ADA)
    assert read([mark("x", partly(), "ada")], sheet)[2][-1] == grade


def test_a_bonus_lifts_it_over_the_maximum():
    better = graded(check(points=10), check("fast", points=2, bonus=True))
    assert read([mark("x", better, "ada")])[2][-1] == "12"


def test_no_thousands_separators():
    sheet = roster((*POSSIBLE[:7], "10000", ""), ADA)
    assert read([mark("x", good(), "ada")], sheet)[2][-1] == "10000"


def test_an_assignment_that_is_not_in_the_export():
    header, possible, ada, *_ = read([mark("x", partly(), "ada")], title="Homework 4 (99)")
    assert (header[-1], possible[-1], ada[-1]) == ("Homework 4 (99)", "10", "7")


def test_a_title_without_its_number_where_only_one_has_it():
    assert read([], title="Homework 3")[0][-1] == TITLE


def test_short_rows():
    assert read([mark("x", good(), "ada")], roster(POSSIBLE, ADA[:5]))[2] == [*ADA[:5], "10"]


@pytest.mark.parametrize(
    ("sheet", "title", "what"),
    [
        (None, TITLE, "--roster"),
        (Roster("moodle", HEADER, (), ()), TITLE, "--roster"),
        (GRADEBOOK, None, "--assignment"),
        (GRADEBOOK, "Homework 9", "no assignment"),
        (GRADEBOOK, "My Final Score (3)", "takes it for a total"),
        (GRADEBOOK, "Override Grade (3)", "takes it for a total"),
        (roster((*POSSIBLE[:7], "(read only)", "")), TITLE, "read only"),
        (roster(header=(*HEADER, "Homework 3 (5)")), "Homework 3", "no assignment"),
    ],
)
def test_what_canvas_would_not_take_is_refused(sheet: Roster | None, title: str | None, what: str):
    with pytest.raises(InputError, match=what):
        CANVAS.check(context(roster=sheet, assignment=title))


@pytest.mark.parametrize("title", ["Final project (3)", "Homework Score (3)", "The Current (3)"])
def test_titles_that_canvas_takes(title: str):
    CANVAS.check(context(roster=GRADEBOOK, assignment=title))


def test_the_sheet_is_separated_as_the_export_was():
    told = context(roster=replace(GRADEBOOK, separator=";"), assignment=TITLE)
    (content,) = CANVAS.write([], told).values()
    assert content.decode("utf-8-sig").startswith("Student;ID;SIS User ID;SIS Login ID;Section;Homework 3 (1234)\r\n")


def test_an_assignment_that_is_read_only_in_the_language_of_the_course_is_refused():
    sheet = roster((*POSSIBLE[:7], "（只读）", ""), ADA)
    with pytest.raises(InputError, match="read only"):
        CANVAS.check(context(roster=sheet, assignment=TITLE))
