"""Files and folders on the disk, read without following a link and without opening what is no regular file."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from lab.oserrors import why
from lab.submissions.names import decoded, is_junk, sound
from lab.submissions.taking import A_LINK, MOST_ENTRIES, NO_REGULAR_FILE, Member, Place, Taken, Unread, alone, take_all
from lab.text import say

CHUNK = 1 << 16
DEEPEST = 32
OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
TOO_MANY = say(
    "the folder has more than {n} entries: the rest is left out", "文件夹中超过 {n} 项：其余部分未取用", n=MOST_ENTRIES
)
TOO_DEEP = say("it lies more than {n} folders deep", "所在层级超过 {n} 层文件夹", n=DEEPEST)


def take(folder: Path, place: Place = alone) -> dict[str, Taken]:
    """What is taken of a folder of one or of several students, by `place`. Raises `InputError` as `take_all` does."""
    return take_all(members(folder), place)


def names(folder: Path) -> list[str]:
    """The relative paths of what is in `folder`, junk left out; those of folders end in `/`."""
    return [member.name for member in members(folder)]


def members(folder: Path) -> Iterator[Member]:
    """What is in `folder` and in its folders, in the order of the names."""
    try:
        os.scandir(folder).close()
    except OSError as error:
        yield Member(folder.name, refused=why(error))
        return
    number = 0
    for root, folders, files, fd in os.fwalk(folder):
        above = os.path.relpath(root, folder)
        for name in sorted([*folders, *files]):
            path = decoded(os.fsencode(name if above == "." else os.path.join(above, name)))  # noqa: PTH118  as bytes
            number += 1
            if is_junk(path):
                member = None
            elif number > MOST_ENTRIES:
                yield Member(path, refused=TOO_MANY)
                return
            else:
                member = _member(path, name, fd)
                yield member
            if name in folders and (member is None or not member.is_folder):
                folders.remove(name)
        folders.sort()


def _member(path: str, name: str, fd: int) -> Member:
    """The entry `name` of the folder that is open as `fd`."""
    try:
        status = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            if path.count("/") >= DEEPEST:
                return Member(path, refused=TOO_DEEP)
            os.close(os.open(name, OPEN | os.O_DIRECTORY, dir_fd=fd))
            return Member(path + "/", is_folder=True)
    except OSError as error:
        return Member(path, refused=why(error))
    return _at_sight(path, status) or _regular(path, status, lambda: _content(name, fd))


def _at_sight(path: str, status: os.stat_result) -> Member | None:
    """What is refused for what it is, never opened."""
    if stat.S_ISLNK(status.st_mode):
        return Member(path, refused=A_LINK)
    return None if stat.S_ISREG(status.st_mode) else Member(path, refused=NO_REGULAR_FILE)


def _regular(path: str, status: os.stat_result, chunks: Callable[[], Iterator[bytes]]) -> Member:
    return Member(path, status.st_size, chunks, modified=status.st_mtime)


def file(path: Path) -> Member:
    """A file by itself, which the command line names: its name is not the student's doing, and is `sound`."""
    try:
        status = os.lstat(path)
    except OSError as error:
        return Member(path.name, refused=why(error))
    name = sound(decoded(os.fsencode(path.name)))
    return _at_sight(name, status) or _regular(name, status, lambda: _content(str(path), None))


def _content(name: str, fd: int | None) -> Iterator[bytes]:
    try:
        opened = os.open(name, OPEN, dir_fd=fd)
    except OSError as error:
        raise Unread(why(error)) from error
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise Unread(NO_REGULAR_FILE)
        while chunk := os.read(opened, CHUNK):
            yield chunk
    except OSError as error:
        raise Unread(why(error)) from error
    finally:
        os.close(opened)
