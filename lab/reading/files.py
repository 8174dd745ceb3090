"""The files that a scenario names: they must exist, and lie in its folder."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from pathlib import Path

from lab.reading.faults import Faults, nearest, shown
from lab.reading.faults import Path as Place
from lab.reading.shape import Parts
from lab.scenario import Program, as_posix
from lab.text import Text, say

SUFFIXES = frozenset(
    f".{ending}"
    for group in (
        "py sh c h txt md html css js",
        "json yaml yml toml ini cfg conf csv xml",
        "pem crt key bin dat log pcap pcapng png jpg gif zip gz tar",
    )
    for ending in group.split()
)
"""Endings by which an argument is taken for the name of a file."""
SYSTEM = frozenset(["bin", "boot", "dev", "etc", "lib", "lib64", "opt", "proc", "run", "sbin", "sys", "usr", "var"])
"""Folders at the top of every host: an absolute path into one of them is the host's own file."""
CODE_FOLLOWS = frozenset({"-c", "-e", "-m"})
"""Options whose argument is no file though it may contain a slash or a dot."""


def check_files(parts: Parts, folder: Path, faults: Faults) -> None:
    """Every file that programs and the exercise name exists in `folder`, or in its solution/."""
    handed_in = _check_exercise(parts, folder, faults)
    for name, program in parts.programs.items():
        place: Place = ("programs", name)
        for index, argument in file_arguments(program, folder):
            if as_posix(argument) not in handed_in:
                check_argument(argument, program, folder, (*place, "run", index), faults)
        for index, file in enumerate(program.files):
            if as_posix(file) not in handed_in:
                check_named_file(file, folder, (*place, "files", index), faults)


def check_named_file(name: str, folder: Path, place: Place, faults: Faults) -> None:
    """The file `name` is a regular file of `folder`."""
    if _lies_outside(name, folder):
        faults.at_value(place, _outside(name, folder))
    elif (folder / name).is_dir():
        faults.at_value(place, say("`{name}` is a folder, not a file", "`{name}` 是文件夹，不是文件", name=shown(name)))
    elif not os.path.isfile(folder / name):  # noqa: PTH113  Path.is_file raises on names that are too long
        faults.at_value(place, _missing(name, folder, folder))


def _check_exercise(parts: Parts, folder: Path, faults: Faults) -> frozenset[str]:
    """The files of the exercise, each of which must be in solution/ too."""
    files = () if parts.exercise is None else parts.exercise.files
    solution = folder / "solution"
    for index, name in enumerate(files):
        place: Place = ("exercise", "files", index)
        if _lies_outside(name, solution):
            faults.at_value(place, _outside(name, solution))
        elif not os.path.isfile(solution / name):  # noqa: PTH113  as above
            faults.at_value(place, _missing(name, solution, folder))
    return frozenset(map(as_posix, files))


def file_arguments(program: Program, folder: Path) -> Iterator[tuple[int, str]]:
    """The arguments of `run` that look like files which the scenario brings, with their indexes."""
    before = ""
    for index, argument in enumerate(program.run):
        if before not in CODE_FOLLOWS and _looks_like_file(argument, folder):
            yield index, argument
        before = argument


def _looks_like_file(argument: str, folder: Path) -> bool:
    if argument.startswith("-") or "://" in argument or any(c.isspace() for c in argument) or _is_prefix(argument):
        return False
    if argument.startswith("/"):
        return _is_below(folder, argument) or (
            Path(argument).parts[1:2] not in {(top,) for top in SYSTEM} and os.path.exists(argument)  # noqa: PTH110  as above
        )
    return "/" in argument or os.path.splitext(argument)[1].lower() in SUFFIXES or _lies_outside(argument, folder)  # noqa: PTH122  `.sh` alone is no suffix to either


def check_argument(argument: str, program: Program, folder: Path, place: Place, faults: Faults) -> None:
    """An argument that looks like a file is one of `folder`, or a folder of files that the program needs."""
    below = as_posix(argument) + "/"
    if (folder / argument).is_dir() and any(as_posix(file).startswith(below) for file in program.files):
        return
    check_named_file(argument, folder, place, faults)


def _is_prefix(argument: str) -> bool:
    try:
        ipaddress.ip_network(argument, strict=False)
    except ValueError:
        return False
    return True


def _is_below(folder: Path, path: str) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _lies_outside(name: str, folder: Path) -> bool:
    """Whether `name` leads out of `folder`: absolute, by `..`, or through a symbolic link."""
    return name.startswith("/") or ".." in Path(name).parts or not _is_below(folder, os.path.join(folder, name))  # noqa: PTH118  realpath takes what Path refuses


def _outside(name: str, folder: Path) -> Text:
    if name.startswith("/") and _is_below(folder, name):
        relative = os.path.relpath(os.path.realpath(name), os.path.realpath(folder))
        return say("`{name}` is absolute; write `{r}`", "`{name}` 是绝对路径；请写 `{r}`", name=shown(name), r=relative)
    return say(
        "`{name}` lies outside the folder {folder}/; put a copy into it",
        "`{name}` 位于文件夹 {folder}/ 之外；请在其中放一份副本",
        name=shown(name),
        folder=folder.name,
    )


def _missing(name: str, where: Path, folder: Path) -> Text:
    what = say(
        "no file `{name}` in {where}/",
        "{where}/ 中没有文件 `{name}`",
        name=shown(name),
        where=where.relative_to(folder.parent).as_posix(),
    )
    there = [entry.name for entry in where.iterdir() if entry.is_file()] if where.is_dir() else []
    near = nearest(name, sorted(there))
    return what if near is None else what + say("; did you mean `{near}`?", "；是否想写 `{near}`？", near=near)
