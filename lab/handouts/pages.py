"""The two pages of a scenario's handout: where their figures stand, and what is wrong with their markers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from lab import arguments
from lab.errors import InputError
from lab.oserrors import why
from lab.places import SCENARIOS
from lab.report.summary import near
from lab.report.wording import plural
from lab.scenario import Scenario
from lab.text import Language, Text, same, say

FILES: dict[Language, str] = {"en": "README.md", "zh": "README.zh.md"}
END = "<!-- end -->"
DIFF = "diff"  # the run of other programs beside the scenario's own
KINDS = ("ladder", "table", "output", "checks", DIFF)
ALL = "all"  # after `table`: every message in a line of its own

_MARKER = re.compile(r"<!-- figure: *(.*?) *-->$")
_LIKE_A_MARKER = re.compile(r"<!-- *figure\b")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_WORD = re.compile(r"\S+")
_WITH = "with="


@dataclass(frozen=True, slots=True)
class Figure:
    """What a marker asks for. `who` is the host of a ladder, or the program of an output."""

    kind: str
    who: str = ""
    number: int = 1
    everything: bool = False
    submission: str | None = None
    """A folder of the scenario, such as `broken/at-once`; None for its own run."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A figure and its place: the line of its marker, the column of its kind, the line of its end, all from 0."""

    figure: Figure
    marker: int
    column: int
    end: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its figures."""

    file: Path
    language: Language
    lines: Sequence[str]
    slots: Sequence[Slot]

    def shown(self, slot: Slot) -> list[str]:
        """The figure as the page shows it, without its fence; nothing where it was never filled."""
        return list(self.lines[slot.marker + 2 : slot.end - 1])

    def filled(self, figures: Sequence[Sequence[str]]) -> str:
        """The page's text with `figures`, the lines of one for each slot, in fences that none of them closes."""
        lines: list[str] = []
        after = 0
        for slot, figure in zip(self.slots, figures, strict=True):
            ticks = max((len(m[1]) for line in figure if (m := _FENCE.match(line)) and m[1][0] == "`"), default=0)
            fence = "`" * max(3, ticks + 1)
            lines += [*self.lines[after : slot.marker + 1], f"{fence}text", *figure, fence]
            after = slot.end
        return "\n".join([*lines, *self.lines[after:]]) + "\n"

    def fault(self, line: int, column: int, what: Text) -> InputError:
        """That something is wrong at a place of the page; both count from 0."""
        return InputError(same(f"{near(self.file)}:{line + 1}:{column + 1}: ") + what)


@dataclass(frozen=True, slots=True)
class Handout:
    """The pages of a scenario; both have the same figures in the same order."""

    scenario: Scenario
    pages: Sequence[Page]

    @property
    def submissions(self) -> list[str | None]:
        """Whose runs the figures show, each once."""
        figures = [slot.figure for page in self.pages for slot in page.slots]
        whose = [figure.submission for figure in figures]
        whose += [None for figure in figures if figure.kind == DIFF]
        return list(dict.fromkeys(whose))


def read(names: Sequence[str], complain: Callable[[InputError], None]) -> list[Handout]:
    """The handouts of the scenarios of these names, or all there are.

    Raises `InputError` where a page has faults, after `complain` was called with each of them.
    """
    faults: list[InputError] = []
    handouts = [_handout(each, faults) for each in _chosen(names)]
    for fault in faults:
        complain(fault)
    if faults:
        counted = plural(len(faults), "fault", "faults", "处错误")
        raise InputError(say("{counted}, nothing was run", "{counted}，什么都没有运行", counted=counted))
    return handouts


def _chosen(names: Sequence[str]) -> Iterator[Scenario]:
    """The scenarios of these names, each once, or all that have pages."""
    if names:
        yield from {each.folder.resolve(): each for each in map(arguments.scenario, names)}.values()
        return
    for name in arguments.names():
        scenario = arguments.scenario(str(SCENARIOS / name))
        if any((scenario.folder / file).is_file() for file in FILES.values()):
            yield scenario


