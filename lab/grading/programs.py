"""The programs of a submission: how each ended, and what it printed last."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lab.checks.programs import ended
from lab.graded import GradedProgram
from lab.record import OutputLine, ProgramFacts, Record, Words
from lab.scenario import Scenario, as_posix, program_files
from lab.steps import SignalStep
from lab.submissions import Handed
from lab.text import Text, say
from lab.visible import visible

LAST_LINES = 20
LONGEST_CRASH = 60  # lines; Python cuts repeated frames of a recursion itself
LINE = 200  # characters
TRACEBACK = "Traceback (most recent call last):"
FRAME = re.compile(r'\s*File "(?:.*/)?([^"/]+)", line (\d+)(?:, in (.*))?$')
RAISED = re.compile(r"((?:\w+\.)*\w+)(?:: ?(.*))?$", re.ASCII)
KNOWN = frozenset(name for name, value in vars(builtins).items() if isinstance(value, type)) | {
    "TimeoutError", "socket.timeout", "socket.gaierror", "socket.herror", "struct.error", "binascii.Error",
    "json.decoder.JSONDecodeError", "queue.Empty", "queue.Full",
}  # fmt: skip
"""Exceptions whose names tell nothing but what went wrong."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A line of a program's own file in a traceback."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Crash:
    """A traceback: the frames in files of the submission, the innermost last, the exception and what it says."""

    frames: tuple[Frame, ...]
    raised: str
    said: str
    lines: tuple[str, ...]


def of_submission(scenario: Scenario, handed: Handed) -> list[str]:
    """The programs that run what was handed in."""
    own = set(handed.files)
    if scenario.exercise is not None:
        own.update(map(as_posix, scenario.exercise.files))
    return [
        name
        for name, program in scenario.programs.items()
        if name in handed.run or own.intersection(program_files(scenario, program))
    ]


def programs(scenario: Scenario, handed: Handed, record: Record, *, in_full: bool) -> tuple[GradedProgram, ...]:
    """The programs of the submission that were started.

    If not `in_full`: of what they printed, their crashes only, and of how they ended, the sort only.
    """
    return tuple(
        _in_full(name, record.programs[name], handed)
        if in_full
        else _in_part(name, record.programs[name], handed, scenario)
        for name in of_submission(scenario, handed)
        if name in record.programs and (record.programs[name].started is not None or record.programs[name].failure)
    )


def crash_of(facts: ProgramFacts, handed: Handed) -> Crash | None:
    """The last traceback that a program printed; its frames are of files handed in, and of lines that they have."""
    lines = [line.text for line in facts.output if line.stream == "err"]
    begins = [index for index, line in enumerate(lines) if line.strip() == TRACEBACK]
    if not begins:
        return None
    last = lines[begins[-1] :]
    body = next((n for n, line in enumerate(last[1:], start=1) if not line.startswith(" ")), len(last) - 1)
    raised = RAISED.match(last[body])
    frames = tuple(_frames(last, handed.files))
    return Crash(frames, raised[1] if raised else "", (raised[2] or "") if raised else "", tuple(last))


def _in_full(name: str, facts: ProgramFacts, handed: Handed) -> GradedProgram:
    shown = _last(facts.output, crash_of(facts, handed))
    cut = facts.output_cut or len(shown) < len(facts.output)
    return GradedProgram(name=name, end=Words.of(ended(facts)), output=tuple(map(shortened, shown)), output_cut=cut)


def _in_part(name: str, facts: ProgramFacts, handed: Handed, scenario: Scenario) -> GradedProgram:
    crash = crash_of(facts, handed)
    shown = () if crash is None else _without_words(crash)
    end = _sort_of_end(facts, _signals(scenario, name), crashed=crash is not None)
    return GradedProgram(name=name, end=Words.of(end), output=tuple(map(shortened, shown)))


def _sort_of_end(facts: ProgramFacts, signals: frozenset[str], *, crashed: bool) -> Text:
    """How a program ended, without a number or a name that it could have chosen."""
    if facts.failure is not None or facts.started is None or facts.stopped_by_lab or facts.ended is None:
        return ended(facts)
    if facts.signal in signals:
        return say("was ended by a signal of the lab", "被实验室的信号终止")
    if facts.signal is None and facts.exit == 0:
        return say("ended by itself", "自行结束")
    return say("crashed", "崩溃了") if crashed else say("ended with an error", "出错结束")


def _signals(scenario: Scenario, name: str) -> frozenset[str]:
    steps = (step.signal for step in scenario.steps if isinstance(step, SignalStep))
    return frozenset(signal.name for signal in steps if name in signal.to)


def _last(output: tuple[OutputLine, ...], crash: Crash | None) -> list[str]:
    """The last lines; more of them where a crash is longer."""
    errors = 0
    for taken, line in enumerate(reversed(output), start=1):
        errors += line.stream == "err"
        if taken >= LAST_LINES and (crash is None or errors >= min(len(crash.lines), LONGEST_CRASH)):
            return [line.text for line in output[-taken:]]
    return [line.text for line in output]


def _without_words(crash: Crash) -> list[str]:
    """A crash in which nothing stands that the program could have chosen but lines of its files."""
    frames = [f'  File "{frame.file}", line {frame.line}' for frame in crash.frames[-LAST_LINES:]]
    return [TRACEBACK, *frames, crash.raised if crash.raised in KNOWN else "…"]


def _frames(lines: list[str], files: Mapping[str, bytes]) -> Iterator[Frame]:
    by_name = {name.rpartition("/")[2]: name for name in files}
    for line in lines:
        found = FRAME.match(line)
        name = None if found is None else by_name.get(found[1])
        if found is not None and name is not None and len(found[2]) < 7:  # noqa: PLR2004 - no file has a million lines
            number = int(found[2])
            if 1 <= number <= files[name].count(b"\n") + 1:
                yield Frame(name, number)


def shortened(text: str) -> str:
    """A line that a program printed, harmless and of a length that people read."""
    shown = visible(text.expandtabs())
    return shown if len(shown) <= LINE else shown[: LINE - 1] + "…"
