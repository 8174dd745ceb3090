"""Lines and columns on a terminal, straight under wide characters, and the console that shows them."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text as Line

PIPED_WIDTH = 120  # of what is no terminal, unless COLUMNS says otherwise
GAP = 2


class Screen:
    """Lines that are drawn for the width of the console they are shown on."""

    def __init__(self, draw: Callable[[int], Iterable[Line]], width: int | None = None) -> None:
        self._draw = draw
        self._width = width

    def lines(self, width: int) -> list[Line]:
        """The lines as drawn for `width` columns, or for the width that was asked for at first."""
        return list(self._draw(self._width or width))

    def text(self, width: int) -> str:
        """The lines as plain text."""
        return "\n".join(line.plain for line in self.lines(width)) + "\n"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.lines(options.max_width):
            line.no_wrap = True
            line.overflow = "ignore"
            yield line


def console_on(stream: IO[str]) -> Console:
    """A console that takes nothing in a text for markup and is plain where `stream` is no terminal.

    rich honours NO_COLOR, TERM=dumb and FORCE_COLOR. A stream whose encoding cannot say a
    character says `?`.
    """
    if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
        stream.reconfigure(errors="replace")
    width = None if stream.isatty() else _columns() or PIPED_WIDTH
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False, legacy_windows=False)


def console_of(width: int) -> Console:
    """A console that shows nothing: for lines drawn as on a terminal of `width` columns."""
    return Console(file=io.StringIO(), width=width, force_terminal=True, markup=False, emoji=False, highlight=False)


def show(console: Console, screen: Screen | Line) -> None:
    """Print without wrapping or cropping: a line too long for its terminal is better than half a line."""
    console.print(screen, soft_wrap=True)


def pad(line: Line, cells: int) -> Line:
    """`line` with spaces up to `cells` columns."""
    line.append(" " * (cells - line.cell_len))
    return line


def beside(left: Line, right: Line, width: int) -> Line | None:
    """`left` and, at the right edge, `right`; None where they do not fit."""
    room = width - left.cell_len - right.cell_len
    return pad(left.copy(), left.cell_len + room).append_text(right) if room > GAP else None


def hang(first: Line, body: Line, width: int, console: Console) -> list[Line]:
    """`body` after `first`, its further lines under its first one.

    In one line on what is no terminal, unless COLUMNS says how wide a line may be.
    """
    room = width - first.cell_len
    if not wraps(console) or body.cell_len <= room:
        return [first.append_text(body)]
    wrapped = body.wrap(console, max(room, 20), overflow="fold")
    for line in wrapped:
        line.rstrip()
    indent = first.cell_len
    return [first.append_text(wrapped[0])] + [Line(" " * indent).append_text(line) for line in wrapped[1:]]


def wraps(console: Console) -> bool:
    """Whether lines are kept within the width of `console`."""
    return console.is_terminal or _columns() is not None


def table(rows: Sequence[Sequence[Line]], right: frozenset[int] = frozenset()) -> list[Line]:
    """Rows of cells in straight columns; the columns in `right` are flush right. No trailing space."""
    widths = [max(cell.cell_len for cell in column) for column in zip(*rows, strict=True)]
    return [_row(row, widths, right) for row in rows]


def _row(row: Sequence[Line], widths: Sequence[int], right: frozenset[int]) -> Line:
    line = Line()
    for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
        space = " " * (width - cell.cell_len)
        line.append(" " * (GAP if place else 0))
        line.append(space if place in right else "").append_text(cell).append("" if place in right else space)
    line.rstrip()
    return line


def cut(text: str, cells: int) -> str:
    """`text` in at most `cells` columns; where some of it is left out it ends in `…`."""
    if cell_len(text) <= cells:
        return text
    line = Line(text)
    line.truncate(cells, overflow="ellipsis")
    return line.plain[:-1].rstrip() + "…"


def hexdump(data: bytes, size: int = 16) -> Iterator[str]:
    """Lines of `size` bytes: offset, hexadecimal, and what is printable ASCII."""
    for offset in range(0, len(data), size):
        chunk = data[offset : offset + size]
        shown = "".join(chr(byte) if chr(byte).isascii() and chr(byte).isprintable() else "." for byte in chunk)
        yield f"{offset:04x}  {chunk.hex(' '):<{3 * size}} {shown}"


def _columns() -> int | None:
    wanted = os.environ.get("COLUMNS", "")
    return int(wanted) if wanted.isascii() and wanted.isdigit() and int(wanted) > 0 else None
