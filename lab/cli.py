"""The verbs of `lab` and their exit codes: 0 passed, 1 a check failed, 2 wrong input, 3 the lab failed, 130 Ctrl-C.

docker and scapy are imported only by the verbs that use them, so that `lab --help` is quick.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from lab import __version__
from lab.errors import InputError, LabError, ScenarioError
from lab.places import RUNS, SCENARIOS
from lab.text import LANGUAGES, Language, Text, language_of_locale, same, say

if TYPE_CHECKING:
    from rich.text import Text as Line

    from lab.conversations import Conversations
    from lab.record import Record
    from lab.report.layout import Screen
    from lab.results import Outcome
    from lab.scenario import Scenario

PASSED, FAILED, WRONG_INPUT, LAB_FAILED, INTERRUPTED = 0, 1, 2, 3, 130


def _spoken() -> Language:
    """The language to speak: `--lang` wherever it stands on the command line, else that of the locale."""
    words = sys.argv[1:]
    for place, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith("--lang=") else None
        if word == "--lang" and place + 1 < len(words):
            value = words[place + 1]
        if value in LANGUAGES:
            return value
    return language_of_locale()


LANGUAGE = _spoken()


def _t(en: str, zh: str) -> str:
    return say(en, zh).in_(LANGUAGE)


app = typer.Typer(
    help=_t(
        "Run network scenarios on real hosts, and see on the wire what programs did.",
        "在真实主机上运行网络场景，在线路上看清程序做了什么。",
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _known(lang: str | None) -> str | None:
    if lang is not None and lang not in LANGUAGES:
        raise InputError(say("--lang is en or zh, not {lang}", "--lang 只能是 en 或 zh，而不是 {lang}", lang=lang))
    return lang


Lang = Annotated[
    str | None,
    typer.Option(
        "--lang",
        help=_t("en or zh; else by the locale", "en 或 zh；缺省按系统语言"),
        metavar="en|zh",
        callback=_known,
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help=_t("the result as one JSON document on stdout", "在标准输出上给出一个 JSON 文档"))
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help=_t("only the outcome", "只显示结果"))]
Submission = Annotated[
    Path | None,
    typer.Option(
        help=_t("a file or folder to use instead of solution/", "用此文件或文件夹代替 solution/"), exists=True
    ),
]
Name = Annotated[str, typer.Argument(help=_t("a scenario's name, or its folder", "场景名，或其文件夹"), metavar="NAME")]


def _tell_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it
    if asked:
        typer.echo(f"lab {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    lang: Lang = None,
    version: Annotated[
        bool,
        typer.Option("--version", help=_t("show the version", "显示版本"), callback=_tell_version, is_eager=True),
    ] = False,
) -> None:
    pass


@app.command("list", help=_t("The scenarios there are.", "列出所有场景。"))
def list_(lang: Lang = None) -> None:
    from lab import arguments, loader
    from lab.report.listing import scenarios_table

    found: list[Scenario | ScenarioError] = []
    for name in loader.names(SCENARIOS):
        try:
            found.append(arguments.scenario(str(SCENARIOS / name)))
        except ScenarioError as error:
            found.append(error)
    _show(scenarios_table(found, LANGUAGE))


@app.command(help=_t("Run a scenario and check it.", "运行一个场景并检查结果。"))
def run(
    name: Name,
    submission: Submission = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    began = time.monotonic()
    from lab import arguments, doctor, plan, runner, runs
    from lab.assess import assess, save
    from lab.report.document import dumps, outcome_document
    from lab.report.terminal import TerminalReporter

    def may_mend(what: Text) -> bool:
        reporter.close()
        return _may_mend(what)

    scenario = arguments.scenario(name)
    planned = plan.make(scenario, submission)
    with _told_apart(document=as_json) as told, TerminalReporter(LANGUAGE, stream=told, quiet=quiet) as reporter:
        reporter.started(scenario)
        engine = doctor.ready(reporter.doing, may_mend)
        with runs.new_folder(RUNS, scenario.name) as folder:
            record = runner.run(engine, planned, folder, reporter, began)
            reporter.checking()
            outcome = assess(scenario, record, folder)
            save(outcome, record)
        reporter.finished(outcome)
    if as_json:
        sys.stdout.write(dumps(outcome_document(outcome, LANGUAGE)))
    raise typer.Exit(_exit_code(outcome))


@app.command(help=_t("Check a scenario file without running it.", "检查场景文件，但不运行。"))
def validate(
    names: Annotated[list[str], typer.Argument(help=_t("scenarios or files", "场景或文件"), metavar="NAME…")],
    lang: Lang = None,
) -> None:
    from lab import arguments

    wrong = 0
    for name in names:
        try:
            scenario = arguments.scenario(name)
        except InputError as error:
            _complain(error)
            wrong += 1
        else:
            counts = say(
                "{name}: no faults; {hosts} hosts, {programs} programs, {steps} steps, {checks} checks",
                "{name}：没有错误；{hosts} 台主机，{programs} 个程序，{steps} 个步骤，{checks} 项检查",
                name=scenario.name,
                hosts=len(scenario.hosts),
                programs=len(scenario.programs),
                steps=len(scenario.steps),
                checks=len(scenario.checks),
            )
            typer.echo(counts.in_(LANGUAGE))
    raise typer.Exit(WRONG_INPUT if wrong else PASSED)


@app.command(help=_t("Check a run again, without an engine.", "不用引擎，重新检查一次运行。"))
def check(
    run: Annotated[
        str,
        typer.Argument(
            help=_t("a run directory, or a scenario for its latest run", "运行目录，或场景名（取其最近一次运行）"),
            metavar="RUN",
        ),
    ],
    scenario: Annotated[
        Path | None, typer.Option(help=_t("another scenario file to check it by", "改用另一个场景文件检查"))
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    from lab import arguments, record
    from lab.assess import assess, save
    from lab.report.document import dumps, outcome_document
    from lab.report.terminal import TerminalReporter

    folder = arguments.run_folder(run)
    recorded = record.load(folder)
    if scenario is None:
        outcome = assess(arguments.scenario_of(recorded), recorded, folder)
        save(outcome, recorded)
    else:  # a question only: the run's own results stay
        outcome = assess(arguments.scenario(str(scenario)), recorded, folder)
    with _told_apart(document=as_json) as told, TerminalReporter(LANGUAGE, stream=told, quiet=quiet) as reporter:
        reporter.finished(outcome)
    if as_json:
        sys.stdout.write(dumps(outcome_document(outcome, LANGUAGE)))
    raise typer.Exit(_exit_code(outcome))


@app.command(
    help=_t(
        "Look into a capture: its conversations as a table, or one as a ladder.",
        "查看抓包：会话列表，或单个会话的时序图。",
    )
)
def inspect(
    what: Annotated[
        str,
        typer.Argument(
            help=_t("a scenario, a run directory, or a capture file", "场景、运行目录或抓包文件"),
            metavar="NAME|RUN|FILE",
        ),
    ],
    conversation: Annotated[
        str | None,
        typer.Option("-c", "--conversation", help=_t("its number: 1, or u1 for UDP", "会话编号：1；UDP 为 u1")),
    ] = None,
    run: Annotated[str | None, typer.Option(help=_t("a run other than the latest", "最近一次以外的运行"))] = None,
    packet: Annotated[
        int | None, typer.Option("-p", "--packet", help=_t("one packet, layer by layer", "逐层显示一个数据包"), min=1)
    ] = None,
    as_hex: Annotated[
        bool, typer.Option("--hex", help=_t("payload in hexadecimal too", "同时以十六进制显示载荷"))
    ] = False,
    encoding: Annotated[
        str | None, typer.Option(help=_t("of the payload; else the scenario's", "载荷的编码；缺省用场景的编码"))
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=_t("leave nothing out", "不省略任何内容"))] = False,
    page: Annotated[int, typer.Option(help=_t("of the table", "表格的页码"), min=1)] = 1,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from lab import arguments, reader
    from lab.report.document import dumps
    from lab.report.inspect import conversations_table, inspect_document

    capture, recorded = arguments.capture(what, run)
    if packet is not None:
        _show_packet(capture, packet, recorded)
        return
    keep = reader.Keep.MESSAGES if conversation is None else reader.Keep.ALL
    conversations = reader.read(capture, keep=keep)
    if as_json:
        sys.stdout.write(dumps(inspect_document(conversations, recorded)))
    elif conversation is None:
        opens = (
            f"make inspect NAME={what} CONVERSATION=" if recorded and os.sep not in what else f"lab inspect {what} -c "
        )
        _show(conversations_table(conversations, recorded, LANGUAGE, page=page, everything=everything, opens=opens))
    else:
        said_in = encoding or (recorded.encoding if recorded else "utf-8")
        _show(_ladder_of(conversations, conversation, recorded, said_in, as_hex=as_hex, everything=everything))


@app.command(help=_t("Remove what dead runs left behind.", "清除已中止的运行遗留的内容。"))
def clean(
    old_runs: Annotated[bool, typer.Option("--runs", help=_t("also the run directories", "同时删除运行目录"))] = False,
    old_images: Annotated[
        bool, typer.Option("--images", help=_t("also the lab's images", "同时删除实验室的镜像"))
    ] = False,
    lang: Lang = None,
) -> None:
    from lab import images, runs
    from lab.engine import connect

    engine = connect()
    swept = runs.sweep(engine)
    typer.echo(say("{count} dead runs cleaned up", "清除了 {count} 个已中止的运行", count=len(swept)).in_(LANGUAGE))
    if old_runs:
        count = runs.remove_all(RUNS)
        typer.echo(say("{count} run directories removed", "删除了 {count} 个运行目录", count=count).in_(LANGUAGE))
    if old_images:
        count = images.remove_all(engine)
        typer.echo(say("{count} images removed", "删除了 {count} 个镜像", count=count).in_(LANGUAGE))


@app.command(help=_t("Say what is there and what is missing; with --fix, mend it.", "检查环境；加 --fix 则修复。"))
def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help=_t("install, start and build what is missing", "安装、启动并构建缺少的东西"))
    ] = False,
    lang: Lang = None,
) -> None:
    from lab import doctor as doctor_
    from lab.report.findings import findings_lines

    def progress(what: Text) -> None:
        typer.echo("  " + what.in_(LANGUAGE), err=True)

    findings = list(doctor_.examine())
    if fix and doctor_.mend(findings, progress, _may_mend):
        findings = list(doctor_.examine())
    _show(findings_lines(findings, LANGUAGE))
    raise typer.Exit(PASSED if all(f.ok for f in findings) else LAB_FAILED)


@app.command(help=_t("The JSON Schema of the scenario file.", "场景文件的 JSON Schema。"))
def schema(lang: Lang = None) -> None:
    from lab.checks import PARAMS
    from lab.schema import json_schema

    typer.echo(json.dumps(json_schema(PARAMS), indent=2, ensure_ascii=False))


@app.command(help=_t("Begin a scenario of your own: a commented one that runs.", "新建一个场景：带注释、可直接运行。"))
def new(name: Annotated[str, typer.Argument(help=_t("its name", "场景名"), metavar="NAME")], lang: Lang = None) -> None:
    from lab.template import write_template

    for file in write_template(SCENARIOS / name, name):
        typer.echo(_near(file))
    typer.echo(f"make scenario NAME={name}")


def main() -> None:
    """The `lab` command: run a verb and turn every way it can end into an exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app(prog_name="lab")
    except LabError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(PASSED)
    except OSError as error:
        why = error.strerror or str(error)
        _complain(LabError(same(f"{why}: {error.filename}" if error.filename else why)))
        sys.exit(LAB_FAILED)


