"""SVG by small pieces: every value escaped, texts in both languages side by side, axes with round numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

from lab.report.html import TAGS
from lab.text import Text
from lab.visible import one_line

_ROUND = (1, 2, 2.5, 5, 10)  # steps of an axis, times a power of ten


def element(tag: str, *content: Markup | str, **attributes: object) -> Markup:
    """An element; `_` in the name of an attribute stands for `-`, `class_` for `class`. Numbers have two decimals."""
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_value(value))}"' for name, value in attributes.items()
    )
    inside = "".join(escape(each) for each in content)
    return Markup(f"<{tag}{given}>{inside}</{tag}>")  # noqa: S704 - all that it is made of is escaped


def both(text: Text) -> Markup:
    """The inside of a `text` or `title` element in both languages; once where they are the same."""
    if text.en == text.zh:
        return escape(one_line(text.en))
    return Markup("").join(element("tspan", one_line(text.in_(language)), lang=tag) for language, tag in TAGS.items())


def label(x: float, y: float, text: Text | str, class_: str = "", anchor: str = "start") -> Markup:
    """A text at a place; `anchor` as in SVG: start, middle or end."""
    content = both(text) if isinstance(text, Text) else escape(one_line(text))
    return element("text", content, x=x, y=y, class_=class_, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def drawing(width: float, height: float, title: str, *content: Markup, linked: bool = False) -> Markup:
    """A picture that keeps its size and is named by the element whose id is `title`.

    One whose parts are links is `linked`: of a picture in one piece screen readers would not tell them.
    """
    return element(
        "svg",
        *content,
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
        role="group" if linked else "img",
        aria_labelledby=title,
    )


def ticks(start: float, end: float, most: int = 6) -> Sequence[float]:
    """Round numbers from `start` to `end`, at most `most` and one more."""
    if end <= start:
        return [start]
    power = 10.0 ** math.floor(math.log10((end - start) / most))
    step = next(power * factor for factor in _ROUND if power * factor * most >= end - start)
    return [
        round(step * place, 12) for place in range(math.ceil(start / step - 1e-9), math.floor(end / step + 1e-9) + 1)
    ]


def _value(value: object) -> str:
    return f"{round(value, 2):g}" if isinstance(value, float) else str(value)
