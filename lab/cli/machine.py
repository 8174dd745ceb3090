"""The verbs of the machine: what it has, and what was left on it."""

from __future__ import annotations

from typing import Annotated

import typer

from lab import interrupts, usage
from lab.cli.frame import LAB_FAILED, PASSED, progress, show_screen, verb
from lab.options import Lang
from lab.places import RUNS
from lab.text import say
from lab.usage import agreed, t


@verb(help=t("Remove what dead runs left behind.", "清除已中止的运行遗留的内容。"))
def clean(
    old_runs: Annotated[bool, typer.Option("--runs", help=t("also the run directories", "同时删除运行目录"))] = False,
    old_images: Annotated[
        bool, typer.Option("--images", help=t("also the lab's images", "同时删除实验室的镜像"))
    ] = False,
    lang: Lang = None,
) -> None:
    from lab import images, runs
    from lab.dockerengine import connect
    from lab.report.wording import plural

    engine = connect()
    interrupts.heed()
    swept = runs.sweep(engine)
    typer.echo(say("{dead} cleaned up", "清除了{dead}", dead=runs.counted(len(swept))).in_(usage.LANGUAGE))
    if old_runs:
        count = runs.remove_all(RUNS)
        typer.echo(
            plural(count, "run directory removed", "run directories removed", "个运行目录已删除").in_(usage.LANGUAGE)
        )
    if old_images:
        count = images.remove_all(engine)
        typer.echo(plural(count, "image removed", "images removed", "个镜像已删除").in_(usage.LANGUAGE))


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
    if fix and doctor_.mend(findings, progress, agreed):
        findings = list(doctor_.examine())
    show_screen(findings_lines(findings, usage.LANGUAGE))
    raise typer.Exit(PASSED if all(f.ok or f.optional for f in findings) else LAB_FAILED)
