"""What the grading of a class came to: who got what, who is alike, and what there is to say of it."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.grade import rounded
from lab.graded import Graded, Mark
from lab.results import Verdict
from lab.submissions import Student
from lab.text import Text

FEEDBACK, CAPTURES, BUNDLES = "feedback", "captures", "bundles"
"""Folders in the output folder, with a file for each student."""
INDEX = "index.html"
WORK = ".work"
"""A folder in the output folder, while it is graded."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Students (their slugs) whose submissions are alike, and how much: 1 is all that tells them apart is names."""

    slugs: tuple[str, ...]
    similarity: float
    identical: bool = False
    """To the byte."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The class. `before` are the former results of those whose score is lower now, by slug."""

    exercise: str
    title: Text
    max: float
    marks: tuple[Mark, ...]
    folder: Path
    before: Mapping[str, Graded]
    alike: tuple[Alike, ...] = ()
    strangers: tuple[Student, ...] = ()
    """Those who handed in and are not on the roster."""
    from_journal: int = 0
    """How many were graded before and not run again."""
    seconds: float = 0.0

    @property
    def scored(self) -> list[Graded]:
        """Those that have a score: all but errors of the lab and those who handed in nothing."""
        return [
            mark.graded for mark in self.marks if mark.graded.handed_in and mark.graded.verdict is not Verdict.ERROR
        ]

    @property
    def nothing(self) -> list[Student]:
        """Those who handed in nothing: who are on the roster only, and who have an empty folder or archive."""
        return [mark.student for mark in self.marks if not mark.graded.handed_in]

    @property
    def handed_in(self) -> int:
        """How many handed in anything."""
        return sum(mark.graded.handed_in for mark in self.marks)

    @property
    def errors(self) -> list[Mark]:
        """Those that the lab could not grade."""
        return [mark for mark in self.marks if mark.graded.verdict is Verdict.ERROR]

    @property
    def rerun(self) -> list[Mark]:
        """Those that were run a second time, since the first ended in an error of the lab."""
        return [mark for mark in self.marks if mark.graded.runs > 1]

    @property
    def median(self) -> float | None:
        """The median of the scores, to two decimals as they are; None where there is none."""
        scores = [graded.score for graded in self.scored]
        return rounded(statistics.median(scores)) if scores else None

    @property
    def full(self) -> int:
        """How many have full marks."""
        return sum(graded.verdict is Verdict.PASSED for graded in self.scored)

    @property
    def not_started(self) -> int:
        """How many handed in something of which nothing could be run."""
        return sum(not graded.checks for graded in self.scored)

    @property
    def missed(self) -> list[tuple[str, int]]:
        """The checks that most failed in, and how many; what was skipped, since it needs another, does not count."""
        counts = Counter(
            check.id for graded in self.scored for check in graded.checks if check.verdict is Verdict.FAILED
        )
        return counts.most_common()


def lower(before: Graded, now: Graded) -> bool:
    """Whether a grading gives a smaller part of full marks than the one before it."""
    if Verdict.ERROR in (before.verdict, now.verdict) or not before.max or not now.max:
        return False
    return now.score / now.max < before.score / before.max
