from __future__ import annotations

import pytest

from lab.report.page.svg import both, drawing, element, label, ticks
from lab.text import Text, same


def test_every_value_is_escaped() -> None:
    made = element("text", "<b>&", class_='"><script>', text_anchor="end", x=1.23456)
    assert made == '<text class="&#34;&gt;&lt;script&gt;" text-anchor="end" x="1.23">&lt;b&gt;&amp;</text>'
    assert element("g", made) == f"<g>{made}</g>", "what is made is not escaped again"


def test_texts_are_in_both_languages() -> None:
    assert both(Text("time", "时间")) == '<tspan lang="en">time</tspan><tspan lang="zh-CN">时间</tspan>'
    assert both(same("tcp")) == "tcp"


def test_control_characters_are_made_visible() -> None:
    assert "\\x1b[31m" in label(0, 0, "\x1b[31m")


def test_a_drawing_is_named() -> None:
    assert 'role="img" aria-labelledby="its-title"' in drawing(10, 20, "its-title")
    assert 'role="group" aria-labelledby="its-title"' in drawing(10, 20, "its-title", linked=True)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0, 0.44, [0, 0.1, 0.2, 0.3, 0.4]),
        (-0.004, 0.44, [0, 0.1, 0.2, 0.3, 0.4]),
        (3, 3, [3]),
        (0, 65_536, [0, 20_000, 40_000, 60_000]),
    ],
)
def test_ticks_are_round(start: float, end: float, expected: list[float]) -> None:
    assert ticks(start, end) == pytest.approx(expected)
