"""What programs write to the terminal that a person sits at: the modes that they set, what a line came to look like.

Control sequences are those of ECMA-48 and of xterm (`ctlseqs`).
"""

from __future__ import annotations

import re
from unicodedata import east_asian_width

RESET = b"\x1b[r\x1b[0m"  # no scrolling region, no attributes
BOTTOM = b"\x1b[999;1H"
EMPTY = b"\x1b[2J\x1b[H"
ON = frozenset((b"7", b"25"))  # modes that are set unless said otherwise: lines wrap, the cursor is shown
ALTERNATE = frozenset((b"47", b"1047", b"1049"))
PASTE = b"2004"  # bracketed paste, which shells set
LONGEST = 32  # bytes of a sequence that sets modes
TYPED = 4096  # characters of a line that somebody may have typed

_MODES = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_PIECE = re.compile(
    r"\x1b\[([0-9;?]{0,32})[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]|(.)", re.DOTALL
)


class Modes:
    """The private modes that a program has set, so that another can have the terminal meanwhile."""

    def __init__(self) -> None:
        self._set: dict[bytes, bool] = {}
        self._rest = b""

    def take(self, data: bytes) -> None:
        """The program wrote `data`."""
        whole = self._rest + data
        end = 0
        for match in _MODES.finditer(whole):
            end = match.end()
            self._set |= dict.fromkeys(match[1].split(b";"), match[2] == b"h")
        self._rest = whole[end:][-LONGEST:]

    @property
    def draws(self) -> bool:
        """Whether it has the whole screen to itself: what it wrote is no text to be shown again."""
        return any(mode != PASTE for mode in self._other)

    @property
    def undo(self) -> bytes:
        """What gives the terminal back."""
        modes = b"".join(_mode(mode, on=not on) for mode, on in self._other.items())
        if not self.draws:
            return modes
        return RESET + modes + (b"" if self._other.keys() & ALTERNATE else BOTTOM)

    @property
    def redo(self) -> bytes:
        """What takes it again; who draws is to draw anew."""
        return b"".join(_mode(mode, on=on) for mode, on in self._other.items()) + (EMPTY if self.draws else b"")

    @property
    def _other(self) -> dict[bytes, bool]:
        return {mode: on for mode, on in self._set.items() if on != (mode in ON)}


def _mode(mode: bytes, *, on: bool) -> bytes:
    return b"\x1b[?" + mode + (b"h" if on else b"l")


def as_seen(line: str) -> str:
    """What a line came to look like on a terminal: typed, erased and typed again, in colours.

    Of one longer than people type, the characters as they came.
    """
    if len(line) > TYPED:
        return _PIECE.sub(lambda piece: piece[3] or "", line)
    cells: list[str] = []
    at = 0
    for piece in _PIECE.finditer(line):
        parameter, final, character = piece.groups()
        if final:
            at = _moved(cells, at, int(parameter) if parameter.isdecimal() else 0, final)
        elif character == "\b":
            at = max(0, at - 1)
        elif character == "\r":
            at = 0
        elif character not in {None, "\a", "\x1b"}:
            wide = [character, ""] if east_asian_width(character) in "WF" else [character]
            cells += [" "] * (at - len(cells))
            cells[at : at + len(wide)] = wide
            at += len(wide)
    return "".join(cells)


def _moved(cells: list[str], at: int, number: int, final: str) -> int:
    """Do what a control sequence says to a line; where its cursor is then."""
    count = min(max(number, 1), TYPED)
    match final:
        case "C":
            return at + count
        case "D":
            return max(0, at - count)
        case "G":
            return count - 1
        case "K" | "J" if number == 0:
            del cells[at:]
        case "H" | "J":  # elsewhere on the screen a line begins anew
            cells.clear()
            return 0
        case "P":
            del cells[at : at + count]
        case "@":
            cells[at:at] = [" "] * count
        case _:
            pass
    return at
