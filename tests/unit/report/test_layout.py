from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text as Line

from lab.report.layout import console_on, cut, hang, show
from lab.visible import visible


@given(st.text(st.characters()), st.integers(min_value=1, max_value=60))
def test_a_cut_text_fits(text: str, cells: int) -> None:
    shown = cut(visible(text), cells)
    assert cell_len(shown) <= cells
    assert shown == visible(text) or shown.endswith("…")


@given(st.text(st.characters()))
def test_a_console_shows_markup_and_emoji_codes_as_they_are(text: str) -> None:
    stream = io.StringIO()
    show(console_on(stream), Line(visible("[red]:smile: " + text + "[/red]")))
    assert stream.getvalue() == visible("[red]:smile: " + text + "[/red]") + "\n"


def test_a_stream_that_cannot_say_a_character_says_a_question_mark() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    show(console_on(stream), Line("✓ 好 ok"))
    stream.flush()
    assert raw.getvalue() == b"? ? ok\n"


def test_what_is_piped_is_not_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    console = console_on(io.StringIO())
    assert [line.plain for line in hang(Line("> "), Line("x " * 200), 40, console)] == ["> " + "x " * 200]
