"""Modes that programs set on a terminal, and what lines came to look like there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.terminal import TYPED, Modes, as_seen

WATCH = b"\x1b[?1049h\x1b[?7l\x1b[?25lEvery 1.0s"
TOP = b"\x1b[?1h\x1b=\x1b[?25l\x1b[H\x1b[2Jtop"
PROMPT = b"\x1b[?2004hserver:~$ "


def after(*pieces: bytes) -> Modes:
    modes = Modes()
    for piece in pieces:
        modes.take(piece)
    return modes


def test_who_prints_lines_has_set_nothing() -> None:
    modes = after(b"listening\r\n", b"\x1b[1mbold\x1b[0m\r\n")
    assert (modes.draws, modes.undo, modes.redo) == (False, b"", b"")


def test_a_shell_takes_what_is_pasted_as_such_and_draws_nothing() -> None:
    modes = after(PROMPT)
    assert (modes.draws, modes.undo, modes.redo) == (False, b"\x1b[?2004l", b"\x1b[?2004h")


def test_a_screen_beside_the_usual_one_is_left_and_entered_again() -> None:
    modes = after(WATCH)
    assert modes.draws
    assert modes.undo == b"\x1b[r\x1b[0m\x1b[?1049l\x1b[?7h\x1b[?25h"
    assert modes.redo == b"\x1b[?1049h\x1b[?7l\x1b[?25l\x1b[2J\x1b[H"


def test_who_draws_on_the_usual_screen_gives_it_back_below_the_drawing() -> None:
    modes = after(TOP)
    assert modes.draws
    assert modes.undo == b"\x1b[r\x1b[0m\x1b[?1l\x1b[?25h\x1b[999;1H"


@pytest.mark.parametrize("drawing", [WATCH, TOP])
def test_who_has_ended_draws_no_more(drawing: bytes) -> None:
    modes = after(drawing, b"\x1b[?1049l\x1b[?1l", b"\x1b[?7;25h", b"\r\n" + PROMPT)
    assert (modes.draws, modes.undo) == (False, b"\x1b[?2004l")


@given(st.integers(0, len(WATCH)))
def test_sequences_may_come_in_two_pieces(place: int) -> None:
    assert after(WATCH[:place], WATCH[place:]).undo == after(WATCH).undo


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ("", ""),
        ("listening", "listening"),
        ("\x1b[?2004h\x1b[1mserver\x1b[0m:~$ ls", "server:~$ ls"),
        ("$ hellp\b\x1b[Ko", "$ hello"),
        ("$ hellp\b \bo", "$ hello"),
        ("早上\b\b\x1b[K安", "早安"),
        ("10%\r100%", "100%"),
        ("$ sl\rls", "lssl"),
        ("ab\x1b[2Dcd", "cd"),
        ("a\x1b[3Cb", "a   b"),
        ("$ ls\x1b[2D\x1b[1@x", "$ xls"),
        ("$ xls\x1b[3D\x1b[1P", "$ ls"),
        ("abc\x1b[2Gx", "axc"),
        ("drawn\x1b[24;1H\x1b[?1049l\r$ ", "$ "),
        ("drawn\x1b[2J$ ", "$ "),
        ("\x1b]0;title\x07$ \x1b(Bls\a", "$ ls"),
    ],
)
def test_a_line_is_what_it_came_to_look_like(printed: str, seen: str) -> None:
    assert as_seen(printed) == seen


@pytest.mark.parametrize("number", ["9" * 5, "9" * 20, "9" * 5000])
def test_no_line_is_wider_than_it_may_be(number: str) -> None:
    assert len(as_seen(f"a\x1b[{number}Cb")) < 2 * TYPED


def test_a_line_that_nobody_typed_is_as_it_came() -> None:
    assert as_seen("\x1b[1m" + "x" * TYPED + "\rab") == "x" * TYPED + "\rab"


@given(st.text())
def test_no_line_is_a_fault(text: str) -> None:
    assert "\x1b" not in as_seen(text)
