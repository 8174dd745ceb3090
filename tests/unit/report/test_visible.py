from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text as Line

from lab.report.layout import console_on, cut, hang, show
from lab.report.visible import one_line, visible, visible_lines

ALIVE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text(st.characters()))
def test_nothing_alive_is_left(text: str) -> None:
    assert not {unicodedata.category(c) for c in visible(text)} & ALIVE


@given(st.text(st.characters()))
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    harmless = "".join(c for c in text if unicodedata.category(c) not in ALIVE)
    assert visible(harmless) == harmless


@given(st.text(st.characters()))
def test_it_can_always_be_written_as_utf8_on_one_line(text: str) -> None:
    assert len(visible(text).encode().splitlines()) <= 1
    assert len(one_line(text).encode().splitlines()) <= 1


@given(st.text(st.characters()))
def test_the_lines_are_as_many_as_the_newlines_say(text: str) -> None:
    lines = visible_lines(text)
    assert len(lines) == text.count("\n") + 1
    assert all(visible(line) == line for line in lines)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jboo\x07", r"\x1b[2Jboo\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\tb\r\n", r"a\tb\r\n"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\u2066x\u2069\u200b", r"\u2066x\u2069\u200b"),
        ("a\u2028b\u2029c\u3000d", "a\\u2028b\\u2029c\u3000d"),
        ("\ud800", r"\ud800"),
        ("早上好 ☎ é", "早上好 ☎ é"),
        ("[bold]\\x1b", "[bold]\\x1b"),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_tabs_of_program_lines_are_spaces_and_carriage_returns_at_their_end_go() -> None:
    assert visible_lines("a\tb\r\nc\rd") == ["a       b", r"c\rd"]


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
