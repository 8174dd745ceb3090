from __future__ import annotations

import pytest
from rich.cells import cell_len

from lab.report.sides import WIDE, Part, Row, sides_document, sides_screen
from lab.text import Text, same

HEADS = (same("hello/1: passed"), same("hello/2: failed"))
PARTS = (
    Part(
        "checks",
        Text("checks", "检查"),
        (Row(same("at-once"), (Text("passed", "通过"),), (Text("failed", "未通过"), same("found 1"))),),
    ),
    Part(
        "programs",
        Text("program server", "程序 server"),
        (Row(Text("printed", "输出"), (), (same("你好 " * 40), same("\x1b[31m"))),),
    ),
)


def test_beside_each_other_where_there_is_room() -> None:
    assert sides_screen(HEADS, PARTS[:1], "en").text(WIDE).splitlines() == [
        "           hello/1: passed                        │ hello/2: failed",
        "",
        "checks",
        "  at-once  passed                                 │ failed",
        "                                                  │ found 1",
    ]


def test_one_below_the_other_where_there_is_not() -> None:
    assert sides_screen(HEADS, PARTS[:1], "zh").text(WIDE - 1).splitlines() == [
        "  - hello/1: passed",
        "  + hello/2: failed",
        "",
        "检查",
        "  at-once",
        "  - 通过",
        "  + 未通过",
        "  + found 1",
    ]


@pytest.mark.parametrize("width", [40, 60, 90, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_none_harms_it(width: int) -> None:
    lines = sides_screen(HEADS, PARTS, "zh").text(width).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert all(line.isprintable() for line in lines)
    assert any("–" in line for line in lines)


@pytest.mark.parametrize("width", [90, 120])
def test_the_line_between_is_straight_under_wide_characters(width: int) -> None:
    lines = [line for line in sides_screen(HEADS, PARTS, "zh").text(width).splitlines() if "│" in line]
    assert len({cell_len(line[: line.index("│")]) for line in lines}) == 1


def test_that_nothing_is_different() -> None:
    assert sides_screen(HEADS, (), "en").text(100).splitlines()[-1] == "  nothing is different"
    assert sides_screen(HEADS, (), "zh").text(100).splitlines()[-1] == "  没有不同"


def test_the_document() -> None:
    assert sides_document(("a", "b"), (), "en") == {"before": "a", "after": "b", "same": True, "parts": []}
    document = sides_document(("a", "b"), PARTS[:1], "zh")
    assert document["same"] is False
    assert document["parts"] == [
        {
            "kind": "checks",
            "name": "检查",
            "rows": [{"what": "at-once", "before": ["通过"], "after": ["未通过", "found 1"]}],
        }
    ]
