"""What a verb found of something, as a block of lines: what it is of, and a line for each statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text as Line

from lab.report.layout import Screen, table
from lab.report.summary import STYLES
from lab.report.wording import MARKS
from lab.results import Statement, Verdict
from lab.text import Language
from lab.visible import one_line

WORST = (Verdict.ERROR, Verdict.FAILED)


def worst(statements: Iterable[Statement]) -> Verdict:
    """The verdict of all: an error outweighs a failure, a failure the rest."""
    found = {statement.verdict for statement in statements}
    return next((verdict for verdict in WORST if verdict in found), Verdict.PASSED)


def statements_screen(title: str, statements: Sequence[Statement], language: Language) -> Screen:
    """The block; its first line has the mark of the worst that was found."""
    return Screen(lambda _: _draw(title, statements, language))


def _draw(title: str, statements: Sequence[Statement], language: Language) -> Iterator[Line]:
    yield _mark(worst(statements)).append(f" {one_line(title)}", style="bold")
    rows = [
        [
            Line("  ").append_text(_mark(statement.verdict)),
            Line(one_line(statement.name.in_(language)), style="dim" if statement.verdict is None else ""),
            Line(one_line(statement.found.in_(language))),
        ]
        for statement in statements
    ]
    yield from table(rows) if rows else ()


def _mark(verdict: Verdict | None) -> Line:
    return Line(" ") if verdict is None else Line(MARKS[verdict], style=STYLES[verdict])
