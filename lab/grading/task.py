"""What a worker is given and what it gives back, both as JSON."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from lab.graded import Graded
from lab.record import Fact, Words
from lab.submissions import Refused, Student, Submission


class RefusedFact(Fact):
    """A `Refused` as it travels."""

    name: str
    why: Words


class Task(Fact):
    """A submission to grade. `exercise` is the path of its scenario file; `files` are in base64."""

    exercise: str
    student: str
    slug: str
    files: Mapping[str, str]
    refused: tuple[RefusedFact, ...] = ()
    notes: tuple[Words, ...] = ()
    seed: int
    runs: int = 1
    """Which attempt it is."""

    @classmethod
    def of(cls, submission: Submission, exercise: str, seed: int, runs: int = 1) -> Task:
        """The task of grading `submission`."""
        return cls(
            exercise=exercise,
            student=submission.student.name,
            slug=submission.student.slug,
            files={name: base64.b64encode(content).decode() for name, content in submission.files.items()},
            refused=tuple(RefusedFact(name=r.name, why=Words.of(r.why)) for r in submission.refused),
            notes=tuple(map(Words.of, submission.notes)),
            seed=seed,
            runs=runs,
        )

    @property
    def submission(self) -> Submission:
        """What it was made of, but for what is known of the student besides the name."""
        return Submission(
            Student(self.student, self.slug),
            {name: base64.b64decode(content) for name, content in self.files.items()},
            tuple(Refused(r.name, r.why.text) for r in self.refused),
            tuple(note.text for note in self.notes),
        )


class Marked(Fact):
    """What a worker gives back: the result, and the capture (gzip, base64) that it was taken from."""

    graded: Graded
    capture: str | None = None


class Answer(Fact):
    """What a worker says to a task: what it came to, or why the lab could not tell."""

    marked: Marked | None = None
    failed: Words | None = None
