"""The verbs of `lab` and their exit codes: 0 passed, 1 a check failed, 2 wrong input, 3 the lab failed, 130 Ctrl-C.

docker and scapy are imported only by the verbs that use them, so that `lab --help` is quick.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab import __version__, interrupts
from lab.errors import InputError, LabError
from lab.options import (
    Chosen,
    Conversation,
    Everything,
    Files,
    Jobs,
    Json,
    Lang,
    Packet,
    Quiet,
    Run,
    RunOrFile,
    RunOrName,
    Submission,
)
from lab.pipes import told_apart
from lab.places import RUNS, SCENARIOS
from lab.text import Text, same, say
from lab.usage import LANGUAGE, Verb, Verbs, agreed, call, t

if TYPE_CHECKING:
    from rich.text import Text as Line

    from lab.report.layout import Screen
    from lab.results import Outcome

PASSED, FAILED, WRONG_INPUT, LAB_FAILED = 0, 1, 2, 3


app = typer.Typer(
    cls=Verbs,
    help=t(
        "Run network scenarios on real hosts, and see on the wire what programs did.",
        "在真实主机上运行网络场景，在线路上看清程序做了什么。",
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


verb = partial(app.command, cls=Verb)


def _tell_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it
    if asked:
        typer.echo(f"lab {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    lang: Lang = None,
    version: Annotated[
        bool,
        typer.Option("--version", help=t("show the version", "显示版本"), callback=_tell_version, is_eager=True),
    ] = False,
) -> None:
    pass


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
        sys.stdout.write(dumps(listing.document(listed, LANGUAGE)))
    else:
        _show(listing.scenarios_table(listed, LANGUAGE, time.time()))


@verb(help=t("Run scenarios and check them.", "运行场景并检查结果。"))
def run(
    names: Chosen = None,
    everything: Everything = False,
    submission: Submission = None,
    jobs: Jobs = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    began = time.monotonic()
    from lab import arguments, running

    given = arguments.to_run(names or [], submission, everything=everything)
    if everything or len(given) > 1:
        scenarios = arguments.loaded(given, everything=everything)
        done = running.several(given, scenarios, jobs, LANGUAGE, as_json=as_json, quiet=quiet)
        raise typer.Exit(max((each.exit_code for each in done), default=PASSED))
    outcome = running.one(given[0], submission, began, LANGUAGE, as_json=as_json, quiet=quiet)
    raise typer.Exit(_exit_code(outcome))


@verb(help=t("Check a scenario file without running it.", "检查场景文件，但不运行。"))
def validate(names: Files, lang: Lang = None) -> None:
    from lab import arguments
    from lab.report.faults import sound

    wrong = 0
    for name in names:
        try:
            scenario = arguments.scenario(name)
        except InputError as error:
            _complain(error)
            wrong += 1
        else:
            typer.echo(sound(scenario).in_(LANGUAGE))
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
        save(outcome, recorded)
    else:  # a question only: the run's own results stay
        outcome = assess(arguments.scenario(str(scenario)), recorded, folder)
    look = arguments.look_into(recorded, folder)
    with (
        told_apart(document=as_json) as told,
        TerminalReporter(LANGUAGE, stream=told, quiet=quiet, look=look) as reporter,
    ):
        reporter.again(folder)
        reporter.finished(outcome)
    if as_json:
        sys.stdout.write(dumps(outcome_document(outcome, LANGUAGE, recorded.steps)))
    raise typer.Exit(_exit_code(outcome))


@verb(
    help=t(
        "Look into a capture: its conversations as a table, or one as a ladder.",
        "查看抓包：会话列表，或单个会话的时序图。",
    )
)
def inspect(
    what: RunOrFile,
    conversation: Conversation = None,
    run: Run = None,
    packet: Packet = None,
    as_hex: Annotated[
        bool, typer.Option("--hex", help=t("payload in hexadecimal too", "同时以十六进制显示载荷"))
    ] = False,
    encoding: Annotated[
        str | None, typer.Option(help=t("of the payload; else the scenario's", "载荷的编码；缺省用场景的编码"))
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=t("leave nothing out", "不省略任何内容"))] = False,
    page: Annotated[int, typer.Option(help=t("of the table", "表格的页码"), min=1)] = 1,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from lab import arguments, looking, reader
    from lab.report.document import dumps
    from lab.report.inspect import inspect_document

    capture, recorded = arguments.capture(what, run)
    if packet is not None:
        _show(looking.one_packet(capture, packet, recorded, LANGUAGE, encoding))
        return
    keep = reader.Keep.MESSAGES if conversation is None else reader.Keep.ALL
    conversations = reader.read(capture, keep=keep)
    look = looking.Look(conversations, recorded, LANGUAGE, everything)
    if as_json:
        sys.stdout.write(dumps(inspect_document(conversations, recorded)))
    elif conversation is None:
        _show(look.table(page, arguments.opens(what, run, recorded)))
    else:
        _show(look.one(conversation, encoding, as_hex=as_hex, opens=arguments.opens(what, run, recorded)))


@verb(help=t("Remove what dead runs left behind.", "清除已中止的运行遗留的内容。"))
def clean(
    old_runs: Annotated[bool, typer.Option("--runs", help=t("also the run directories", "同时删除运行目录"))] = False,
    old_images: Annotated[
        bool, typer.Option("--images", help=t("also the lab's images", "同时删除实验室的镜像"))
    ] = False,
    lang: Lang = None,
) -> None:
    from lab import images, runs
    from lab.engine import connect
    from lab.report.wording import plural

    engine = connect()
    interrupts.heed()
    swept = runs.sweep(engine)
    typer.echo(say("{dead} cleaned up", "清除了{dead}", dead=runs.counted(len(swept))).in_(LANGUAGE))
    if old_runs:
        count = runs.remove_all(RUNS)
        typer.echo(plural(count, "run directory removed", "run directories removed", "个运行目录已删除").in_(LANGUAGE))
    if old_images:
        count = images.remove_all(engine)
        typer.echo(plural(count, "image removed", "images removed", "个镜像已删除").in_(LANGUAGE))


@verb(help=t("Say what is there and what is missing; with --fix, mend it.", "检查环境；加 --fix 则修复。"))
def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help=t("install, start and build what is missing", "安装、启动并构建缺少的东西"))
    ] = False,
    lang: Lang = None,
) -> None:
    from lab import doctor as doctor_
    from lab.report.findings import findings_lines

    findings = list(doctor_.examine())
    interrupts.heed()
    if fix and doctor_.mend(findings, _progress, agreed):
        findings = list(doctor_.examine())
    _show(findings_lines(findings, LANGUAGE))
    raise typer.Exit(PASSED if all(f.ok or f.optional for f in findings) else LAB_FAILED)


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

    found = pages.read(names or [], _complain)
    interrupts.heed()
    images = batch.images_of(each.scenario for each in found)
    doctor.ensure_images(doctor.ready(_progress, agreed), images, _progress)
    raise typer.Exit(filling.fill(found, _complain, _tell, language=LANGUAGE, compare=compare))


def main() -> int:
    """Run a verb and turn every way it can end, save an interrupt, into an exit code."""
    try:
        status = call(app)
        sys.stdout.flush()
    except LabError as error:
        _complain(error)
        return error.exit_code
    except OSError as error:
        _complain(_of_system(error))
        return LAB_FAILED
    return status


def _of_system(error: OSError) -> LabError:
    from lab.runs import remedy_of

    why = error.strerror or str(error)
    return LabError(same(f"{why}: {error.filename or RUNS}"), remedy_of(error))


def _exit_code(outcome: Outcome) -> int:
    return {"passed": PASSED, "error": LAB_FAILED}.get(outcome.verdict, FAILED)


def _complain(error: LabError) -> None:
    from lab.report.faults import show_error

    typer.echo(show_error(error, LANGUAGE), err=True)


def _tell(what: Text) -> None:
    from lab.report.visible import one_line

    typer.echo(one_line(what.in_(LANGUAGE)))


def _progress(what: Text) -> None:
    typer.echo("  " + what.in_(LANGUAGE), err=True)


def _show(screen: Screen | Line) -> None:
    from lab.report.layout import console_on, show

    show(console_on(sys.stdout), screen)


def _near(path: Path) -> str:
    return os.path.relpath(path)
