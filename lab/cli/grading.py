"""The verbs of grading."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lab import usage
from lab.cli.frame import FAILED, LAB_FAILED, PASSED, complain, of_verdict, show_screen, verb
from lab.errors import InputError
from lab.options import (
    Again,
    Assignment,
    Bundles,
    Exercise,
    Exercises,
    Formats,
    HandedIn,
    Jobs,
    Json,
    Lang,
    Matrix,
    OneSeed,
    Out,
    Quiet,
    Roster,
    Scheduler,
    Whole,
)
from lab.usage import t


@verb(help=t("Grade what students handed in: one submission, or a class.", "为学生的提交评分：一份，或全班。"))
def grade(
    exercise: Exercise,
    paths: HandedIn,
    whole: Whole = False,
    out: Out = None,
    formats: Formats = None,
    jobs: Jobs = None,
    roster: Roster = None,
    assignment: Assignment = None,
    again: Again = False,
    seed: OneSeed = None,
    as_matrix: Matrix = False,
    scheduler: Scheduler = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    from lab.grading import course, matrix

    order = course.Order(exercise, paths, out, formats or (), jobs, roster, assignment, seed, again, scheduler, whole)
    if as_matrix:
        met = matrix.grade(order, usage.LANGUAGE, as_json=as_json, quiet=quiet)
        raise typer.Exit(of_verdict(matrix.verdict_of(met)))
    marks = course.grade(order, usage.LANGUAGE, as_json=as_json, quiet=quiet)
    if marks.errors:
        raise typer.Exit(LAB_FAILED)
    raise typer.Exit(FAILED if len(marks.marks) == 1 and not marks.full else PASSED)


@verb(help=t("What a teacher runs before publishing: is the exercise sound?", "发布之前：检查练习本身是否可靠。"))
def selftest(
    exercises: Exercises, jobs: Jobs = None, as_json: Json = False, quiet: Quiet = False, lang: Lang = None
) -> None:
    from lab.grading import selftest as selftest_
    from lab.report.statements import worst

    tested = selftest_.several(exercises, jobs, usage.LANGUAGE, as_json=as_json, quiet=quiet)
    raise typer.Exit(of_verdict(worst(statement for each in tested for statement in each.statements)))


@verb(help=t("What result bundles say, and whether they are genuine.", "查看结果包的内容，并验证其真伪。"))
def verify(
    bundles: Bundles,
    key: Annotated[
        Path | None,
        typer.Option(help=t("the public key of who signed them; else this machine's", "签名者的公钥；缺省用本机的")),
    ] = None,
    capture: Annotated[
        Path | None,
        typer.Option(help=t("the capture; else the one beside the bundles", "抓包文件；缺省用结果包旁边的")),
    ] = None,
    submission: Annotated[
        Path | None, typer.Option(help=t("what was handed in, to compare it", "提交的内容，用于比较"))
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from lab.grading import keys, verifying
    from lab.report.document import dumps
    from lab.report.statements import statements_screen

    verifying.check_call(bundles, capture, submission)
    trusted = [keys.own_public_key() if key is None else keys.public_key(key)]
    found: list[verifying.Examined | verifying.Refused] = []
    worst = PASSED
    for file in bundles:
        try:
            examined = verifying.examine(file, trusted, capture, submission)
        except InputError as error:
            found.append(verifying.Refused(file, error))
            worst = max(worst, error.exit_code)
            if not as_json:
                complain(error)
        else:
            found.append(examined)
            worst = max(worst, FAILED if examined.differing else PASSED)
            if not as_json:
                show_screen(statements_screen(str(file), examined.statements, usage.LANGUAGE))
    if as_json:
        sys.stdout.write(dumps(verifying.document(found, usage.LANGUAGE)))
    raise typer.Exit(worst)
