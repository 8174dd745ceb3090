from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marks import HOSTILE

from lab.report.formats.cells import as_number, harmless, sheet
from lab.visible import visible


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1), min_size=1))
def test_a_sheet_is_read_back_as_it_was(rows: list[list[str]]):
    rows = [[cell.replace("\0", "") for cell in row] for row in rows]
    text = sheet(rows).decode("utf-8-sig")
    assert [row or [""] for row in csv.reader(io.StringIO(text, newline=""))] == rows


@given(st.text(st.characters()))
def test_no_cell_is_a_formula(text: str):
    cell = harmless(text)
    assert cell == visible(cell)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_breaks_a_sheet(text: str):
    assert list(csv.reader(io.StringIO(sheet([[harmless(text)]]).decode("utf-8-sig"), newline=""))) == [
        [harmless(text)]
    ]


def test_the_mark_of_utf8():
    assert sheet([["好"]]).startswith(b"\xef\xbb\xbf")
    assert sheet([["a"]], bom=False) == b"a\r\n"


@pytest.mark.parametrize(("cell", "value"), [("10.00", 10), (" 7,5 ", 7.5), ("", None), ("(read only)", None)])
def test_numbers_of_course_systems(cell: str, value: float | None):
    assert as_number(cell) == value
