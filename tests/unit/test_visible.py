from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.visible import one_line, visible, visible_lines

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
