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


def _runs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Completions of a run's name, the newest first."""
    from lab import arguments

    scenario = ctx.params.get("what") or next(iter(ctx.args), "")  # after an option without its value it stays in args
    return [name for name in arguments.runs_of(scenario) if name.startswith(incomplete)]


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
Chosen = Annotated[
    list[str] | None,
    typer.Argument(
        help=t("scenarios' names, or their folders", "场景名，或其文件夹"),
        metavar="NAME…",
        autocompletion=_scenarios,
        show_default=False,
    ),
]
Files = Annotated[
    list[str],
    typer.Argument(help=t("scenarios or files", "场景或文件"), metavar="NAME…", autocompletion=_scenarios),
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
