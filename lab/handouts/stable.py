"""What of a figure is the same in every run, so that a page may be compared with a run made later.

Times, packet numbers, ephemeral ports, the order in which programs at different hosts go on, where a
stream is cut into segments, and which lines fall into a ladder differ from run to run. What is left of

    a ladder    who talks to whom, and the letters that each side sent, as far as the ladder tells them all
    a table     who talks to whom
    an output   the words that the program printed
    checks      the checks in their order, with verdict, points and hint
    a diff      the parts in which the runs differ
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from lab.explain.connecting import EPHEMERAL
from lab.handouts.figures import WIDTH
from lab.handouts.pages import DIFF, Figure
from lab.report.layout import cut
from lab.report.summary import LABELS
from lab.text import LANGUAGES

_PROMPT = "$ "
_ENDPOINT = re.compile(r"(?<!\S)(\[[0-9A-Fa-f:.%]+\]|[^\s:\[\]]+):(\d+)(?!\S)")
_ROW = re.compile(r"^ +u?\d+  ")
_ARROW = re.compile(r"^ *\d+ ├(?P<left>◀)?── (?P<label>.*?) ─*▶?┤")
_PAYLOAD = re.compile(r"(?:^|  )len \d+(?P<told>.*)$")
_CHECK = re.compile(r"^  ([✓✗–!]) (\S+) {3,}(?:(\+?[\d.]+/[\d.]+) )?")
_PART = re.compile(r"^\S")
_HINT = re.compile(rf" (?:{'|'.join(LABELS['hint'].in_(language) for language in LANGUAGES)}) {{2,}}(?P<text>.*)")
_NUMBERED = re.compile(r"\w*\d\w*")
_LETTERS = re.compile(r"[^\W\d_]+")
_MOMENTS = re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b")
_UNTOLD = ("\\x", "\\u", "\\U", "…")
_LEFT_OUT = re.compile(r"^(?: *│)? +⋮")
_WIDE = WIDTH - 10  # a line as wide as this may be cut, where its numbers happen to be longer


def agree(figure: Figure, shown: Sequence[str], drawn: Sequence[str]) -> bool:
    """Whether a page shows what a run shows, as far as that can be told by what is the same in every run."""
    if not shown:
        return False
    parts = zip(_parts(figure, shown), _parts(figure, drawn), strict=True)
    return all(one == other for one, other in parts if one is not None and other is not None)


def _parts(figure: Figure, lines: Sequence[str]) -> tuple[object, ...]:
    """What is compared; None for what the figure does not tell whole."""
    body = [line for line in lines if not line.startswith(_PROMPT)]
    whole = not any(_LEFT_OUT.match(line) for line in body)
    if figure.kind == "checks":
        return (_checks(body),)
    if figure.kind == DIFF:
        return ([line for line in body if _PART.match(line)] if whole else None,)
    if figure.kind == "output":
        return (_words(" ".join(body)) if whole and all(cut(line, _WIDE) == line for line in body) else None,)
    if figure.kind == "table":
        return (sorted({tuple(_ends(line)) for line in body if _ROW.match(line)}) if whole else None,)
    return _ends_of_ladder(body), _sent(body) if whole else None


def _ends(line: str) -> list[str]:
    """The endpoints in a line, without ephemeral ports."""
    return [host if int(port) in EPHEMERAL else f"{host}:{port}" for host, port in _ENDPOINT.findall(line)]


def _ends_of_ladder(lines: Iterable[str]) -> list[str]:
    """Those at the heads of the rails, above the first arrow."""
    heads = takewhile(lambda line: "├" not in line, lines)
    return [end for line in heads for end in _ends(line)]


def _sent(lines: Sequence[str]) -> tuple[str, str] | None:
    """The letters that client and server sent; None where the ladder does not show all of them, or some twice."""
    client, server = "", ""
    for arrow in filter(None, map(_ARROW.match, lines)):
        if (carried := _PAYLOAD.search(arrow["label"])) is None:
            continue
        text = carried["told"].removeprefix("   ")
        if text in ("", carried["told"]) or any(mark in text for mark in _UNTOLD):
            return None
        letters = "".join(_words(text, once=False))
        client, server = (client, server + letters) if arrow["left"] else (client + letters, server)
    return client, server


def _words(text: str, *, once: bool = True) -> list[str]:
    """The words of a text, none that holds a digit or tells of a date: sorted and each once, or as they come."""
    found = _LETTERS.findall(_MOMENTS.sub(" ", _NUMBERED.sub(" ", text)))
    return sorted(set(found)) if once else found


def _checks(lines: Iterable[str]) -> list[list[str]]:
    """A list a check: its mark, its id, its points, and its hint's letters."""
    found: list[list[str]] = []
    hinted = False
    for line in lines:
        if (check := _CHECK.match(line)) is not None:
            found.append([check[1], check[2], check[3] or "", ""])
        hint = _HINT.search(line)
        hinted = hint is not None or (hinted and check is None)
        if hinted and found:
            found[-1][-1] += "".join(_words(hint["text"] if hint else line, once=False))
    return found
