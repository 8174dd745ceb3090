"""The results of a class as one JSON document: what `lab grade --json` prints and `results.json` holds.

It is the teacher's: hidden checks are in it like the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.graded import Clue, Graded, Mark
from lab.report.document import check_document, dumps
from lab.report.formats.format import Context, Format
from lab.report.formats.telling import in_full, number, verdict, without_grade
from lab.text import Language, Text


def class_document(exercise: str, marks: Sequence[Mark], language: Language) -> dict[str, Any]:
    """The document, its strings in `language`.

    Keys: exercise, submissions. Each submission: student, id (null where no roster gives one), score (null of a lab
    error and of who handed in nothing), max, verdict, checks, limits_hit, bundle (path in the output folder), problem,
    stalled, notes, clues, submission (SHA-256), seed, runs, seconds. Each check: as `lab run --json` tells it.
    """
    return {"exercise": exercise, "submissions": [_submission(mark, language) for mark in marks]}


def write(marks: Sequence[Mark], context: Context) -> Mapping[str, bytes]:
    """`results.json`."""
    return {"results.json": dumps(class_document(context.exercise, marks, context.language)).encode()}


def _submission(mark: Mark, language: Language) -> dict[str, Any]:
    student, graded = mark.student, mark.graded
    return {
        "student": student.name,
        "id": student.id,
        "score": None if without_grade(graded) else number(graded.score),
        "max": number(graded.max),
        "verdict": verdict(graded),
        "checks": [check_document(in_full(check), language) for check in graded.checks],
        "limits_hit": [limit.model_dump(exclude={"time"}) for limit in graded.limits_hit],
        "bundle": f"bundles/{student.slug}.json",
        **_whole(graded, language),
    }


def _whole(graded: Graded, language: Language) -> dict[str, Any]:
    return {
        "problem": None if graded.problem is None else graded.problem.text.in_(language),
        "stalled": None if graded.stalled is None else graded.stalled.text.in_(language),
        "notes": [note.text.in_(language) for note in graded.notes],
        "clues": [_clue(clue, language) for clue in graded.clues],
        "submission": graded.submission,
        "seed": graded.seed,
        "runs": graded.runs,
        "seconds": number(graded.seconds),
    }


def _clue(clue: Clue, language: Language) -> dict[str, Any]:
    return {
        "id": clue.id,
        "text": clue.text.text.in_(language),
        "checks": list(clue.checks),
        "file": clue.file,
        "line": clue.line,
    }


JSON = Format("json", Text("the document of --json", "--json 的文档"), "class", write)
