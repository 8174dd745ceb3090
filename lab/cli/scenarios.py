"""The verbs of a teacher and of a student: scenarios listed, run, checked, written."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from lab import interrupts, usage
from lab.cli.frame import PASSED, WRONG_INPUT, complain, of_verdict, progress, show_screen, tell, verb
from lab.errors import InputError
from lab.options import Chosen, Everything, Files, Jobs, Json, Lang, Quiet, Run, RunOrName, Seed, Submission, Trace
from lab.pipes import told_apart
from lab.places import SCENARIOS
from lab.usage import agreed, t


@verb(
    "list", help=t("The scenarios there are, with the state of their last run.", "列出所有场景及其最近一次运行的结果。")
)
def list_(as_json: Json = False, lang: Lang = None) -> None:
    from lab import arguments
    from lab.report import listing
    from lab.report.document import dumps

    found = arguments.loaded(arguments.to_run([], None, everything=True), everything=True)
    listed = [(each, arguments.last(listing.name(each))) for each in found]
    if as_json:
        sys.stdout.write(dumps(listing.document(listed, usage.LANGUAGE)))
    else:
        show_screen(listing.scenarios_table(listed, usage.LANGUAGE, time.time()))


@verb(help=t("What the texts claim, and what the last runs show of it.", "教材中的说法，以及最近的运行对其的验证。"))
def claims(as_json: Json = False, lang: Lang = None) -> None:
    from lab import arguments
    from lab import claims as found
    from lab.report import claims as report
    from lab.report.document import dumps
    from lab.scenario import Scenario

    loaded = arguments.loaded(arguments.to_run([], None, everything=True), everything=True)
    sound = [each for each in loaded if isinstance(each, Scenario)]
    rows = found.rows((each, arguments.last_of_its_own(each.name)) for each in sound)
    if as_json:
        sys.stdout.write(dumps(report.document(rows, usage.LANGUAGE)))
    else:
        show_screen(report.claims_screen(rows, usage.LANGUAGE))


@verb(help=t("Run scenarios and check them.", "运行场景并检查结果。"))
def run(
    names: Chosen = None,
    everything: Everything = False,
    submission: Submission = None,
    seed: Seed = 0,
    trace: Trace = False,
    jobs: Jobs = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    began = time.monotonic()
    from lab import arguments, running
    from lab.batch import Job

    given = arguments.to_run(names or [], submission, everything=everything)
    if everything or len(given) > 1:
        scenarios = arguments.loaded(given, everything=everything)
        several = [Job(name, seed=seed, trace=trace) for name in given]
        done = running.several(several, scenarios, jobs, usage.LANGUAGE, as_json=as_json, quiet=quiet)
        raise typer.Exit(max((each.exit_code for each in done), default=PASSED))
    outcome = running.one(Job(given[0], submission, seed, trace), began, usage.LANGUAGE, as_json=as_json, quiet=quiet)
    raise typer.Exit(of_verdict(outcome.verdict))


@verb(help=t("Check a scenario file without running it.", "检查场景文件，但不运行。"))
def validate(names: Files, lang: Lang = None) -> None:
    from lab import arguments
    from lab.report.faults import sound

    wrong = 0
    for name in names:
        try:
            scenario = arguments.scenario(name)
        except InputError as error:
            complain(error)
            wrong += 1
        else:
            typer.echo(sound(scenario).in_(usage.LANGUAGE))
    raise typer.Exit(WRONG_INPUT if wrong else PASSED)


@verb(help=t("Check a run again, without an engine.", "不用引擎，重新检查一次运行。"))
def check(
    what: RunOrName,
    run: Run = None,
    scenario: Annotated[
        Path | None, typer.Option(help=t("another scenario file to check it by", "改用另一个场景文件检查"))
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    from lab import arguments, record
    from lab.assess import assess, save
    from lab.report.document import dumps, outcome_document
    from lab.report.terminal import TerminalReporter

    folder = arguments.run_folder(what, run)
    recorded = record.load(folder)
    if scenario is None:
        outcome = assess(arguments.scenario_of(recorded, folder), recorded, folder)
        save(outcome, recorded, usage.LANGUAGE)
    else:  # a question only: the run's own results stay
        outcome = assess(arguments.scenario(str(scenario), recorded.seed), recorded, folder)
    look = arguments.look_into(recorded, folder)
    with (
        told_apart(document=as_json) as told,
        TerminalReporter(usage.LANGUAGE, stream=told, quiet=quiet, look=look) as reporter,
    ):
        reporter.again(folder)
        reporter.finished(outcome)
    if as_json:
        sys.stdout.write(dumps(outcome_document(outcome, usage.LANGUAGE, recorded.steps)))
    raise typer.Exit(of_verdict(outcome.verdict))


@verb(help=t("The JSON Schema of the scenario file.", "场景文件的 JSON Schema。"))
def schema(lang: Lang = None) -> None:
    from lab.checks import PARAMS
    from lab.schema import as_text, json_schema

    typer.echo(as_text(json_schema(PARAMS)), nl=False)


@verb(help=t("Begin a scenario of your own: a commented one that runs.", "新建一个场景：带注释、可直接运行。"))
def new(name: Annotated[str, typer.Argument(help=t("its name", "场景名"), metavar="NAME")], lang: Lang = None) -> None:
    from lab.template import write_template

    for file in write_template(SCENARIOS / name, name):
        typer.echo(_near(file))
    typer.echo(f"make scenario NAME={name}")


@verb(help=t("Fill the figures of handouts from real runs.", "用真实运行填写讲义中的图。"))
def handouts(
    names: Chosen = None,
    compare: Annotated[
        bool,
        typer.Option("--check", help=t("write nothing; say which figures are out of date", "不改写，只指出过时的图")),
    ] = False,
    lang: Lang = None,
) -> None:
    from lab import batch, doctor
    from lab.handouts import filling, pages

    found = pages.read(names or [], complain)
    interrupts.heed()
    images = batch.images_of(each.scenario for each in found)
    doctor.ensure_images(doctor.ready(progress, agreed), images, progress)
    raise typer.Exit(filling.fill(found, complain, tell, language=usage.LANGUAGE, compare=compare))


def _near(path: Path) -> str:
    return os.path.relpath(path)
