"""Whether a folder or an archive is one submission or holds those of a class, and whose each is.

It is a class where

- its entries are named as Moodle or Canvas name them in a bulk download, or else
- no file that the exercise wants lies at its top, and one of its entries is named for a student of the roster, or else
- no file that the exercise wants lies at its top, and two or more of its entries may each be a submission: sub-folders
  (in an archive those that hold a file which the exercise wants), archives and, for an exercise of one file, programs
  (`alice.py`, `bob.py`; in an archive where no folders are beside them).

A folder that is all there is in another stands for it, so that one folder too many does no harm, unless it is named
for a student. Anything else is one submission. What lies in a student's own folder is that student's, whatever it is
called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from lab.scenario import Exercise
from lab.submissions.names import is_archive, leads_away, parts_of, sound, stem

MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<rest>.*)", re.DOTALL)
CANVAS = re.compile(r"(?P<name>.+?)_(?:(?i:LATE)_)?(?P<id>\d+)_\d+_(?P<rest>.+)", re.DOTALL)
LISTS = frozenset({".csv", ".tsv", ".xls", ".xlsx", ".ods", ".json", ".yaml", ".md", ".html"})
"""Files that lie beside submissions in a teacher's folder."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Who handed something in, as far as its name tells."""

    name: str
    id: str | None = None


@dataclass(slots=True)
class Layout:
    """How the submissions of a class lie below `above`: each in, or as, an entry that tells whose it is."""

    above: str
    pattern: re.Pattern[str] | None
    whose: dict[str, Whose] = field(default_factory=dict)
    """Filled by `place`: the key of a submission -> who handed it in."""

    @property
    def renames(self) -> bool:
        """Whether files have a number in their names where they were handed in again."""
        return self.pattern is CANVAS

    def place(self, path: str) -> tuple[str, str] | None:
        """Whose `path` is, as a key of `whose`, and its name there; None where it is nobody's."""
        if not path.startswith(self.above) or path == self.above:
            return None
        top, slash, below = path.removeprefix(self.above).partition("/")
        if self.pattern is None:
            if not slash and PurePosixPath(top).suffix.lower() in LISTS:
                return None
            key, whose = (top + slash, Whose(top if slash else stem(top)))
            inner = below if slash else sound(top)
        else:
            if (found := self.pattern.fullmatch(top)) is None:
                return None
            whose = Whose(found["name"], found["id"])
            key, inner = f"{whose.name}_{whose.id}", below if slash else found["rest"]
            if slash and self.pattern is MOODLE and found["rest"]:
                inner = f"{found['rest']}/{below}"
        self.whose.setdefault(key, whose)
        return key, inner


def layout(
    names: Iterable[str], exercise: Exercise, is_student: Callable[[str], bool], *, in_archive: bool
) -> Layout | None:
    """How a class lies among `names` (those of folders end in `/`); None where they are of one submission.

    `is_student` tells whether somebody on the roster goes by a name.
    """
    paths = ["/".join(parts_of(name)) + "/" * name.endswith(("/", "\\")) for name in names if leads_away(name) is None]
    above = ""
    while True:
        tops = _tops(paths, above)
        for pattern in (MOODLE, CANVAS):
            if tops and 2 * sum(pattern.fullmatch(top) is not None for top in tops) > len(tops):
                return Layout(above, pattern)
        if len(tops) != 1 or not next(iter(tops.values())) or is_student(next(iter(tops))):
            break
        above += f"{next(iter(tops))}/"
    wanted = wanted_names(exercise)
    if any(not is_folder and top.casefold() in wanted for top, is_folder in tops.items()):
        return None
    holding = {p.removeprefix(above).partition("/")[0] for p in paths if PurePosixPath(p).name.casefold() in wanted}
    named = [top for top, is_folder in tops.items() if _is_named(top, exercise, is_student, is_folder=is_folder)]
    entries = [
        top
        for top, is_folder in tops.items()
        if (not in_archive or top in holding if is_folder else is_archive(top))
        or (not is_folder and _is_program(top, exercise) and not (in_archive and any(tops.values())))
    ]
    return Layout(above, None) if named or len(entries) > 1 else None


def wanted_names(exercise: Exercise) -> frozenset[str]:
    """What the files of an exercise may be called, without their folders and in small letters."""
    files = [*exercise.files, *(n for names in exercise.called.values() for n in names)]
    files += [file for instead in exercise.instead for file in instead.files]
    return frozenset(PurePosixPath(file).name.casefold() for file in files)


def _tops(paths: Sequence[str], above: str) -> Mapping[str, bool]:
    """The entries below `above`, and whether each is a folder."""
    found: dict[str, bool] = {}
    for path in paths:
        if path.startswith(above) and path != above:
            top, slash, _ = path.removeprefix(above).partition("/")
            found[top] = found.get(top, False) or bool(slash)
    return found


def _is_named(top: str, exercise: Exercise, is_student: Callable[[str], bool], *, is_folder: bool) -> bool:
    """Whether an entry that may be a submission is named for a student of the roster."""
    return is_student(top) if is_folder else (is_archive(top) or _is_program(top, exercise)) and is_student(stem(top))


def _is_program(top: str, exercise: Exercise) -> bool:
    """Whether a file may be all that the exercise wants, whatever it is called."""
    suffixes = {PurePosixPath(name).suffix for name in wanted_names(exercise)}
    return len(exercise.files) == 1 and PurePosixPath(top).suffix.lower() in suffixes
