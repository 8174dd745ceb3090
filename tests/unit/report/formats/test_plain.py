from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from marks import HOSTILE, check, context, flooded, good, graded, hostile, lab_error, mark, missing, nothing, partly

from lab.graded import Mark
from lab.report.formats.plain import CSV


def rows(marks: Sequence[Mark]) -> list[dict[str, str]]:
    content = CSV.write(marks, context())["results.csv"]
    assert content.startswith(b"\xef\xbb\xbf")  # spreadsheets read it as UTF-8
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def test_a_row_a_student_and_a_column_a_check():
    ada, bob = rows([mark("王小明", good(), "wang", id="42"), mark("bob", partly())])
    assert list(ada) == [
        *("student", "id", "score", "max", "verdict"),
        *("connected", "at-once", "closed", "secret", "fast"),
        *("limits", "problem"),
    ]
    assert (ada["student"], ada["id"], ada["score"], ada["max"], ada["verdict"]) == ("王小明", "42", "4", "4", "passed")
    assert ada["closed"] == ""
    assert [bob[name] for name in ("score", "max", "at-once", "closed", "fast")] == ["7", "10", "2", "0", "1"]


def test_a_lab_error_has_no_score():
    (eve,) = rows([mark("eve", lab_error())])
    assert (eve["score"], eve["verdict"], eve["connected"], eve["quiet"]) == ("", "error", "", "")
    assert "not whole" in eve["problem"]


def test_who_handed_in_nothing_has_no_score():
    (ada,) = rows([mark("ada", nothing())])
    assert (ada["score"], ada["max"], ada["verdict"]) == ("", "10", "absent")


def test_limits_and_problems():
    ada, bob = rows([mark("ada", flooded()), mark("bob", missing())])
    assert "(64)" in ada["limits"]
    assert (ada["score"], ada["connected"]) == ("0", "0")
    assert bob["problem"] == "server.py is missing"


def test_numbers_are_in_their_shortest_form():
    (ada,) = rows([mark("ada", graded(check(points=0.1), check("b", points=0.2), check("c", points=1234567)))])
    assert (ada["score"], ada["connected"], ada["c"]) == ("1234567.3", "0.1", "1234567")


def test_a_check_with_the_name_of_a_column():
    (ada,) = rows([mark("ada", graded(check("score", points=3), check("problem")))])
    assert (ada["score"], ada["score (check)"], ada["problem (check)"]) == ("4", "3", "1")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_alive(text: str):
    (row,) = rows([mark(text, hostile(text), "x", id=text)])
    assert len(row) == 10
    for cell in row.values():
        assert cell.isprintable()
        assert not cell.startswith(("=", "+", "-", "@", "＝"))