def _handout(scenario: Scenario, faults: list[InputError]) -> Handout:
    """The pages of a scenario; what is wrong with them is added to `faults`."""
    before = len(faults)
    pages = [page for language in FILES if (page := _page(scenario, language, faults)) is not None]
    if len(faults) == before:
        faults += _differences(*pages)
    return Handout(scenario, pages)


def _page(scenario: Scenario, language: Language, faults: list[InputError]) -> Page | None:
    """A page with those of its markers that have no fault; None where it cannot be read."""
    file = scenario.folder / FILES[language]
    try:
        lines = file.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = why(error) if isinstance(error, OSError) else say("it is not UTF-8", "不是 UTF-8 编码")
        what = say("{file} cannot be read: {why}", "无法读取 {file}：{why}", file=near(file), why=reason)
        faults.append(InputError(what))
        return None
    reading = _Reading(scenario, Page(file, language, lines, []))
    page = Page(file, language, lines, list(reading.slots()))
    faults += reading.faults
    return page


def _differences(english: Page, chinese: Page) -> Iterator[InputError]:
    """The first place where the pages do not ask for the same figure."""
    for ours, theirs in zip_longest(english.slots, chinese.slots):
        if ours is not None and theirs is None:
            yield _missing(english, ours, chinese)
            return
        if ours is None:
            yield _missing(chinese, theirs, english)
            return
        if ours.figure != theirs.figure:
            what = say("{file} has another figure here", "{file} 在此处是另一幅图", file=english.file.name)
            yield chinese.fault(theirs.marker, theirs.column, what)
            return


def _missing(page: Page, slot: Slot, other: Page) -> InputError:
    what = say("{file} does not have this figure", "{file} 中没有这幅图", file=other.file.name)
    return page.fault(slot.marker, slot.column, what)


@dataclass
class _Reading:
    """Finds the markers of a page."""

    scenario: Scenario
    page: Page
    faults: list[InputError] = field(default_factory=list)

    def slots(self) -> Iterator[Slot]:
        lines, at = self.page.lines, 0
        while at < len(lines):
            if (after := _past_fence(lines, at)) is not None:
                at = after
            elif lines[at].rstrip() == END:
                self._fault(at, 0, say("no figure begins before this end", "此结束标记之前没有图的开始标记"))
                at += 1
            elif _LIKE_A_MARKER.search(lines[at]):
                end = self._end(at)
                figure = self._figure(at)
                if figure is not None and end is not None:
                    yield Slot(figure, at, lines[at].index(figure.kind), end)
                at = at + 1 if end is None else end + 1
            else:
                at += 1

    def _end(self, marker: int) -> int | None:
        """The end that belongs to a marker; what stands in a fence right after the marker is no end."""
        lines = self.page.lines
        at = _past_fence(lines, marker + 1) or marker + 1
        for place in range(at, len(lines)):
            if lines[place].rstrip() == END:
                return place
            if _LIKE_A_MARKER.search(lines[place]):
                break
        self._fault(marker, 0, say("this figure has no `{end}`", "此图没有 `{end}`", end=END))
        return None

    def _figure(self, line: int) -> Figure | None:
        """What the marker of a line asks for; None where it is faulty."""
        text = self.page.lines[line].rstrip()
        try:
            return _asked(text, self.scenario)
        except _WrongMarkerError as wrong:
            self._fault(line, wrong.column, wrong.what)
            return None

    def _fault(self, line: int, column: int, what: Text) -> None:
        self.faults.append(self.page.fault(line, column, what))


class _WrongMarkerError(Exception):
    """What is wrong with a marker, and the column where it is."""

    def __init__(self, column: int, what: Text) -> None:
        super().__init__(str(what))
        self.column = column
        self.what = what


