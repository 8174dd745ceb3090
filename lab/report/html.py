"""What the HTML pages share: templates in which every value is escaped, and text in both languages side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from lab.record import Words
from lab.text import Language, Text
from lab.visible import one_line

TAGS: Mapping[Language, str] = {"en": "en", "zh": "zh-CN"}


def environment(folder: Path) -> Environment:
    """The templates of `folder`, with the filters `both` and `one_line`."""
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(both=both, one_line=one_line)
    return made


def both(text: Text | Words) -> Markup:
    """A text in both languages, each marked as such, on one line; once where they are the same."""
    if text.en == text.zh:
        return escape(one_line(text.en))
    wordings = "".join(
        f'<span lang="{tag}">{escape(one_line(getattr(text, name)))}</span>' for name, tag in TAGS.items()
    )
    return Markup(wordings)  # noqa: S704 - escaped above
