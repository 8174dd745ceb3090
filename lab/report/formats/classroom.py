"""What GitHub Classroom's `autograding-grading-reporter` reads.

The reporter takes the grade from the sum of the tests' scores and prints `passed / tests * max_score` of each runner
beside it. The two agree because each check is a runner of its own, and a check with partial credit is as many
tests as its share needs: 2 of 3 points are three tests, two of them passed.

A runner's result goes into an environment variable of its own, so `<slug>.env` is to be appended to `$GITHUB_ENV`
and `<slug>.output` to `$GITHUB_OUTPUT`. A lab error, or nothing handed in, has a maximum of 0: the reporter then
fails and reports no grade. So has a bonus, which Classroom has no place for: it is shown and adds nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from lab.graded import Graded, GradedCheck, Mark
from lab.report.formats.format import Context, Format
from lab.report.formats.telling import earned, for_student, not_run, number, problem, why_no_grade, without_grade
from lab.report.judged import told
from lab.results import Verdict
from lab.text import Language, Text
from lab.visible import one_line

_NAME, _MESSAGE = 300, 1000
"""Characters of a test's name and message: an environment variable holds 128 KiB, all of them about 2 MiB."""
_PARTS = 100
"""Tests of one check at most."""


def write(marks: Sequence[Mark], context: Context) -> Mapping[str, bytes]:
    """Two files a student: `<slug>.env` with a line a runner, and `<slug>.output` with the runners' names."""
    files: dict[str, bytes] = {}
    for mark in marks:
        results = dict(_runners(mark.graded, context.language_of(mark.student)))
        lines = [f"{name.upper()}_RESULTS={_encoded(result)}\n" for name, result in results.items()]
        files[f"classroom/{mark.student.slug}.env"] = "".join(lines).encode()
        files[f"classroom/{mark.student.slug}.output"] = f"runners={','.join(results)}\n".encode()
    return files


def _runners(graded: Graded, language: Language) -> Iterator[tuple[str, dict[str, Any]]]:
    if without_grade(graded):
        told_of = _line([why_no_grade(graded).in_(language)], _MESSAGE)
        yield "lab", _result("error", 0, [_test("lab", "error", 0, told_of)])
    elif not_run(graded):
        told_of = _line([problem(graded).in_(language)], _MESSAGE)
        name = _line(["submission:", told_of], _NAME)
        yield "submission", _result("fail", graded.max, [_test(name, "fail", 0, told_of)])
    else:
        for place, check in enumerate(graded.checks, 1):
            yield f"c{place}{_letters(check.id)}", _of_check(graded, check, language)


def _of_check(graded: Graded, check: GradedCheck, language: Language) -> dict[str, Any]:
    seen = for_student(check)
    counts = check.points and not check.bonus
    got = earned(graded, check) if counts else 0.0
    share = Fraction(got / check.points).limit_denominator(_PARTS) if counts else Fraction(0)
    if not counts:
        share = Fraction(check.verdict is Verdict.PASSED)
    message = _line([problem(graded).in_(language), *told(seen, language)], _MESSAGE)
    why = seen.actual if seen.hint is None else seen.actual + Text(" ", "") + seen.hint
    tests = []
    for part in range(1, share.denominator + 1):
        name = seen.id if share.denominator == 1 else f"{seen.id} {part}/{share.denominator}"
        if part <= share.numerator:
            tests.append(_test(_line([name], _NAME), "pass", got / share.numerator, ""))
        else:
            tests.append(_test(_line([f"{name}:", why.in_(language)], _NAME), "fail", 0, message))
    return _result("pass" if share == 1 else "fail", check.points if counts else 0, tests)


def _result(status: str, max_score: float, tests: list[dict[str, Any]]) -> dict[str, Any]:
    return {"version": 1, "status": status, "max_score": number(max_score), "tests": tests}


def _test(name: str, status: str, score: float, message: str) -> dict[str, Any]:
    return {
        "name": name,
        "status": status,
        "score": number(score),
        "message": message,
        "test_code": "",
        "filename": "",
        "line_no": 0,
        "duration": 0,
    }


def _letters(name: str) -> str:
    """Of `name` what the reporter allows in the name of a runner."""
    return "".join(c for c in name if c.isascii() and c.isalnum())


def _line(parts: list[str], limit: int) -> str:
    """`parts` on one line in which the runner of the workflow finds no command."""
    line = one_line(" ".join(part for part in parts if part)).replace("##[", "## [")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _encoded(result: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(result, ensure_ascii=False).encode()).decode()


CLASSROOM = Format(
    "classroom",
    Text("GitHub Classroom's autograding-grading-reporter", "GitHub Classroom 的 autograding-grading-reporter"),
    "student",
    write,
)
