"""Gradescope's `results.json`.

A lab error, or nothing handed in, has neither score nor tests: Gradescope then says that the autograder failed, and
keeps no grade.
A bonus check has a `max_score` of 0, so that it lifts the score over the maximum, as Gradescope allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.graded import Graded, GradedCheck, Mark
from lab.report.formats.format import Context, Format
from lab.report.formats.telling import cut, dumps, earned, for_student, number, summary, why_no_grade, without_grade
from lab.report.judged import told
from lab.results import Verdict
from lab.text import Language, Text
from lab.visible import visible, visible_lines

OUTPUT = 100_000
"""Characters of an output; the consumer would cut it at the end."""


def write(marks: Sequence[Mark], context: Context) -> Mapping[str, bytes]:
    """A `results.json` a student."""
    return {
        f"gradescope/{mark.student.slug}.json": dumps(_results(mark.graded, context.language_of(mark.student)))
        for mark in marks
    }


def _results(graded: Graded, language: Language) -> dict[str, Any]:
    common = {
        "execution_time": number(graded.seconds),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
    }
    if without_grade(graded):
        lines = visible_lines(why_no_grade(graded).in_(language))
        return {**common, "output": _output(lines, language)}
    return {
        **common,
        "score": number(graded.score),
        "output": _output(summary(graded, language), language),
        "tests": [_test(graded, check, place, language) for place, check in enumerate(graded.checks, 1)],
    }


def _test(graded: Graded, check: GradedCheck, place: int, language: Language) -> dict[str, Any]:
    """A hidden check is visible all the same: it tells its outcome only, and that is the student's to know."""
    return {
        "name": visible(check.id),
        "name_format": "text",
        "number": str(place),
        "score": number(earned(graded, check)),
        "max_score": 0 if check.bonus else number(check.points),
        "status": "passed" if check.verdict is Verdict.PASSED else "failed",
        "output": _output(told(for_student(check), language), language),
        "output_format": "text",
        "visibility": "visible",
    }


def _output(lines: list[str], language: Language) -> str:
    return cut("\n".join(lines), OUTPUT, language)


GRADESCOPE = Format("gradescope", Text("Gradescope's results.json", "Gradescope 的 results.json"), "student", write)
