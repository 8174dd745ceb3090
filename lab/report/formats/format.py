"""What a format of results is, and what it is told besides the marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lab.graded import Mark
from lab.submissions import Roster, Student
from lab.text import Language, Text


@dataclass(frozen=True, slots=True)
class Context:
    """The grading that the marks are of.

    `assignment` is its title as the course's system knows it, in Canvas with the number: `Homework 3 (1234)`.
    `started` is when it began, in nanoseconds since the epoch.
    """

    exercise: str
    title: Text
    language: Language
    started: int
    roster: Roster | None = None
    assignment: str | None = None

    def language_of(self, student: Student) -> Language:
        """The language in which `student` is written to."""
        return student.language or self.language


def _needs_nothing(_context: Context) -> None:
    """Every context will do."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way of writing results down.

    `write` gives the files, by their paths in the output folder; `per` says whether these are of a student each or
    one of the class. `check` raises `InputError` where the context lacks what the format needs: it is called before
    anything is graded, and `write` relies on it.
    """

    name: str
    what: Text
    per: Literal["student", "class"]
    write: Callable[[Sequence[Mark], Context], Mapping[str, bytes]]
    check: Callable[[Context], None] = _needs_nothing
