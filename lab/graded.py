"""What the grading of one submission came to, saved and sent as JSON.

A `Graded` is all that feedback, mark sheets, bundles and the page of a class are made from: it needs neither the
engine nor the run that it tells of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from lab.record import Fact, LimitFacts, Words
from lab.results import Verdict
from lab.submissions import Student
from lab.text import Text

FORMAT = 1  # raised when a reader of the old one would misread the new one


class GradedCheck(Fact):
    """A check of the exercise: its verdict, and the points that it gave of those it could.

    `points` are on the exercise's own scale. Of a `hidden` check students are told its id, verdict and points only.
    `excerpt` is the part of the ladder that shows its evidence.
    """

    id: str
    kind: str
    verdict: Verdict
    points: float
    earned: float
    bonus: bool = False
    hidden: bool = False
    expected: Words
    actual: Words
    details: tuple[Words, ...] = ()
    packets: tuple[tuple[int, ...], ...] = ()
    hint: Words | None = None
    excerpt: Words | None = None


class Clue(Fact):
    """A fault of the program's text that the evidence of failed checks points to."""

    id: str = Field(description="such as send-without-sendall")
    text: Words
    checks: tuple[str, ...] = Field((), description="the failed checks that it may explain")
    file: str | None = None
    line: int | None = Field(None, description="counted from 1")


class GradedFile(Fact):
    """A file that was graded, by the exercise's name for it."""

    name: str
    size: int
    sha256: str


class GradedProgram(Fact):
    """How a program of the submission ended, and the last lines that it printed."""

    name: str
    end: Words
    output: tuple[str, ...] = ()
    output_cut: bool = False


class Graded(Fact):
    """The grading of one submission.

    `verdict` is passed with full marks (bonus apart), failed with fewer, error where the lab could not tell: then
    `score` is 0 and counts for nothing. `problem` says why nothing was run, or what the lab failed in.
    """

    format: int = FORMAT
    exercise: str
    title: Words
    student: str
    submission: str = Field(description="SHA-256 of what was handed in")
    handed_in: bool = Field(
        default=True, description="false: nothing was, not even what could not be taken; it is no score"
    )
    files: tuple[GradedFile, ...] = ()
    notes: tuple[Words, ...] = ()
    verdict: Verdict
    score: float
    max: float
    checks: tuple[GradedCheck, ...] = ()
    clues: tuple[Clue, ...] = ()
    programs: tuple[GradedProgram, ...] = ()
    limits_hit: tuple[LimitFacts, ...] = ()
    problem: Words | None = None
    stalled: Words | None = Field(None, description="the first step that did not come to its end, and why")
    seed: int
    lab: str = Field(description="the lab's version")
    images: Mapping[str, str] = Field(default_factory=dict, description="image -> digest")
    definition: str = Field(description="SHA-256 of the exercise's files")
    capture: str | None = Field(None, description="SHA-256 of the capture")
    started: int = Field(description="nanoseconds since the epoch")
    seconds: float
    runs: int = Field(1, description="2: the first ended in an error of the lab, and it was run again")


@dataclass(frozen=True, slots=True)
class Mark:
    """A student of the class with the grading of what he or she handed in."""

    student: Student
    graded: Graded


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a matrix: a student's client or server, or that of the exercise itself (`student` is None).

    `missing` says what of the side was not handed in; then it meets nobody.
    """

    student: Student | None
    missing: Text | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Every client against every server. `cells` are by the places of server and client; none where one is missing."""

    exercise: str
    title: Words
    servers: tuple[Party, ...]
    clients: tuple[Party, ...]
    cells: Mapping[tuple[int, int], Graded]
