"""Taking what was handed in, within bounds: so many files, so many bytes, each name once.

Members (of an archive, of a folder) ─take_all→ Taken, one a student
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from lab.errors import InputError
from lab.limits import MIB
from lab.submissions.names import leads_away, parts_of, same_to_some, shown, unsound
from lab.submissions.submission import Refused
from lab.text import Text, say

MOST_FILES = 1000  # of a submission
MOST_BYTES = 32 * MIB  # of a submission, of one file of it, and of an archive
MOST_REFUSED = 100  # told of a submission; there are more only where somebody means harm
MOST_ENTRIES = 100_000  # members of an archive or of a folder that are looked at
MOST_OF_A_CLASS = 2048 * MIB  # what is taken of all submissions of one path, and the archive that they are in

TWICE = say(
    "there is another of this name, or of one that differs in case only, with other content",
    "另有同名（或仅大小写不同）而内容不同的文件",
)
TOO_LARGE = say("it has more than {n} MiB", "超过 {n} MiB", n=MOST_BYTES // MIB)
NO_REGULAR_FILE = say("it is no regular file", "不是普通文件")
A_LINK = say("it is a link", "是链接")
AN_EMPTY_FOLDER = say("it is an empty folder", "是空文件夹")
THE_REST = say(
    "there is too much of it: of more than {files} files or {n} MiB the rest is left out",
    "内容过多：超过 {files} 个文件或 {n} MiB，其余部分未取用",
    files=MOST_FILES,
    n=MOST_BYTES // MIB,
)


class Unread(Exception):
    """What could not be read, and why."""

    def __init__(self, why: Text) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True, slots=True)
class Member:
    """What a folder or an archive holds: a regular file, a folder, or what is `refused` at sight.

    `chunks` reads the content, bit by bit, before the next member is asked for; it raises `Unread`. `size` is what is
    said of it, which need not be true.
    """

    name: str
    size: int = 0
    chunks: Callable[[], Iterable[bytes]] = tuple
    refused: Text | None = None
    is_folder: bool = False
    modified: float = 0
    """Seconds since the epoch, as far as is known; an archive tells what its maker likes."""


@dataclass(slots=True)
class Taken:
    """What is taken of one submission, and what is not."""

    files: dict[str, bytes] = field(default_factory=dict)
    size: int = 0
    read: int = 0
    """Bytes that were looked at, those of what was not taken in the end too."""
    modified: float = 0
    """When what is latest of it was modified."""
    _told: dict[str, Text] = field(default_factory=dict)
    _folders: list[str] = field(default_factory=list)
    _spelt: dict[str, str] = field(default_factory=dict)
    """What is equal for equal names -> the first of them, whether or not it is still taken."""

    def take(self, path: str, member: Member) -> None:
        """Take `member` as `path`, or refuse it."""
        self.modified = max(self.modified, member.modified)
        if member.is_folder:
            self._folders.append(path)
        elif member.refused is not None:
            self.refuse(path, member.refused)
        elif member.size > MOST_BYTES:
            self.refuse(path, TOO_LARGE)
        elif len(self.files) >= MOST_FILES or max(self.size + member.size, self.read) > MOST_BYTES:
            self.refuse(path, THE_REST)
        elif (content := self._content(path, member)) is not None:
            self._keep(path, content)

    def refuse(self, path: str, why: Text) -> None:
        """Tell why `path` is not taken."""
        if len(self._told) < MOST_REFUSED:
            self._told.setdefault(shown(path), why)

    @property
    def refused(self) -> tuple[Refused, ...]:
        """What was not taken, folders with nothing in them too."""
        held = {above.as_posix() for path in (*self.files, *self._told) for above in PurePosixPath(path).parents}
        empty = (folder.rstrip("/") for folder in self._folders)
        told = self._told | {shown(folder): AN_EMPTY_FOLDER for folder in empty if folder and folder not in held}
        return tuple(Refused(name, why) for name, why in list(told.items())[:MOST_REFUSED])

    def _content(self, path: str, member: Member) -> bytes | None:
        content = bytearray()
        try:
            for chunk in member.chunks():
                content += chunk
                self.read += len(chunk)
                if self.size + len(content) > MOST_BYTES:
                    self.refuse(path, TOO_LARGE)
                    return None
        except Unread as unread:
            self.refuse(path, unread.why)
            return None
        return bytes(content)

    def _keep(self, path: str, content: bytes) -> None:
        """Of several that some machine has for one name none is taken, unless they are the same."""
        key = same_to_some(path)
        if key not in self._spelt:
            self._spelt[key] = path
            self.files[path] = content
            self.size += len(content)
        elif self.files.get(first := self._spelt[key]) != content:
            self.size -= len(self.files.pop(first, b""))
            self.refuse(first, TWICE)
            self.refuse(path, TWICE)


Place = Callable[[str], tuple[str, str] | None]
"""Whose a path is, and its name among what that student handed in; None: nobody's. A folder's path ends in `/`."""


def alone(path: str) -> tuple[str, str]:
    """The `Place` of what is all of one student."""
    return "", path


def take_all(members: Iterable[Member], place: Place = alone) -> dict[str, Taken]:
    """What is taken of `members`, each for whom it belongs to.

    Who it belongs to may have any name; what it is called there is judged. Raises `InputError` where it comes to more
    than `MOST_OF_A_CLASS`, which no single student can bring about.
    """
    found: dict[str, Taken] = {}
    total = 0
    for member in members:
        path = "/".join(part for part in parts_of(member.name) if part != "..") or "?"
        placed = place(path + "/" if member.is_folder else path)
        if placed is None:
            continue
        taken = found.setdefault(placed[0], Taken())
        before = taken.size
        if (away := leads_away(member.name)) is not None:
            taken.refuse(member.name, away)
        elif (why := unsound(placed[1])) is not None:
            taken.refuse(placed[1], why)
        else:
            taken.take(placed[1], member)
        total += taken.size - before
        if total > MOST_OF_A_CLASS:
            raise InputError(
                say(
                    "the submissions come to more than {n} MiB: grade them in parts",
                    "所有提交合计超过 {n} MiB：请分批评分",
                    n=MOST_OF_A_CLASS // MIB,
                )
            )
    return found
