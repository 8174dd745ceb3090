"""The command itself: its frame, how a verdict is an exit code, and how a verb speaks to its reader."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from lab import __version__, usage
from lab.errors import LabError
from lab.options import Lang
from lab.text import Text
from lab.usage import Verb, Verbs, t

if TYPE_CHECKING:
    from rich.text import Text as Line

    from lab.report.layout import Screen
    from lab.results import Verdict

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


def of_verdict(verdict: Verdict) -> int:
    """The exit code of a verdict."""
    return {"passed": PASSED, "error": LAB_FAILED}.get(verdict, FAILED)


def complain(error: LabError) -> None:
    """Tell of an error, on standard error."""
    from lab.report.faults import show_error

    typer.echo(show_error(error, usage.LANGUAGE), err=True)


def tell(what: Text) -> None:
    """Tell something, in a line."""
    from lab.visible import one_line

    typer.echo(one_line(what.in_(usage.LANGUAGE)))


def progress(what: Text) -> None:
    """Tell what is being done, on standard error."""
    typer.echo("  " + what.in_(usage.LANGUAGE), err=True)


def show_screen(screen: Screen | Line) -> None:
    """Show a screen on standard output."""
    from lab.report.layout import console_on, show

    show(console_on(sys.stdout), screen)
