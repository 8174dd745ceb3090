"""The verbs of a run that goes on: its packets as they pass, and its hosts from within."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from lab import usage
from lab.cli.frame import of_verdict, tell, verb
from lab.options import HOUR, Json, Lang, Minutes, Scenario, Seed, Submission, Trace, Watched
from lab.usage import agreed, t


@verb(
    help=t(
        "Run a scenario and see its packets as they pass; or those of a run that goes on.",
        "运行场景并实时查看数据包；或查看正在进行的运行。",
    )
)
def watch(
    what: Watched,
    submission: Submission = None,
    seed: Seed = 0,
    trace: Trace = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    began = time.monotonic()
    from lab import arguments, onlooking, running
    from lab.batch import Job
    from lab.record import RECORD_FILE
    from lab.report.summary import near
    from lab.report.terminal import TerminalReporter
    from lab.runner import Following
    from lab.text import say

    folder = arguments.going_on(what)
    if folder is None:
        job = Job(what, submission, seed, trace)
        outcome = running.one(job, began, usage.LANGUAGE, Following.FROM_START, as_json=as_json, quiet=False)
        raise typer.Exit(of_verdict(outcome.verdict))
    with TerminalReporter(usage.LANGUAGE, stream=sys.stdout, packets=True) as reporter:
        onlooking.look_on(folder, reporter)
    over = say("the run is over: lab inspect {folder}", "运行已结束：lab inspect {folder}", folder=near(folder))
    gone = say("the run was ended before it was over", "运行中途被终止")
    tell(over if (folder / RECORD_FILE).is_file() else gone)


@verb(help=t("Bring up a scenario's hosts and be inside, at a prompt.", "启动场景的主机，进入其中的命令行。"))
def shell(
    what: Scenario,
    host: Annotated[str | None, typer.Option(help=t("where to be first", "先进入哪台主机"))] = None,
    submission: Submission = None,
    seed: Seed = 0,
    minutes: Minutes = HOUR,
    lang: Lang = None,
) -> None:
    from lab import arguments
    from lab import shell as shell_
    from lab.report.inside import InsideReporter

    with InsideReporter(usage.LANGUAGE, sys.stdout) as reporter:
        shell_.shell(arguments.scenario(what, seed), host, reporter, agreed, submission, minutes)


@verb(help=t("Be the other end of any program, by hand: TCP or UDP.", "网络调试助手：手动充当程序的另一端。"))
def assistant(
    what: Scenario,
    host: Annotated[str | None, typer.Option(help=t("where its sockets are", "它的套接字所在的主机"))] = None,
    beside: Annotated[
        list[str] | None,
        typer.Option("--with", help=t("a program of the scenario to run beside", "同时运行场景中的这个程序")),
    ] = None,
    seed: Seed = 0,
    minutes: Minutes = HOUR,
    lang: Lang = None,
) -> None:
    from lab import arguments
    from lab.assistant.hosted import assist
    from lab.report.assisting import AssistingReporter

    with AssistingReporter(usage.LANGUAGE, sys.stdout) as reporter:
        scenario = arguments.scenario(what, seed)
        assist(scenario, host, beside or (), reporter, agreed, usage.LANGUAGE, minutes)
