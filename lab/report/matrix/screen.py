"""The matrix on a terminal: rows are servers, columns clients, in the same order and by the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.cells import cell_len
from rich.text import Text as Line

from lab.graded import Matrix
from lab.report.layout import Screen, cut, pad
from lab.report.matrix.cells import NOBODY, counts, mark, name, why
from lab.report.summary import STYLES
from lab.report.wording import plural
from lab.results import Verdict
from lab.text import Language, Text, join, say
from lab.visible import one_line

NAME_CELLS = 28
NAMED = 20  # pairs that are named; the page has all
GAP = 2


def matrix_screen(matrix: Matrix, language: Language, folder: Path) -> Screen:
    """A sign for each pair, in blocks where there are more clients than columns; the pairs that do not work; totals.

    `folder` is where the page and the sheet are.
    """
    return Screen(lambda width: _draw(matrix, language, width, folder))


def _draw(matrix: Matrix, language: Language, width: int, folder: Path) -> Iterator[Line]:
    yield Line(one_line(matrix.title.text.in_(language)), style="bold")
    told = say("a row a server, a column a client, numbered alike", "每行一个服务端，每列一个客户端，编号相同")
    yield Line("  " + told.in_(language), style="dim")
    digits = len(str(max(len(matrix.servers), len(matrix.clients))))
    names = [f"{n:>{digits}} {cut(name(p).in_(language), NAME_CELLS)}" for n, p in enumerate(matrix.servers, 1)]
    head = 2 + max(map(cell_len, names))
    a_block = max(1, (width - head) // (digits + GAP))
    for first in range(0, len(matrix.clients), a_block):
        columns = range(first, min(first + a_block, len(matrix.clients)))
        yield Line()
        numbers = "".join(f"{column + 1:>{digits + GAP}}" for column in columns)
        yield Line(" " * head + numbers, style="dim")
        for row, shown in enumerate(names):
            yield _row(matrix, row, columns, pad(Line("  " + shown), head), digits)
    yield from _named(matrix, language)
    yield Line()
    yield Line(_totals(matrix).in_(language))
    yield Line(one_line(f"{folder}/   matrix.html  matrix.csv  matrix.json"), style="dim")


def _row(matrix: Matrix, row: int, columns: range, line: Line, digits: int) -> Line:
    for column in columns:
        graded = matrix.cells.get((row, column))
        sign = mark(graded)
        line.append(" " * (GAP + digits - 1)).append(sign, style="dim" if graded is None else STYLES[graded.verdict])
    return line


def _named(matrix: Matrix, language: Language) -> Iterator[Line]:
    """The pairs that do not work, and the sides that were not handed in."""
    wrong = [at for at, graded in sorted(matrix.cells.items()) if graded.verdict is not Verdict.PASSED]
    rows = [
        (mark(matrix.cells[at]), _pair(matrix, *at), why(matrix, *at), STYLES[matrix.cells[at].verdict]) for at in wrong
    ]
    rows += [
        (NOBODY, name(party), party.missing, "dim")
        for party in dict.fromkeys((*matrix.servers, *matrix.clients))
        if party.missing is not None
    ]
    if rows:
        yield Line()
    for sign, who, told, style in rows[:NAMED]:
        line = Line("  ").append(sign, style=style).append(f" {who.in_(language)}")
        yield line.append("   " + one_line(told.in_(language)), style="dim")
    if len(rows) > NAMED:
        yield Line("  " + say("… and {n} more", "……另有 {n} 项", n=len(rows) - NAMED).in_(language), style="dim")


def _pair(matrix: Matrix, server: int, client: int) -> Text:
    return say(
        "{client} with the server of {server}",
        "{client} 与 {server} 的服务端",
        client=name(matrix.clients[client]),
        server=name(matrix.servers[server]),
    )


def _totals(matrix: Matrix) -> Text:
    passed, not_passed, errors, absent = counts(matrix)
    parts = [plural(passed, "pair works", "pairs work", "对可以互通")]
    if not_passed:
        parts.append(plural(not_passed, "does not", "do not", "对不能"))
    if errors:
        parts.append(plural(errors, "could not be told", "could not be told", "对无法判断"))
    if absent:
        parts.append(plural(absent, "with a side missing", "with a side missing", "对缺少一方"))
    return join("   ", parts)
