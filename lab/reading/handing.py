"""What an exercise takes besides its own files: other names for them (`called`), other languages (`instead`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lab.reading.faults import Faults, listed, shown, suggestion
from lab.reading.faults import Path as Place
from lab.reading.files import check_argument, file_arguments
from lab.reading.shape import Parts
from lab.scenario import Exercise, Instead, as_posix
from lab.text import Text, say


def check_handing(parts: Parts, folder: Path, faults: Faults) -> None:
    """The names that may be handed in are sound and each means one file; the commands run what there is."""
    if parts.exercise is None:
        return
    _check_names(parts.exercise, folder, faults)
    for file in parts.exercise.called:
        if as_posix(file) not in map(as_posix, parts.exercise.files):
            what = say("`{name}` is no file of the exercise", "`{name}` 不是本练习的文件", name=shown(file))
            faults.at_key(("exercise", "called", file), what + suggestion(file, parts.exercise.files))
    for index, instead in enumerate(parts.exercise.instead):
        _check_instead(instead, ("exercise", "instead", index), parts, folder, faults)


def _check_names(exercise: Exercise, folder: Path, faults: Faults) -> None:
    """No name stands for two files, nor for one that the scenario brings itself."""
    meant: dict[str, str] = {}
    for place, name, file in _names(exercise):
        if place[1] != "files" and (why := _unsound(name)) is not None:  # of `files` it is told where they must be
            faults.at_value(place, why)
        elif meant.setdefault(as_posix(name).casefold(), file) != file:
            what = say(
                "`{name}` is taken already; each name stands for one file",
                "`{name}` 已被占用；一个名字只能表示一个文件",
                name=shown(name),
            )
            faults.at_value(place, what)
        elif place[1] != "files" and os.path.isfile(folder / name):  # noqa: PTH113  Path.is_file raises on names that are too long
            what = say("the scenario has a file `{name}` of its own", "场景自己已有文件 `{name}`", name=shown(name))
            faults.at_value(place, what)


def _names(exercise: Exercise) -> Iterator[tuple[Place, str, str]]:
    """Every name that may be handed in, with its place and the file that is meant by it."""
    yield from ((("exercise", "files", index), name, as_posix(name)) for index, name in enumerate(exercise.files))
    for number, instead in enumerate(exercise.instead):
        for index, name in enumerate(instead.files):
            yield ("exercise", "instead", number, "files", index), name, as_posix(name)
    for file, names in exercise.called.items():
        yield from ((("exercise", "called", file, index), name, as_posix(file)) for index, name in enumerate(names))


def _unsound(name: str) -> Text | None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        return say(
            "`{name}` is no name of a file in a submission: wanted `server.py` or `src/server.py`",
            "`{name}` 不能是提交中文件的名字：应如 `server.py` 或 `src/server.py`",
            name=shown(name),
        )
    return None


def _check_instead(instead: Instead, place: Place, parts: Parts, folder: Path, faults: Faults) -> None:
    """The commands replace all that runs a file of the exercise, and the files they name are there."""
    assert parts.exercise is not None
    _check_replaces(instead, place, parts, faults)
    own = {as_posix(name) for name in (*instead.files, *parts.exercise.files)}
    for name, run in instead.run.items():
        if name not in parts.programs:
            continue  # it has a fault of its own
        program = parts.programs[name].model_copy(update={"run": run})
        for index, argument in file_arguments(program, folder):
            if as_posix(argument) not in own:
                check_argument(argument, program, folder, (*place, "run", name, index), faults)


def _check_replaces(instead: Instead, place: Place, parts: Parts, faults: Faults) -> None:
    assert parts.exercise is not None
    its = parts.exercise.read_by(program for name, program in parts.programs.items() if name in instead.run)
    if not its and instead.run.keys() <= parts.programs.keys():
        what = say("none of these programs runs a file of the exercise", "这些程序都不运行本练习的文件")
        faults.at_key((*place, "run"), what)
    others = {name: program for name, program in parts.programs.items() if name not in instead.run}
    also = [name for name, program in others.items() if parts.exercise.read_by([program]) & its]
    if also:
        what = say(
            "the same file is run by {others}: give their commands too",
            "{others} 也运行同一个文件：请一并给出其命令",
            others=listed(also),
        )
        faults.at_key((*place, "run"), what)
