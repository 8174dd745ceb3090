"""What is different in two things: in two columns where there is room, else one below the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text as Line

from lab.report.layout import Screen, console_of, pad
from lab.text import Language, Text, say
from lab.visible import one_line

WIDE = 90  # columns from which on both sides stand beside each other
WIDEST = 150
LABEL = 4  # columns before a side where it stands below the other
BETWEEN = " │ "


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is different: what it is, and what it was on each side, in lines; none where it was not there."""

    what: Text
    before: tuple[Text, ...]
    after: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What is different in one part: `kind` is its name for programs, `name` for people."""

    kind: str
    name: Text
    rows: tuple[Row, ...]


def sides_screen(heads: tuple[Text, Text], parts: Sequence[Part], language: Language) -> Screen:
    """All `parts` under the `heads` of both sides."""
    return Screen(lambda width: _draw(heads, parts, language, min(width, WIDEST)))


def sides_document(heads: tuple[str, str], parts: Sequence[Part], language: Language) -> dict[str, Any]:
    """The document of `lab diff --json`, its strings in `language`."""
    return {
        "before": heads[0],
        "after": heads[1],
        "same": not parts,
        "parts": [
            {
                "kind": part.kind,
                "name": part.name.in_(language),
                "rows": [
                    {
                        "what": row.what.in_(language),
                        "before": [each.in_(language) for each in row.before],
                        "after": [each.in_(language) for each in row.after],
                    }
                    for row in part.rows
                ],
            }
            for part in parts
        ],
    }


def _draw(heads: tuple[Text, Text], parts: Sequence[Part], language: Language, width: int) -> Iterator[Line]:
    labels = [_line(row.what, language).cell_len for part in parts for row in part.rows]
    label = min(max(labels, default=0), width // 4) + 2
    beside = width >= WIDE
    room = (width - 2 - label - len(BETWEEN)) // 2 if beside else width - LABEL - 2
    yield from _pair(heads, language, label, room, beside=beside)
    if not parts:
        yield Line()
        yield Line("  ").append(say("nothing is different", "没有不同").in_(language))
    for part in parts:
        yield Line()
        yield _line(part.name, language, "bold")
        for row in part.rows:
            yield from _row(row, language, label, room, beside=beside)


def _pair(heads: tuple[Text, Text], language: Language, label: int, room: int, *, beside: bool) -> Iterator[Line]:
    """The heads of both sides: over their columns, or a line each."""
    one, other = (_wrapped([head], language, room) for head in heads)
    if beside:
        yield from _columns(Line(), one, other, label, room)
        return
    for mark, lines in (("-", one), ("+", other)):
        yield from (Line(f"  {mark} ").append_text(line) for line in lines)


def _row(row: Row, language: Language, label: int, room: int, *, beside: bool) -> Iterator[Line]:
    one, other = _wrapped(row.before, language, room), _wrapped(row.after, language, room)
    what = _line(row.what, language, "dim")
    if beside:
        yield from _columns(what, one, other, label, room)
        return
    yield Line("  ").append_text(what)
    for mark, style, lines in (("-", "red", one), ("+", "green", other)):
        yield from (Line("  ").append(f"{mark} ", style=style).append_text(line) for line in lines)


def _columns(what: Line, one: list[Line], other: list[Line], label: int, room: int) -> Iterator[Line]:
    """Both sides beside each other after a label, which has lines of its own where it is too wide."""
    names = list(what.wrap(console_of(label), label - 2, overflow="fold")) if what.plain else [Line()]
    for place in range(max(len(names), len(one), len(other))):
        line = Line("  ").append_text(pad(_at(names, place), label)).append_text(pad(_at(one, place), room))
        line.append(BETWEEN, style="dim").append_text(_at(other, place))
        line.rstrip()
        yield line


def _at(lines: list[Line], place: int) -> Line:
    return lines[place].copy() if place < len(lines) else Line()


def _wrapped(texts: Sequence[Text], language: Language, room: int) -> list[Line]:
    """The lines of `texts` in `room` columns; `–` where there are none."""
    lines: list[Line] = []
    for text in texts:
        lines += _line(text, language).wrap(console_of(room), room, overflow="fold")
    for line in lines:
        line.rstrip()
    return lines or [Line("–", style="dim")]


def _line(text: Text, language: Language, style: str = "") -> Line:
    return Line(one_line(text.in_(language)), style=style)
