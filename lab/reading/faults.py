"""Faults of a scenario file: collected while it is read, each with its place and a helpful wording."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from lab.errors import Fault
from lab.text import Text, join, same, say

Path = tuple[str | int, ...]
"""The way to a value from the top of the file: keys, and indexes that count from 0."""

SHOWN = 60  # characters of an offending text that a fault repeats
COMPARED = 300  # names that a misspelt one is compared with


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the file. Lines and columns count from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Places:
    """Where every key and every value of the file stands."""

    keys: dict[Path, Mark] = field(default_factory=dict)
    values: dict[Path, Mark] = field(default_factory=dict)
    refused: set[Path] = field(default_factory=set)
    """Values that a fault was found in already, so that what follows from it is not reported too."""
    refused_keys: set[Path] = field(default_factory=set)
    """The same of keys; what they lead to is refused with them."""
    splits: dict[Path, Path] = field(default_factory=dict)
    """Keys in braces without colon and value that follow plain text, and the way to that text."""

    def copy(self) -> Places:
        """The same places, for reading the file once more."""
        return Places(self.keys, self.values, set(self.refused), set(self.refused_keys), self.splits)

    def known(self, path: Path) -> Path:
        """The part of `path` that is in the file: of `start[0]` only `start` where that is a plain string."""
        while path and path not in self.values:
            path = path[:-1]
        return path

    def has(self, path: Path) -> bool:
        """Whether the file gives the value at `path`, or, of one of several, all of them as one."""
        while path and isinstance(path[-1], int):
            path = path[:-1]
        return path in self.values

    def of_value(self, path: Path) -> Mark:
        """Where the value at `path` stands, or what holds it."""
        return self.values.get(self.known(path), Mark(1, 1))

    def of_key(self, path: Path) -> Mark:
        """Where the key that leads to `path` stands, or, in a list, the value."""
        known = self.known(path)
        return self.keys.get(known) or self.of_value(known)


@dataclass(slots=True)
class Faults:
    """The faults found so far."""

    places: Places = field(default_factory=Places)
    found: list[Fault] = field(default_factory=list)

    def at(self, mark: Mark, path: Path, what: Text) -> None:
        """Add a fault at `mark`."""
        self.found.append(Fault(mark.line, mark.column, dotted(path), what))

    def at_value(self, path: Path, what: Text) -> None:
        """Add a fault of the value at `path`."""
        known = self.places.known(path)
        if not self._is_refused(known) and known not in self.places.refused:
            self.at(self.places.of_value(known), known, what)

    def at_key(self, path: Path, what: Text) -> None:
        """Add a fault of the key that leads to `path`."""
        known = self.places.known(path)
        if not self._is_refused(known):
            self.at(self.places.of_key(known), known, what)

    def at_unknown_key(self, path: Path, what: Text) -> None:
        """Add a fault of a key that may not stand there; if it is the rest of a text with a comma, say that instead."""
        text = self.places.splits.get(path)
        if text is None or path in self.places.refused_keys:
            self.at_key(path, what)
            return
        follows = {dotted(path)}
        split = None if text in self.places.refused_keys else self.places.of_key(path)
        if split is not None:
            follows.add(dotted(text))
        self.found = [fault for fault in self.found if fault.path not in follows]
        if split is not None:
            self.at(
                split,
                path,
                say("a comma splits here; put the text in quotes", "文本在此处被逗号拆开；请给整段文本加引号"),
            )
        self.places.refused_keys.add(path)

    def add_others(self, again: Faults, told: Callable[[Mark], Text]) -> None:
        """Add what was found when the file was read once more, at places where nothing was found yet.

        `told` says what was different at a place.
        """
        known = {(fault.line, fault.column) for fault in self.found}
        self.found += [
            replace(fault, what=fault.what + told(Mark(fault.line, fault.column)))
            for fault in again.found
            if (fault.line, fault.column) not in known
        ]

    def in_order(self) -> tuple[Fault, ...]:
        """All of them in the order of the file, each once."""
        return tuple(sorted(dict.fromkeys(self.found), key=lambda f: (f.line, f.column)))

    def _is_refused(self, path: Path) -> bool:
        """Whether the key that leads to `path`, or what holds it, was refused already."""
        places = self.places
        return path in places.refused_keys or any(
            path[:length] in places.refused or path[:length] in places.refused_keys for length in range(len(path))
        )


def dotted(path: Path) -> str:
    """`path` as people write it, steps and list items counted from 1: `steps[3].wait`, `hosts.server.image`."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def shown(value: str) -> str:
    """`value` on one line, cut if it is long."""
    line = value.translate({c: repr(chr(c))[1:-1] for c in (*range(32), 127)})
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def kind_of(value: object) -> Text:
    """What `value` is, in plain words."""
    match value:
        case None:
            return say("nothing", "空值")
        case bool():
            return same(str(value).lower())
        case int() | float():
            return say("the number {v}", "数字 {v}", v=value)
        case str():
            return say("the text `{v}`", "文本 `{v}`", v=shown(value))
        case Mapping():
            return say("a mapping", "映射")
        case _:
            return say("a list", "列表")


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `wrong` is most like, if it is like any."""
    return next(iter(difflib.get_close_matches(wrong[:SHOWN], list(known)[:COMPARED], n=1)), None)


def suggestion(wrong: str, known: Iterable[str]) -> Text:
    """How the sentence "… is unknown" goes on: with the nearest of `known`, or with all of them."""
    names = sorted(known)
    if (near := nearest(wrong, names)) is not None:
        return say("; did you mean `{near}`?", "；是否想写 `{near}`？", near=near)
    if not names:
        return say("; there is none", "；目前一个也没有")
    return say("; there is {names}", "；可用的有 {names}", names=listed(names))


def listed(names: Iterable[str]) -> Text:
    """`names` one after the other, the first of many."""
    quoted = [same(f"`{shown(name)}`") for name in names]
    most = 24
    more = [] if len(quoted) <= most else [say("{n} more", "另外 {n} 个", n=len(quoted) - most)]
    return join(say(", ", "、"), quoted[:most] + more)