def _ladder_of(
    conversations: Conversations,
    number: str,
    recorded: Record | None,
    encoding: str,
    *,
    as_hex: bool,
    everything: bool,
) -> Screen:
    from lab.conversations import Connection
    from lab.report.inspect import conversation_named
    from lab.report.ladder import datagram_ladder, ladder

    found = conversation_named(conversations, number)
    if found is None:
        most = len(conversations.connections)
        raise InputError(
            say(
                "there is no conversation {n}; there are {most} TCP ones",
                "没有会话 {n}；共有 {most} 个 TCP 会话",
                n=number,
                most=most,
            )
        )
    if isinstance(found, Connection):
        return ladder(found, recorded, LANGUAGE, encoding, hex=as_hex, everything=everything)
    return datagram_ladder(
        found,
        conversations.datagrams,
        recorded,
        LANGUAGE,
        encoding,
        hex=as_hex,
        everything=everything,
    )


def _show_packet(capture: Path, number: int, recorded: Record | None) -> None:
    from lab.layers import frame_of, layers
    from lab.report.packet import packet_view

    frame = frame_of(capture, number)
    _, _, link_type, data, _ = frame
    since = recorded.started if recorded else None
    _show(packet_view(number, frame, layers(link_type, data), since, LANGUAGE))


def _may_mend(what: Text) -> bool:
    """Ask on a terminal; elsewhere a command that needs an engine may get one."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    return typer.confirm(say("{what}?", "{what}?", what=what).in_(LANGUAGE), default=True, err=True)


@contextmanager
def _told_apart(*, document: bool) -> Iterator[IO[str]]:
    """Where people are told of things: stdout, or stderr when a document alone goes to stdout."""
    if not document:
        yield sys.stdout
        return
    with redirect_stdout(sys.stderr):
        yield sys.stderr


def _exit_code(outcome: Outcome) -> int:
    return {"passed": PASSED, "error": LAB_FAILED}.get(outcome.verdict, FAILED)


def _complain(error: LabError) -> None:
    from lab.report.faults import show_error

    typer.echo(show_error(error, LANGUAGE), err=True)


def _show(screen: Screen | Line) -> None:
    from lab.report.layout import console_on, show

    show(console_on(sys.stdout), screen)


def _near(path: Path) -> str:
    return os.path.relpath(path)
