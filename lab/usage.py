"""The command line in both languages: the frame of the help, and what is wrong with a call."""

from __future__ import annotations

import re
import sys
from typing import Any

import typer
from typer._click.exceptions import (
    BadOptionUsage,
    BadParameter,
    MissingParameter,
    NoArgsIsHelpError,
    NoSuchOption,
    UsageError,
)
from typer.core import TyperCommand, TyperGroup

from lab.errors import InputError
from lab.text import LANGUAGES, Language, Text, language_of_locale, same, say

FRAME = {  # the words of the help that typer does not ask the application for
    "Usage: ": "用法：",
    "\nArguments:\n": "\n参数：\n",
    "\nOptions:\n": "\n选项：\n",
    "\nCommands:\n": "\n命令：\n",
    "[OPTIONS]": "[选项]",
    "COMMAND [ARGS]...": "命令 [参数]…",
    "[required]": "[必填]",
    "[default: ": "[缺省：",
}
ORDER = (  # of the verbs in the help
    *("list", "claims", "run", "watch", "shell", "assistant", "inspect", "explain", "diff", "check"),
    *("new", "validate", "handouts", "schema"),
    *("grade", "selftest", "verify"),
    *("doctor", "clean"),
)
OPTIONS = {
    "help": say("show this help", "显示此帮助"),
    "install_completion": say("install completion for your shell", "为当前 shell 安装补全"),
    "show_completion": say("show the completion script of your shell", "显示当前 shell 的补全脚本"),
}


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


def t(en: str, zh: str) -> str:
    """The wording in the language of this command."""
    return say(en, zh).in_(LANGUAGE)


def known(lang: str | None) -> str | None:
    """The value of `--lang`. Raises `InputError` where the lab does not speak it."""
    if lang is not None and lang not in LANGUAGES:
        raise InputError(say("--lang is en or zh, not {lang}", "--lang 只能是 en 或 zh，而不是 {lang}", lang=lang))
    return lang


def languages(incomplete: str) -> list[str]:
    """Completions of the value of `--lang`."""
    return [language for language in LANGUAGES if language.startswith(incomplete)]


def agreed(what: Text) -> bool:
    """Whether whoever sits at the terminal wants `what` done; elsewhere a command may do what it needs."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    typer.echo(say("{what}? [Y/n] ", "{what}？[Y/n] ", what=what).in_(LANGUAGE), nl=False, err=True)
    answer = sys.stdin.readline()  # without a line end where the input is over
    return bool(answer) and answer.strip().lower() in ("", "y", "yes", "是")


class Verb(TyperCommand):
    """A verb whose help is in the language of the command throughout."""

    def get_help(self, ctx: Any) -> str:  # noqa: ANN401 - the class is private to typer
        """The help of the verb."""
        return _framed(super().get_help(ctx))

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401 - likewise
        """`--help` with its own help in the language of the command."""
        return _told(super().get_help_option(ctx))

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002 - it is not cut
        """Its line in the help of the command: whole."""
        return self.help or ""


class Verbs(TyperGroup):
    """The command with its verbs, likewise."""

    def get_help(self, ctx: Any) -> str:  # noqa: ANN401 - the class is private to typer
        """The help of the command."""
        return _framed(super().get_help(ctx))

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401 - likewise
        """`--help` with its own help in the language of the command."""
        return _told(super().get_help_option(ctx))

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - likewise
        """The options, those of completion with help in the language of the command."""
        return [_told(param) for param in super().get_params(ctx)]

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - likewise
        """The verbs in the order of `ORDER`."""
        return sorted(super().list_commands(ctx), key=ORDER.index)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - likewise
        """The verb that `args` begin with. Raises `InputError`, with the nearest one, where there is none."""
        if not ctx.resilient_parsing and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            from lab.reading.faults import shown, suggestion

            unknown = say("lab has no verb `{verb}`", "lab 没有命令 `{verb}`", verb=shown(args[0]))
            raise InputError(unknown + suggestion(args[0], list(self.commands)))
        return super().resolve_command(ctx, args)


def call(app: typer.Typer) -> int:
    """Do what the command line says; the exit code. Raises `InputError` where it says nothing sensible."""
    try:
        return int(app(prog_name="lab", standalone_mode=False) or 0)
    except NoArgsIsHelpError as error:
        typer.echo(error.format_message(), err=True)
        return InputError.exit_code
    except UsageError as error:
        raise refusal(error) from error


def refusal(error: UsageError) -> InputError:
    """A wrong call as one line in both languages."""
    command = error.ctx.command_path if error.ctx is not None else "lab"
    return InputError(_wrong(error), say("see `{command} -h`", "请看 `{command} -h`", command=command))


def _wrong(error: UsageError) -> Text:
    if isinstance(error, NoSuchOption):
        return _no_such_option(error)
    if isinstance(error, BadOptionUsage):
        takes_one = "requires" in error.message
        what = say(" needs a value", " 需要一个值") if takes_one else say(" takes no value", " 不带值")
        return same(error.option_name) + what
    if isinstance(error, BadParameter) and error.param is not None:
        return _bad_parameter(error)
    if (extra := re.search(r"unexpected extra argument(?:s|\(s\))? \((.*)\)", error.message)) is not None:
        return say("too much is given: {extra}", "多余的参数：{extra}", extra=extra.group(1))
    return same(error.format_message())


def _no_such_option(error: NoSuchOption) -> Text:
    what = say("there is no option {name}", "没有选项 {name}", name=error.option_name)
    if error.option_name == "--watch":
        return what + say("; `lab watch NAME` shows packets as they pass", "；`lab watch NAME` 实时显示数据包")
    if not error.possibilities:
        return what
    near = ", ".join(sorted(error.possibilities))
    return what + say("; did you mean {near}?", "；是否想写 {near}？", near=near)


def _bad_parameter(error: BadParameter) -> Text:
    """All the options that typer itself converts are whole numbers."""
    assert error.param is not None
    name = error.param.metavar or max(error.param.opts, key=len)
    if isinstance(error, MissingParameter):
        return say("{name} is missing", "缺少 {name}", name=name)
    return say("{name} is a whole number of at least 1", "{name} 应为不小于 1 的整数", name=name)


def _framed(text: str) -> str:
    if LANGUAGE == "zh":
        for en, zh in FRAME.items():
            text = text.replace(en, zh)
    return text


def _told(option: Any) -> Any:  # noqa: ANN401 - the class is private to typer
    if option is not None and option.name in OPTIONS:
        option.help = OPTIONS[option.name].in_(LANGUAGE)
    return option
