"""JUnit XML of a class: a suite a student, a case a check.

Hidden checks tell their outcome only, since such reports are shown beside the code. What was not run, or what the
lab failed in, is a case of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.graded import Graded, Mark
from lab.report.formats.format import Context, Format
from lab.report.formats.telling import Told, failed_by_lab, for_student, not_run, problem, text, verdict, without_grade
from lab.report.junit import Suite, document
from lab.results import Verdict
from lab.text import Text, say


def write(marks: Sequence[Mark], context: Context) -> Mapping[str, bytes]:
    """`junit.xml` of the class."""
    suites = [_suite(mark, context) for mark in marks]
    return {"junit.xml": document(context.exercise, suites, context.started)}


def _suite(mark: Mark, context: Context) -> Suite:
    graded = mark.graded
    facts: dict[str, object] = {"verdict": verdict(graded), "submission": graded.submission, "seed": graded.seed}
    if not without_grade(graded):
        facts |= {"score": text(graded.score), "max": text(graded.max)}
    return Suite(
        name=mark.student.name,
        classname=f"{context.exercise}.{mark.student.slug}",
        file=f"submissions/{mark.student.slug}",
        seconds=graded.seconds,
        checks=[*_whole(graded), *(for_student(check) for check in graded.checks)],
        facts=facts,
        language=context.language,
    )


def _whole(graded: Graded) -> list[Told]:
    """What is to be said of the whole where it is no matter of the checks."""
    expected = say("the submission to be graded", "提交得到评分")
    if graded.verdict is Verdict.ERROR:
        return [Told("(lab)", "lab", Verdict.ERROR, expected, failed_by_lab(graded))]
    if not_run(graded) or graded.problem is not None:
        judged = Verdict.FAILED if graded.handed_in else Verdict.SKIPPED
        return [Told("(submission)", "submission", judged, expected, problem(graded))]
    return []


JUNIT = Format("junit", Text("JUnit XML of the class", "全班的 JUnit XML"), "class", write)
