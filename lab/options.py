"""The arguments and options of the verbs, with what the shell completes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lab.usage import known, languages, t


def _scenarios(incomplete: str) -> list[str]:
    """Completions of a scenario's name."""
    from lab import arguments

    return [name for name in arguments.names() if name.startswith(incomplete)]


def _exercises(incomplete: str) -> list[str]:
    """Completions of an exercise's name."""
    from lab import arguments

    return [name for name in arguments.exercises() if name.startswith(incomplete)]


def _formats(incomplete: str) -> list[str]:
    """Completions of a format's name."""
    from lab.report.formats import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


def _runs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completions of a run's name, the newest first."""
    from lab import arguments

    scenario = ctx.params.get("what") or next(iter(ctx.args), "")  # after an option without its value it stays in args
    return [name for name in arguments.runs_of(scenario) if name.startswith(incomplete)]


HOUR = 60  # minutes that a session by hand lasts, unless others are given

Lang = Annotated[
    str | None,
    typer.Option(
        "--lang",
        help=t("en or zh; else by the locale", "en 或 zh；缺省按系统语言"),
        metavar="en|zh",
        callback=known,
        autocompletion=languages,
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help=t("the result as one JSON document on stdout", "在标准输出上给出一个 JSON 文档"))
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help=t("only the outcome", "只显示结果"))]
Submission = Annotated[
    Path | None,
    typer.Option(help=t("a file or folder to use instead of solution/", "用此文件或文件夹代替 solution/")),
]
Seed = Annotated[
    int,
    typer.Option(
        help=t("chooses the values and addresses that vary; 0: as written", "决定可变的值和地址；0：按文件所写"), min=0
    ),
]
Minutes = Annotated[
    int, typer.Option(help=t("after which it ends by itself", "之后自动结束的分钟数"), min=1, max=1440, metavar="N")
]
Trace = Annotated[
    bool,
    typer.Option(
        "--trace",
        help=t("write down the system calls of all programs on sockets", "记录所有程序对套接字的系统调用"),
    ),
]
OneSeed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        help=t(
            "chooses the values and addresses that vary, for all alike; else each submission has its own",
            "决定可变的值和地址，所有人相同；缺省由每份提交各自决定",
        ),
        min=0,
    ),
]
Exercise = Annotated[
    str,
    typer.Argument(
        help=t("an exercise, or its folder", "练习名，或其文件夹"), metavar="EXERCISE", autocompletion=_exercises
    ),
]
HandedIn = Annotated[
    list[Path],
    typer.Argument(
        help=t(
            "what was handed in: a file, a folder, an archive, or a folder or archive of these",
            "提交的内容：文件、文件夹、归档，或包含它们的文件夹或归档",
        ),
        metavar="PATH…",
    ),
]
Whole = Annotated[
    bool,
    typer.Option(
        "--one", help=t("each PATH is one submission, whatever it holds", "每个 PATH 都是一份提交，无论其中有什么")
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help=t(
            "where the results go; else results/EXERCISE, of a single submission results/EXERCISE-STUDENT",
            "结果放在哪里；缺省为 results/EXERCISE，只有一份提交时为 results/EXERCISE-STUDENT",
        ),
    ),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        help=t("write the results in this format too, such as gradescope", "另以此格式写出结果，如 gradescope"),
        autocompletion=_formats,
    ),
]
Roster = Annotated[
    Path | None, typer.Option("--roster", help=t("the list of the course, a CSV file", "课程名单，CSV 文件"))
]
Assignment = Annotated[
    str | None,
    typer.Option(help=t("its title in the course's system", "作业在课程系统中的标题")),
]
Again = Annotated[
    bool, typer.Option("--again", help=t("grade also what was graded and is unchanged", "已评分且未变化的也重新评分"))
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        help=t("of dask, whose workers grade instead of this machine", "dask 调度器：由其工作进程代替本机评分"),
        metavar="tcp://HOST:PORT",
    ),
]
Chosen = Annotated[
    list[str] | None,
    typer.Argument(
        help=t("scenarios' names, or their folders", "场景名，或其文件夹"),
        metavar="NAME…",
        autocompletion=_scenarios,
        show_default=False,
    ),
]
Scenario = Annotated[
    str,
    typer.Argument(
        help=t("a scenario, or its folder", "场景名，或其文件夹"), metavar="NAME", autocompletion=_scenarios
    ),
]
Watched = Annotated[
    str,
    typer.Argument(
        help=t("a scenario to run; or a run that goes on, by its directory", "要运行的场景；或正在进行的运行的目录"),
        metavar="NAME|RUN",
        autocompletion=_scenarios,
    ),
]
Files = Annotated[
    list[str],
    typer.Argument(help=t("scenarios or files", "场景或文件"), metavar="NAME…", autocompletion=_scenarios),
]
Matrix = Annotated[
    bool,
    typer.Option(
        "--matrix", help=t("every client against every server instead", "改为让每个客户端与每个服务端相互通信")
    ),
]
Exercises = Annotated[
    list[str],
    typer.Argument(help=t("exercises", "练习"), metavar="EXERCISE…", autocompletion=_exercises),
]
Bundles = Annotated[
    list[Path],
    typer.Argument(help=t("result bundles", "结果包"), metavar="BUNDLE…"),
]
RunOrName = Annotated[
    str,
    typer.Argument(
        help=t("a run directory, or a scenario for its latest run", "运行目录，或场景名（取其最近一次运行）"),
        metavar="NAME|RUN",
        autocompletion=_scenarios,
    ),
]
RunOrFile = Annotated[
    str,
    typer.Argument(
        help=t("a scenario, a run directory, or a capture file", "场景、运行目录或抓包文件"),
        metavar="NAME|RUN|FILE",
        autocompletion=_scenarios,
    ),
]
Run = Annotated[
    str | None,
    typer.Option("--run", help=t("a run other than the latest", "最近一次以外的运行"), autocompletion=_runs),
]
Everything = Annotated[bool, typer.Option("--all", help=t("every scenario", "所有场景"))]
Jobs = Annotated[
    int | None,
    typer.Option(
        "-j", "--jobs", help=t("how many at once; else by the machine", "同时运行几个；缺省视机器而定"), min=1
    ),
]
Conversation = Annotated[
    str | None,
    typer.Option("-c", "--conversation", help=t("its number: 1, or u1 for UDP", "会话编号：1；UDP 为 u1")),
]
Packet = Annotated[
    int | None, typer.Option("-p", "--packet", help=t("one packet, layer by layer", "逐层显示一个数据包"), min=1)
]
