"""What the HTML pages share: templates in which every value is escaped, and text in both languages side by side."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from lab.record import Words
from lab.text import Language, Text
from lab.visible import one_line

TAGS: Mapping[Language, str] = {"en": "en", "zh": "zh-CN"}


class Compiled(FileSystemBytecodeCache):
    """Compiled templates beside compiled modules: to compile them anew takes a seventh of a run's own time.

    They are kept where Python keeps those, if it does: a folder that cannot be written to costs time, no page.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder / "__pycache__"))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template."""
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):
                super().dump_bytecode(bucket)


def environment(folder: Path) -> Environment:
    """The templates of `folder`, with the filters `both` and `one_line`."""
    made = Environment(
        loader=FileSystemLoader(folder),
        bytecode_cache=Compiled(folder),
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
