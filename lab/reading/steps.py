"""The steps played through without running anything: what is started, closed and ended, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lab.reading.faults import Faults, Path
from lab.reading.fields import references
from lab.reading.shape import Parts, ReadStep
from lab.scenario import Program
from lab.steps import CloseStep, ExpectStep, SendStep, SignalStep, StartStep, WaitStep
from lab.text import say

DEFAULT_ENCODING = "utf-8"  # of a program's input and output


@dataclass(slots=True)
class _Played:
    """Where the programs of the file are after the steps so far."""

    programs: Mapping[str, Program]
    declared: frozenset[str]
    faults: Faults
    started: set[str] = field(default_factory=set)
    running: set[str] = field(default_factory=set)
    ended: dict[str, int] = field(default_factory=dict)
    """Programs that a step has waited for, and the index of that step."""
    closed: dict[str, int] = field(default_factory=dict)
    """Running programs whose input a step has closed, and the index of that step."""
    uncertain: set[str] = field(default_factory=set)
    """Programs of a step that is at fault: nothing is said of them any more."""


def check_steps(parts: Parts, faults: Faults) -> None:
    """No step acts on a program that is not there at that moment, and what is typed can be encoded."""
    played = _Played(parts.programs, parts.declared.get("program", frozenset()), faults)
    for index, step in enumerate(parts.steps):
        _play(step, ("steps", index), played)
    for name, check in parts.checks.items():
        for reference in references(check.params, ("checks", name, check.kind)):
            if reference.to == "program" and _is_certain(reference.name, played.started, played):
                what = say("no step starts `{name}`", "没有步骤启动 `{name}`", name=reference.name)
                faults.at_value(reference.path, what)


def _is_certain(name: str, present: set[str], played: _Played) -> bool:
    """Whether `name` is a program that is surely not `present`."""
    return name in played.declared and name not in present and name not in played.uncertain


def _play(step: ReadStep, path: Path, played: _Played) -> None:
    match step.model:
        case StartStep():
            _play_start(step.model, path, played)
        case SendStep(send=send):
            _act(send.to, (*path, "send", "to"), played, needs_input=True)
            _check_words({"line": send.line, "text": send.text}, send.to, (*path, "send"), played)
        case ExpectStep(expect=expect):
            _act_on_started((expect.from_,), (*path, "expect", "from"), played)
            _check_words({"line": expect.line, "text": expect.text}, (expect.from_,), (*path, "expect"), played)
        case CloseStep(close=names):
            _act(names, (*path, "close"), played, needs_input=True)
            played.closed.update(dict.fromkeys(names, _index(path)))
        case SignalStep(signal=signal):
            _act(signal.to, (*path, "signal", "to"), played)
        case WaitStep(wait=names, until=until) if until is not None:
            _act(names, (*path, "wait"), played)
        case WaitStep(wait=names):
            _act_on_started(names, (*path, "wait"), played)
            played.running.difference_update(names)
            played.ended.update(dict.fromkeys(names, _index(path)))
        case None:
            played.uncertain.update(_names_in(step.value))


def _play_start(step: StartStep, path: Path, played: _Played) -> None:
    for index, name in enumerate(step.start):
        _start(name, (*path, "start", index), played)
    if step.until is not None:
        _check_words({"line": step.until.line, "text": step.until.text}, step.start, (*path, "until"), played)


def _start(name: str, path: Path, played: _Played) -> None:
    if name in played.running and name not in played.uncertain:
        what = say(
            "`{name}` runs already; wait for its end before starting it again",
            "`{name}` 已在运行；再次启动之前请先等待它结束",
            name=name,
        )
        played.faults.at_value(path, what)
    played.started.add(name)
    played.running.add(name)
    played.ended.pop(name, None)
    played.closed.pop(name, None)


def _act_on_started(names: Iterable[str], path: Path, played: _Played) -> None:
    """A step about programs that may have ended, but must have been started."""
    for index, name in enumerate(names):
        if _is_certain(name, played.started, played):
            what = say("`{name}` has not been started at this step", "到这一步 `{name}` 尚未启动", name=name)
            played.faults.at_value(_item(path, index), what)


def _act(names: Iterable[str], path: Path, played: _Played, *, needs_input: bool = False) -> None:
    """A step about programs that must be running, with their input open if they `needs_input`."""
    names = tuple(names)
    _act_on_started(names, path, played)
    for index, name in enumerate(names):
        if name in played.uncertain:
            continue
        if name in played.ended:
            what = say(
                "`{name}` has ended: steps[{n}] waited for that",
                "`{name}` 已经结束：steps[{n}] 已等到它结束",
                name=name,
                n=played.ended[name] + 1,
            )
        elif needs_input and name in played.closed:
            what = say(
                "the input of `{name}` was closed by steps[{n}]",
                "`{name}` 的输入已被 steps[{n}] 关闭",
                name=name,
                n=played.closed[name] + 1,
            )
        else:
            continue
        played.faults.at_value(_item(path, index), what)


def _check_words(words: Mapping[str, str | None], names: Iterable[str], path: Path, played: _Played) -> None:
    """What is typed to a program, or expected of it, has a form in its encoding. `words` stand at `path`."""
    for key, text in words.items():
        for name in names:
            program = played.programs.get(name)
            encoding = DEFAULT_ENCODING if program is None or program.encoding is None else program.encoding
            if text is not None and (character := _not_in(encoding, text)) is not None:
                what = say(
                    "{encoding}, the encoding of `{name}`, has no `{character}`",
                    "`{name}` 的编码 {encoding} 中没有字符 `{character}`",
                    encoding=encoding,
                    name=name,
                    character=character,
                )
                played.faults.at_value((*path, key), what)


def _not_in(encoding: str, text: str) -> str | None:
    """The first character of `text` that `encoding` does not have."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError as error:
        return text[error.start]
    return None


def _item(path: Path, index: int) -> Path:
    return path if path[-1] == "from" else (*path, index)


def _index(path: Path) -> int:
    index = path[1]
    assert isinstance(index, int)
    return index


def _names_in(value: Mapping[str, object]) -> set[str]:
    """All text in a step that is at fault: its programs among it."""
    found: set[str] = set()
    ahead: list[object] = [value]
    while ahead:
        match ahead.pop():
            case str(text):
                found.add(text)
            case tuple(items):
                ahead.extend(items)
            case Mapping() as mapping:
                ahead.extend(mapping.values())
    return found
