"""What students hand in runs on hosts where no file tells how it is done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from lab.reading.faults import Faults, shown
from lab.reading.faults import Path as Place
from lab.reading.shape import Parts
from lab.scenario import Program
from lab.text import say

TELLING = frozenset({"solution", "broken", "starter"})
"""The folders of an exercise with programs as students hand them in."""


def check_apart(parts: Parts, folder: Path, faults: Faults) -> None:
    """No program has a file of these folders on a host that runs what is handed in: it could be read, or run."""
    if parts.exercise is None:
        return
    theirs: dict[str, str] = {}
    replaced = {name for instead in parts.exercise.instead for name in instead.run}
    for name, program in parts.programs.items():
        if name in replaced or parts.exercise.read_by([program]):
            theirs.setdefault(program.host, name)
    for place, program, argument in _named(parts):
        if program.host in theirs and _tells(argument, folder):
            what = say(
                "`{file}` on the host `{host}`, where `{program}` runs what students hand in and could read it;"
                " use another host",
                "`{file}` 在主机 `{host}` 上，而 `{program}` 在那里运行学生提交的程序，可以读到它；请换一台主机",
                file=shown(argument),
                host=program.host,
                program=theirs[program.host],
            )
            faults.at_value(place, what)


def _named(parts: Parts) -> Iterator[tuple[Place, Program, str]]:
    """Every argument that may name a file, with its place and the program whose it is."""
    assert parts.exercise is not None
    for name, program in parts.programs.items():
        for key, arguments in (("run", program.run), ("files", program.files)):
            for index, argument in enumerate(arguments):
                yield ("programs", name, key, index), program, argument
    for number, instead in enumerate(parts.exercise.instead):
        for name, run in instead.run.items():
            if name in parts.programs:
                for index, argument in enumerate(run):
                    yield ("exercise", "instead", number, "run", name, index), parts.programs[name], argument


def _tells(argument: str, folder: Path) -> bool:
    """Whether it names a file in one of the folders, through a link or not."""
    file = os.path.realpath(os.path.join(folder, argument))  # noqa: PTH118  realpath takes what Path refuses
    base = os.path.realpath(folder)
    if not os.path.isfile(file) or not Path(file).is_relative_to(base):  # noqa: PTH113  as above
        return False
    return Path(file).relative_to(base).parts[0] in TELLING
