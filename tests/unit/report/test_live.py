from __future__ import annotations

import io

import pytest

from lab.report.layout import console_on
from lab.report.live import LiveLines


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, *, wanted: bool = True) -> tuple[bool, str]:
    """Whether lines are possible on `stream`, and all that came there."""
    said = "one"
    with LiveLines(lambda: said, console_on(stream), wanted=wanted) as lines:
        lines.refresh()
        said = "two"
        lines.refresh()
        assert lines.shown == lines.possible
    lines.stop()
    lines.refresh()
    assert not lines.shown
    return lines.possible, stream.getvalue()


def test_on_a_terminal_they_are_drawn_anew_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    possible, screen = shown(Terminal())
    assert possible
    assert screen.index("one") < screen.index("two") < screen.rindex("\x1b[2K")
    assert screen.rindex("\x1b[?25h") > screen.rindex("\x1b[?25l")


def test_elsewhere_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    assert shown(io.StringIO()) == (False, "")
    assert shown(Terminal(), wanted=False) == (False, "")
    monkeypatch.setenv("TERM", "dumb")
    assert shown(Terminal()) == (False, "")
