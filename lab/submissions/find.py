"""The submissions among the paths of the command line: files, folders, archives, and folders or archives of these."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from lab.errors import InputError
from lab.scenario import Exercise, Scenario
from lab.submissions import archives, folders
from lab.submissions.layouts import Whose, layout, wanted_names
from lab.submissions.names import is_archive, shown, spelt, stem
from lab.submissions.people import goes_by, matched, slug, with_slugs
from lab.submissions.submission import Refused, Roster, Student, Submission
from lab.submissions.taking import MOST_OF_A_CLASS, TOO_LARGE, Member, Place, Taken, Unread, alone, take_all
from lab.text import Text, join, same, say

SOLUTION = "solution"
BROKEN = "broken"
STARTER = "starter"
NUMBERED = re.compile(r"(?P<stem>.+?)-(?P<number>\d{1,4})(?P<suffix>\.[^.]*)?")
"""`server-1.py`: Canvas' name of a file that was handed in again."""
NOT_OPENED = say(
    "an archive beside other files, or in another archive, is not opened", "与其他文件放在一起或嵌套的归档不会被打开"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was handed in: of a roster's students in its order, then all others in the order that they are in.

    A student of the roster who handed in nothing has a submission without files. Of several of one student that counts
    which Canvas numbered highest, else which was modified last; its notes name the others.
    """

    submissions: tuple[Submission, ...]
    nothing: tuple[Student, ...] = ()
    """Students of the roster who handed in nothing."""
    strangers: tuple[Student, ...] = ()
    """Those who handed in and are not on the roster; nobody where there is none."""
    readings: tuple[Text, ...] = ()
    """Of each folder and archive of the command line, whether it was read as one submission or as those of a class."""


def find(
    paths: Sequence[Path], exercise: Exercise, roster: Roster | None = None, *, whole: bool = False
) -> list[Submission]:
    """The submissions of `found`."""
    return list(found(paths, exercise, roster, whole=whole).submissions)


def found(paths: Sequence[Path], exercise: Exercise, roster: Roster | None = None, *, whole: bool = False) -> Found:
    """What was handed in at `paths`, each one submission or those of a class, as `layouts` tells.

    Each path is one submission where it is to be taken `whole`. Raises `InputError` where there is nothing at a path,
    or far too much, and where what may be a whole class cannot be read: the only path, or an archive of several.
    """
    listed = [student for student in roster.students if student is not None] if roster else []
    look = _Look(exercise, goes_by(listed), is_whole=whole, is_only=len(paths) == 1)
    there = [look.at(path) for path in paths]
    entries = [entry for at in there for entry in at.entries]
    of: dict[int, list[_Entry]] = {}
    pairs = matched([entry.submission.student for entry in entries], listed)
    for number, of_listed in sorted(pairs.items()):
        of.setdefault(of_listed, []).append(entries[number])
    known = [
        replace(_counting(of[number]), student=student) if number in of else Submission(student, {})
        for number, student in enumerate(listed)
    ]
    others = [entry.submission for number, entry in enumerate(entries) if number not in pairs]
    students = with_slugs([each.student for each in others], [student.slug for student in listed])
    return Found(
        (*known, *(replace(each, student=student) for each, student in zip(others, students, strict=True))),
        tuple(student for number, student in enumerate(listed) if number not in of),
        tuple(students) if roster else (),
        tuple(at.reading for at in there if at.reading is not None),
    )


def _counting(entries: Sequence[_Entry]) -> Submission:
    """Of the submissions of one student the one that counts; its notes tell of the others."""
    last = max(enumerate(entries), key=lambda each: (bool(each[1].submission.files), each[1].newest, each[0]))[1]
    others = [same(shown(entry.where)) for entry in entries if entry is not last]
    if not others:
        return last.submission
    note = say(
        "there is more than one submission of this student: {last} was graded, the latest; {others} was not",
        "该学生有不止一份提交：评分的是最新的 {last}，未评分的是 {others}",
        last=shown(last.where),
        others=join(say(", ", "、"), others),
    )
    return replace(last.submission, notes=(*last.submission.notes, note))


def one(path: Path, scenario: Scenario) -> Submission:
    """All that lies at `path` as one submission (`lab run --submission`, `lab selftest`).

    A folder of the scenario's own broken/ is its solution but for the files of that folder.
    Raises `InputError` where there is nothing at the path.
    """
    wanted = frozenset[str]() if scenario.exercise is None else wanted_names(scenario.exercise)
    submission = _alone(path, _source(path), wanted)
    if path.resolve().parent != (scenario.folder / BROKEN).resolve():
        return submission
    solution = _alone(scenario.folder / SOLUTION, _source(scenario.folder / SOLUTION), wanted)
    return replace(submission, files={**solution.files, **submission.files})


@dataclass(frozen=True, slots=True)
class _Entry:
    """A submission as it was found; what is `newest` is greatest: Canvas' number, and seconds since the epoch."""

    submission: Submission
    where: str
    newest: tuple[int, float]


@dataclass(frozen=True, slots=True)
class _There:
    """What is at one path."""

    entries: Sequence[_Entry]
    reading: Text | None = None
    is_class: bool = False


@dataclass(frozen=True, slots=True)
class _Look:
    """How paths are looked at."""

    exercise: Exercise
    is_student: Callable[[str], bool]
    is_whole: bool
    is_only: bool

    def at(self, path: Path) -> _There:
        """The submissions at one path. Raises `InputError` where a class cannot be read."""
        source = _source(path)
        if self.is_whole or self.is_student(_named(path).name):
            return self._alone(path, source)
        names, ended = source.names()
        if ended is not None and not names and self.is_only:
            raise _unread(path, ended)
        if source.kind == "file":
            return self._alone(path, source)
        lies = layout(names, self.exercise, self.is_student, in_archive=source.kind == "archive")
        if lies is None:
            inner = self._of_the_only_archive(path, source, names)
            return inner or self._alone(path, source)
        if ended is not None:
            raise _unread(path, ended)
        wanted = wanted_names(self.exercise)
        entries = []
        for key, taken in source.take(lies.place).items():
            if key in lies.whose:
                files, number = _without_numbers(taken, wanted) if lies.renames else (taken.files, 0)
                submission = _submission(lies.whose[key], files, taken.refused, wanted)
                entries.append(_Entry(submission, f"{path.name}/{key}", (number, taken.modified)))
        return _There(entries, _of_a_class(path, entries), is_class=True)

    def _of_the_only_archive(self, path: Path, source: _Source, names: Sequence[str]) -> _There | None:
        """The submissions of a class in the archive that is all there is in a folder."""
        if (
            source.kind != "folder"
            or len(names) != 1
            or not is_archive(names[0])
            or not os.path.lexists(path / names[0])
        ):
            return None
        inner = replace(self, is_only=False).at(path / names[0])
        return inner if inner.is_class else None

    def _alone(self, path: Path, source: _Source) -> _There:
        """All of a path as one submission."""
        submission = _alone(path, source, wanted_names(self.exercise))
        name = shown(submission.student.name)
        reading = say(
            "{path}: one submission, of {name}", "{path}：一份提交，属于 {name}", path=shown(str(path)), name=name
        )
        entry = _Entry(submission, path.name, (0, _modified(path)))
        return _There([entry], None if source.kind == "file" else reading)


def _of_a_class(path: Path, entries: Sequence[_Entry]) -> Text:
    """How a path was read; who has an empty folder handed in nothing."""
    empty = sum(not (entry.submission.files or entry.submission.refused) for entry in entries)
    return say(
        "{path}: the submissions of a class ({n}{empty})",
        "{path}：全班的提交（{n} 份{empty}）",
        path=shown(str(path)),
        n=len(entries) - empty,
        empty=say(", and {n} with nothing in it", "，另有 {n} 份是空的", n=empty) if empty else same(""),
    )


def _unread(path: Path, why: Text) -> InputError:
    return InputError(say("cannot read {file}: {why}", "无法读取 {file}：{why}", file=shown(str(path)), why=why))


def _modified(path: Path) -> float:
    """When a file, or the latest of what is in a folder, was modified."""
    if not path.is_dir() or path.is_symlink():
        return path.lstat().st_mtime
    return max((member.modified for member in folders.members(path)), default=0)


def _alone(path: Path, source: _Source, wanted: frozenset[str]) -> Submission:
    """All of a path as one submission."""
    taken = source.take(alone).get("", Taken())
    return _submission(_named(path), taken.files, taken.refused, wanted, opens=source.kind != "archive")


def _submission(
    whose: Whose,
    files: Mapping[str, bytes],
    refused: tuple[Refused, ...],
    wanted: frozenset[str],
    *,
    opens: bool = True,
) -> Submission:
    """What was taken for one student; folders around all of it are left out.

    Where nothing is in it that the exercise wants but one archive, that one is opened if it `opens`.
    """
    held = [name for name in files if is_archive(name)]
    rest = {name: content for name, content in files.items() if name not in held}
    if opens and len(held) == 1 and not any(PurePosixPath(name).name.casefold() in wanted for name in rest):
        inner, not_taken = archives.read_archive(files[held[0]], held[0])
        held = [name for name in inner if is_archive(name)]
        rest |= {name: content for name, content in _unwrapped(inner, wanted).items() if not is_archive(name)}
        refused += not_taken
    refused += tuple(Refused(shown(name), NOT_OPENED) for name in held)
    student = Student(spelt(whose.name), slug(whose.name), id=whose.id)
    return Submission(student, _unwrapped(rest, wanted), refused)


def _without_numbers(taken: Taken, wanted: frozenset[str]) -> tuple[dict[str, bytes], int]:
    """The files without the numbers of those that were handed in again, of several the highest; the highest of all.

    A name that the exercise wants keeps its number, and so does one whose plain name another file has.
    """
    files: dict[str, bytes] = {}
    highest: dict[str, int] = {}
    for name, content in taken.files.items():
        found = None if name.casefold() in wanted else NUMBERED.fullmatch(name)
        plain = name if found is None else f"{found['stem']}{found['suffix'] or ''}"
        if found is None or plain in taken.files:
            files[name] = content
        elif int(found["number"]) > highest.get(plain, -1):
            highest[plain] = int(found["number"])
            files[plain] = content
    return files, max(highest.values(), default=0)


def _unwrapped(files: Mapping[str, bytes], wanted: frozenset[str]) -> dict[str, bytes]:
    """`files` without the folder that all of them are in, and without the one in that."""
    found = dict(files)
    while found and all("/" in name for name in found):
        tops = {name.partition("/")[0] for name in found}
        if len(tops) > 1 or next(iter(tops)).casefold() in wanted:
            break
        found = {name.partition("/")[2]: content for name, content in found.items()}
    return found


@dataclass(frozen=True, slots=True)
class _Source:
    """A path that can be asked what it holds, and read for one student or for several."""

    names: Callable[[], tuple[list[str], Text | None]]
    """What it holds, folders with `/` at the end, and why that is not all of it."""
    take: Callable[[Place], Mapping[str, Taken]]
    kind: Literal["file", "folder", "archive"]


def _source(path: Path) -> _Source:
    """What is at `path`. Links are not followed: what is one is a file that is refused."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError) as error:
        raise InputError(say("no such submission: {path}", "没有这份提交：{path}", path=shown(str(path)))) from error
    if stat.S_ISDIR(status.st_mode):
        return _Source(lambda: (folders.names(path), None), lambda place: folders.take(path, place), "folder")
    file = folders.file(path)
    if not is_archive(file.name) or file.refused is not None:
        return _Source(
            lambda: ([file.name] if file.refused is None else [], file.refused),
            lambda place: take_all([file], place),
            "file",
        )
    content = bytearray()
    try:
        for chunk in file.chunks():
            content += chunk
            if len(content) > MOST_OF_A_CLASS:
                raise Unread(TOO_LARGE)  # noqa: TRY301  as if it could not be read
    except Unread as unread:
        refused = Member(file.name, refused=unread.why)
        return _Source(lambda: ([], refused.refused), lambda place: take_all([refused], place), "file")
    whole = bytes(content)
    return _Source(lambda: archives.names(whole), lambda place: archives.take(whole, file.name, place), "archive")


def _named(path: Path) -> Whose:
    return Whose(stem(os.path.basename(os.path.abspath(path))))  # noqa: PTH100, PTH119  of `..` too, and of no link