def _asked(text: str, scenario: Scenario) -> Figure:
    """The figure that the marker `text` asks for."""
    marker = _MARKER.match(text)
    if marker is None:
        form = say("a marker is a line `<!-- figure: KIND … -->`", "标记应独占一行，写作 `<!-- figure: 种类 … -->`")
        raise _WrongMarkerError(text.index("<!--"), form)
    words = [_Word(marker.start(1) + word.start(), word[0]) for word in _WORD.finditer(marker[1])]
    rest = _Rest([word for word in words if not word.text.startswith(_WITH)], len(text) - len("-->"))
    submissions = [_submission(word, scenario) for word in words if word.text.startswith(_WITH)]
    kind = rest.one_of(KINDS, Text("figure", "图"))
    figure = Figure(kind, submission=next(iter(submissions), None))
    if kind == "ladder":
        figure = replace(figure, who=rest.one_of(scenario.hosts, Text("host", "主机")), number=rest.number())
    elif kind == "output":
        figure = replace(figure, who=rest.one_of(scenario.programs, Text("program", "程序")))
    elif kind == "table":
        figure = replace(figure, everything=rest.is_next(ALL))
    rest.no_more()
    if kind == DIFF and figure.submission is None:
        missing = say("a diff needs `with=` and the folder of other programs", "diff 需要 `with=` 和其他程序的文件夹")
        raise _WrongMarkerError(rest.end, missing)
    return figure


def _submission(word: _Word, scenario: Scenario) -> str:
    """The folder that a word `with=…` names."""
    name, column = word.text.removeprefix(_WITH), word.column + len(_WITH)
    if scenario.exercise is None:
        what = say(
            "{name} is no exercise: it has no other programs", "{name} 不是练习，没有其他程序", name=scenario.name
        )
        raise _WrongMarkerError(column, what)
    folder, home = (scenario.folder / name).resolve(), scenario.folder.resolve()
    if not name or not folder.is_dir() or not folder.is_relative_to(home):
        there = say("the scenario has no folder `{name}`", "场景中没有文件夹 `{name}`", name=name)
        raise _WrongMarkerError(column, there)
    return name


class _Word(NamedTuple):
    """A word of a marker and its column."""

    column: int
    text: str


@dataclass
class _Rest:
    """The words of a marker that are still to be read; `end` is the column behind the last."""

    words: list[_Word]
    end: int

    def one_of(self, known: Iterable[str], what: Text) -> str:
        """The next word, which is one of those `known`."""
        word = self.words.pop(0) if self.words else _Word(self.end, "")
        if word.text not in known:
            wrong = say("no {what} is called `{word}`", "没有名为 `{word}` 的{what}", what=what, word=word.text)
            if not word.text:
                wrong = say("the name of a {what} is missing", "缺少{what}名", what=what)
            there = say("; there is {known}", "；现有 {known}", known=", ".join(known))
            raise _WrongMarkerError(word.column, wrong + there)
        return word.text

    def number(self) -> int:
        """The next word, a number from 1; without one it is 1."""
        column, text = self.words.pop(0) if self.words else _Word(self.end, "1")
        if not (text.isascii() and text.isdigit() and int(text) > 0):
            raise _WrongMarkerError(column, say("`{n}` is no number from 1", "`{n}` 不是从 1 起的编号", n=text))
        return int(text)

    def is_next(self, text: str) -> bool:
        """Whether the next word is this one, which is then read."""
        found = bool(self.words) and self.words[0].text == text
        del self.words[: int(found)]
        return found

    def no_more(self) -> None:
        """All words are read."""
        for column, text in self.words:
            raise _WrongMarkerError(column, say("`{word}` is too much here", "此处 `{word}` 多余", word=text))


def _past_fence(lines: Sequence[str], at: int) -> int | None:
    """The line after the fenced block that begins at a line; None where none begins there."""
    opening = _FENCE.match(lines[at]) if at < len(lines) else None
    if opening is None:
        return None
    for place in range(at + 1, len(lines)):
        closing = _FENCE.match(lines[place])
        if closing and not closing[2].strip() and closing[1].startswith(opening[1]):
            return place + 1
    return len(lines)
