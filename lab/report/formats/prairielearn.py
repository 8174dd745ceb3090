"""PrairieLearn's `results.json`.

The score is a share of 1 and a bonus does not lift it over 1. Where there was nothing to run, or the lab failed,
the submission is not gradable, and the student keeps the attempt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.graded import Graded, GradedCheck, Mark
from lab.report.formats.format import Context, Format
from lab.report.formats.telling import (
    cut,
    dumps,
    earned,
    failed_by_lab,
    for_student,
    not_run,
    number,
    problem,
    summary,
)
from lab.report.judged import told
from lab.results import Verdict
from lab.text import Language, Text
from lab.visible import visible, visible_lines

SIZE = 1 << 20
"""Bytes of the file, beyond which all feedback is lost."""
_OUTPUT = 100_000


def write(marks: Sequence[Mark], context: Context) -> Mapping[str, bytes]:
    """A `results.json` a student."""
    return {
        f"prairielearn/{mark.student.slug}.json": _fitting(mark.graded, context.language_of(mark.student))
        for mark in marks
    }


def _fitting(graded: Graded, language: Language) -> bytes:
    limit = _OUTPUT
    while len(written := dumps(_results(graded, language, limit))) > SIZE and limit:
        limit //= 2
    return written


def _results(graded: Graded, language: Language, limit: int) -> dict[str, Any]:
    if graded.verdict is Verdict.ERROR or not_run(graded):
        why = failed_by_lab(graded) if graded.verdict is Verdict.ERROR else problem(graded)
        errors = [cut(line, limit, language) for line in visible_lines(why.in_(language))]
        return {"gradable": False, "format_errors": errors}
    return {
        "gradable": True,
        "score": _share(graded),
        "output": cut("\n".join(summary(graded, language)), limit, language),
        "tests": [_test(graded, check, language, limit) for check in graded.checks],
    }


def _share(graded: Graded) -> float:
    if not graded.max:
        return float(graded.verdict is Verdict.PASSED)
    return number(min(1, graded.score / graded.max))


def _test(graded: Graded, check: GradedCheck, language: Language, limit: int) -> dict[str, Any]:
    seen = for_student(check)
    return {
        "name": visible(check.id),
        "description": cut(visible(seen.expected.in_(language)), limit, language),
        "points": number(earned(graded, check)),
        "max_points": number(check.points),
        "message": cut(visible(seen.actual.in_(language)), limit, language),
        "output": cut("\n".join(told(seen, language)), limit, language),
    }


PRAIRIELEARN = Format(
    "prairielearn", Text("PrairieLearn's results.json", "PrairieLearn 的 results.json"), "student", write
)
