"""The sides of an exercise: every one of its files is the client's or the server's."""

from __future__ import annotations

from lab.reading.faults import Faults, Path, listed, shown, suggestion
from lab.reading.shape import Parts
from lab.scenario import as_posix
from lab.text import say


def check_sides(parts: Parts, faults: Faults) -> None:
    """The files of both sides are those of the exercise, each on one side; there are none in other languages."""
    if parts.exercise is None or parts.exercise.sides is None:
        return
    sides: Path = ("exercise", "sides")
    files = [as_posix(name) for name in parts.exercise.files]
    taken: dict[str, str] = {}
    for side in ("client", "server"):
        for index, name in enumerate(getattr(parts.exercise.sides, side)):
            file, place = as_posix(name), (*sides, side, index)
            if file not in files:
                unknown = say("`{name}` is no file of the exercise", "`{name}` 不是练习的文件", name=shown(name))
                faults.at_value(place, unknown + suggestion(name, files))
            elif file in taken:
                twice = say(
                    "`{name}` is a file of the {side} already", "`{name}` 已经属于 {side}", name=file, side=taken[file]
                )
                faults.at_value(place, twice)
            taken.setdefault(file, side)
    if left := [file for file in files if file not in taken]:
        what = say("no side has {files}", "没有一方拥有 {files}", files=listed(left))
        faults.at_key(sides, what)
    if parts.exercise.instead:
        what = say(
            "`instead` and `sides` exclude each other: sides are told apart by their files",
            "`instead` 与 `sides` 不能并用：双方以文件区分",
        )
        faults.at_key(("exercise", "instead"), what)
