"""The data types: a student, a submission, and what of it an exercise takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lab.text import Language, Text
from lab.values import Arguments


@dataclass(frozen=True, slots=True)
class Student:
    """Who handed it in. `name` is as found or as the roster gives it; it may hold any character.

    `slug` is `name` as a file name: letters, digits, `-`, `_` and `.` only, and no other student's of the class.
    """

    name: str
    slug: str
    id: str | None = None
    """The identifier that the course's system knows: Canvas' ID, Moodle's participant number."""
    login: str | None = None
    email: str | None = None
    section: str | None = None
    language: Language | None = None
    """In which the feedback is written; None: as the command was asked."""


@dataclass(frozen=True, slots=True)
class Roster:
    """The list of a course, as its system exported it: the sheet cell by cell, and who is in which row.

    `canvas` is a gradebook export, `moodle` an offline grading worksheet, `plain` any CSV with a column `name`.
    """

    kind: Literal["plain", "canvas", "moodle"]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    students: tuple[Student | None, ...]
    """The student of each row; None where a row is nobody's, such as Canvas' `Points Possible`."""
    separator: str = ","
    """Of the cells, as the file has it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A member of a submission that was not taken, and why: a link, a device, an impossible path, too large."""

    name: str
    why: Text


@dataclass(frozen=True, slots=True)
class Submission:
    """What one student handed in: relative POSIX paths -> content, read whole."""

    student: Student
    files: Mapping[str, bytes]
    refused: tuple[Refused, ...] = ()
    notes: tuple[Text, ...] = ()
    """How it came to count, where that is not plain: which of several of one student it is."""

    @property
    def sha256(self) -> str:
        """The digest, in hex, of the names and the contents of all files, in the order of the names."""
        digest = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            encoded = name.encode("utf-8", "surrogateescape")
            digest.update(b"%d:%s%d:" % (len(encoded), encoded, len(content)))
            digest.update(content)
        return digest.hexdigest()

    @property
    def digest(self) -> str:
        """The digest, in hex, of all that a grading tells of: the files, what was refused, and the notes."""
        refused = [(each.name, each.why.en) for each in self.refused]
        told = json.dumps([self.sha256, refused, [note.en for note in self.notes]])
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Handed:
    """What an exercise takes of a submission.

    `files` go by the names that the scenario gives them; `run` are the commands of programs that are in another
    language than the scenario's own. Where `missing` is not None the submission cannot be run, and it says what is
    missing and what was found instead. `notes` say what was taken under another name, and what was left out.
    """

    files: Mapping[str, bytes]
    run: Mapping[str, Arguments] = field(default_factory=dict)
    missing: Text | None = None
    notes: tuple[Text, ...] = ()
