"""Kinds that read what programs printed and how they ended."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from lab.checks.content import Mojibake, visible
from lab.checks.facts import RunFacts
from lab.checks.parameters import Counted, Params
from lab.checks.wording import LIST, Noun, beside, shortened
from lab.ends import Zh
from lab.errors import LabError
from lab.record import KEPT, OutputLine, ProgramFacts
from lab.results import Finding
from lab.text import Text, join, same, say
from lab.values import (
    EndingSignal,
    ExitStatus,
    Expression,
    Expressions,
    Line,
    ProgramNames,
    Strings,
    Wrong,
    exactly_one,
    one_of,
)

LAST_LINES = 3
FORMS = ("line", "text", "match", "lines", "matches", "mojibake")
TIMES = Noun("time", "times", "行")


class OutputParams(Counted):
    """Programs printed certain lines.

    `lines` must all come, in this order, other lines between them or not; for each of `matches` a line must come that
    fits it, in any order. The other forms count the lines that fit. With `mojibake` a line must have in it what comes
    of a text that is read in the wrong encoding, U+FFFD where its bytes mean nothing there.
    With several programs it must hold for each of them. Of a program that printed more than 1 MiB only that is kept:
    what may lie beyond it cannot be told, and the check is then an error.
    """

    zh: ClassVar[str] = (
        "程序打印了特定的行。\n\n"
        "`lines` 中的各行都必须按此顺序出现，中间可以夹有其他行；`matches` 中的每一个都必须有符合的行，顺序不限；"
        "其余形式统计符合的行数。`mojibake` 指行中含有按错误编码读取某段文本所得的乱码，无意义的字节显示为 U+FFFD。"
        "给出多个程序时，每一个都必须满足。"
        "程序打印的内容超过 1 MiB 时，只保留前 1 MiB：取决于其后内容的检查无法判断，结果为出错。"
    )
    example: ClassVar[str] = '{program: [alice, bob], line: "OK", count: 2}'

    model_config = ConfigDict(json_schema_extra=one_of(*FORMS))

    program: Annotated[ProgramNames, Field(description="the programs"), Zh("程序")]
    line: Annotated[Line | None, Field(description="a whole line"), Zh("完整的一行")] = None
    text: Annotated[str | None, Field(min_length=1, description="a piece of a line"), Zh("一行中的一段")] = None
    match: Annotated[
        Expression | None, Field(description="a regular expression found in a line"), Zh("在一行中能匹配到的正则表达式")
    ] = None
    lines: Annotated[
        Strings | None, Field(min_length=1, description="whole lines, in this order"), Zh("若干完整的行，按此顺序")
    ] = None
    matches: Annotated[
        Expressions | None,
        Field(min_length=1, description="regular expressions, each found in a line, in any order"),
        Zh("若干正则表达式，每一个都在某一行中能匹配到，顺序不限"),
    ] = None
    mojibake: Annotated[
        Mojibake | None,
        Field(description="a text that was read in the wrong encoding, in a line"),
        Zh("一行中含有按错误编码读取的文本"),
    ] = None
    stream: Annotated[
        Literal["out", "err"] | None,
        Field(description="standard output or standard error only"),
        Zh("只看标准输出或标准错误"),
    ] = None

    @model_validator(mode="after")
    def _one(self) -> OutputParams:
        exactly_one(self, *FORMS)
        if self.lines is not None and self.counted:
            raise Wrong(say("`lines` are not counted", "`lines` 不计个数"))
        if self.matches is not None and self.counted:
            raise Wrong(say("`matches` are not counted", "`matches` 不计个数"))
        return self

    @property
    def piece(self) -> str | None:
        """The piece of a line that is asked for, if one is."""
        return self.text if self.mojibake is None else self.mojibake.read

    @property
    def asked_of_each(self) -> int:
        """The least number of lines that each program must print."""
        listed = self.lines or self.matches
        return self.bounds.least if listed is None else len(listed)

    @property
    def most_shares(self) -> int:
        """The least number of lines that all the programs must print."""
        return max(1, self.asked_of_each * len(self.program))


class ExitParams(Params):
    """Programs ended with an exit status, by a signal, or were still running after the last step.

    With several programs it must hold for each of them.
    """

    zh: ClassVar[str] = (
        "程序以某个退出状态结束、被某个信号终止，或在最后一步之后仍在运行。\n\n给出多个程序时，每一个都必须满足。"
    )
    example: ClassVar[str] = "{program: [alice, bob, carol], status: 0}"

    model_config = ConfigDict(json_schema_extra=one_of("status", "signal", "running"))

    program: Annotated[ProgramNames, Field(description="the programs"), Zh("程序")]
    status: Annotated[ExitStatus | None, Field(description="the exit status"), Zh("退出状态")] = None
    signal: Annotated[
        EndingSignal | None, Field(description="the signal that ended it, without SIG"), Zh("终止它的信号，不带 SIG")
    ] = None
    running: Annotated[
        Literal[True] | None,
        Field(description="true: it was still running after the last step"),
        Zh("true：最后一步之后仍在运行"),
    ] = None

    @model_validator(mode="after")
    def _one(self) -> ExitParams:
        exactly_one(self, "status", "signal", "running")
        return self

    @property
    def most_shares(self) -> int:
        """The number of programs."""
        return len(self.program)


def output(run: RunFacts, params: OutputParams) -> Finding:
    """Look at what each of the programs printed.

    Raises `LabError` where that depends on output that was not kept.
    """
    wrong: list[Text] = []
    untold: list[str] = []
    right = 0
    for name in params.program:
        facts = run.record.programs[name]
        printed = [line for line in kept(facts, params.piece) if params.stream in (None, line.stream)]
        told = _missed(params, printed)
        right += params.asked_of_each if told is None else _found(params, printed)
        if facts.output_cut and _more_may_decide(params, printed, ok=told is None):
            untold.append(name)
        elif told is not None:
            wrong += [
                say("{name} {told}", "{name} {told}", name=name, told=told),
                *(_tail(name, printed)),
            ]
    if untold and not wrong:
        raise untellable(untold[0])
    ok = not wrong
    who, what = _together(params.program), _asked(params)
    to_print, did_print = say("to print", "打印"), say("printed", "打印了")
    if _never(params):
        to_print, did_print = say("not to print", "不打印"), say("did not print", "没有打印")
    return Finding(
        ok,
        expected=_does(who, to_print, what),
        actual=_does(who, did_print, what) if ok else wrong[0],
        details=shortened(wrong[1:]),
        share=0.0 if ok else right / params.most_shares,
    )


def _does(who: Text, verb: Text, what: Text) -> Text:
    return Text(f"{who.en} {verb.en} {what.en}", beside(f"{who.zh} {verb.zh}", what.zh))


def kept(facts: ProgramFacts, piece: str | None) -> list[OutputLine]:
    """The lines that `facts` hold; the cut-off end of a stream only counts where a `piece` of a line is looked for."""
    if not facts.output_cut or piece is not None:
        return list(facts.output)
    last = {line.stream: index for index, line in enumerate(facts.output)}
    return [line for index, line in enumerate(facts.output) if line.complete or index != last[line.stream]]


def untellable(name: str) -> LabError:
    """That something depends on output of the program `name` that was not kept."""
    return LabError(
        say(
            "the output of {name} was cut at {size}: it cannot be told",
            "{name} 的输出在 {size} 处被截断：无法判断",
            name=name,
            size=KEPT,
        )
    )


def fits_line(line: str, *, whole: str | None, piece: str | None, match: str | None) -> bool:
    """Whether `line` is `whole`, or has the `piece`, or fits the regular expression `match`."""
    if whole is not None:
        return line == whole
    if piece is not None:
        return piece in line
    return match is not None and re.search(match, line) is not None


def _more_may_decide(params: OutputParams, printed: Sequence[OutputLine], *, ok: bool) -> bool:
    """Whether lines after those that are there may turn what they show: more can come, none can go."""
    if params.lines is not None or params.matches is not None:
        return not ok
    number, bounds = _number(params, printed), params.bounds
    return number < bounds.least or (ok and bounds.most is not None)


def _number(params: OutputParams, printed: Sequence[OutputLine]) -> int:
    return sum(fits_line(p.text, whole=params.line, piece=params.piece, match=params.match) for p in printed)


def _missed(params: OutputParams, printed: Sequence[OutputLine]) -> Text | None:
    """What a program did not print as it must; None where it did."""
    if params.lines is not None:
        return _not_in_order(params.lines, printed)
    if params.matches is not None:
        return _unmatched(params.matches, printed)
    return _miscounted(params, printed)


def _unmatched(expressions: Sequence[str], printed: Sequence[OutputLine]) -> Text | None:
    for expression in expressions:
        if not _matched(expression, printed):
            return say("did not print a line that matches `{it}`", "没有打印与 `{it}` 匹配的行", it=visible(expression))
    return None


def _matched(expression: str, printed: Sequence[OutputLine]) -> bool:
    return any(re.search(expression, line.text) for line in printed)


def _miscounted(params: OutputParams, printed: Sequence[OutputLine]) -> Text | None:
    number = _number(params, printed)
    if params.bounds.holds(number):
        return None
    if number == 0:
        return say("did not print it", "没有打印这样的行")
    return say("printed it {n} time{s}", "打印了 {n} 行这样的内容", n=number, s="" if number == 1 else "s")


def _not_in_order(lines: Sequence[str], printed: Sequence[OutputLine]) -> Text | None:
    came = _in_order(lines, printed)
    if came == len(lines):
        return None
    after = same("") if came == 0 else say(" after `{line}`", "（在 `{line}` 之后）", line=visible(lines[came - 1]))
    return say("did not print `{line}`{after}", "没有打印 `{line}`{after}", line=visible(lines[came]), after=after)


def _in_order(lines: Sequence[str], printed: Sequence[OutputLine]) -> int:
    """How many of `lines` came in this order, from the first on."""
    rest = iter(printed)
    return sum(1 for _ in takewhile(lambda line: any(p.text == line for p in rest), lines))


def _found(params: OutputParams, printed: Sequence[OutputLine]) -> int:
    """What there is of the lines that a program must print; nothing of one that printed too many."""
    if params.lines is not None:
        return _in_order(params.lines, printed)
    if params.matches is not None:
        return sum(_matched(expression, printed) for expression in params.matches)
    number = _number(params, printed)
    return number if number < params.bounds.least else 0


def _tail(name: str, printed: Sequence[OutputLine]) -> list[Text]:
    if not printed:
        return [say("{name} printed nothing", "{name} 什么也没有打印", name=name)]
    last = [
        say("{name} printed `{line}`", "{name} 打印了 `{line}`", name=name, line=visible(p.text))
        for p in printed[-LAST_LINES:]
    ]
    earlier = len(printed) - len(last)
    return [say("… {n} more before", "… 此前另有 {n} 行", n=f"{earlier:,}"), *last] if earlier else last


def _asked(params: OutputParams) -> Text:
    if params.lines is not None:
        lines = [same(f"`{visible(line)}`") for line in params.lines]
        return say("{lines} in this order", "{lines}（按此顺序）", lines=join(LIST, lines))
    if params.matches is not None:
        n = len(params.matches)
        return say("a line for each of {n} expressions", "{n} 个表达式各自匹配的行", n=n)
    stream = {None: same(""), "out": say(" on stdout", "（标准输出）"), "err": say(" on stderr", "（标准错误）")}
    what, number = _line(params), _how_often(params)
    if params.line is None:
        zh = beside(what.zh, number.zh)
    else:
        zh = f"{what.zh} 这一行" if _never(params) else f"{number.zh} {what.zh}"
    return Text(f"{what.en}{stream[params.stream].en}{number.en}", f"{zh}{stream[params.stream].zh}")


def _line(params: OutputParams) -> Text:
    """The line that is looked for; in Chinese what stands before its number where it is not a whole line."""
    if params.line is not None:
        return say("the line `{it}`", "`{it}`", it=visible(params.line))
    if params.text is not None:
        return say("a line with `{it}`", "含有 `{it}` 的", it=visible(params.text))
    if params.mojibake is not None:
        values = {"text": visible(params.mojibake.text), "a": params.mojibake.from_, "b": params.mojibake.as_}
        return say(
            "a line with `{it}`, which is `{text}` in {a} read as {b}",
            "含有 `{it}`（以 {a} 编码的 `{text}` 按 {b} 读取）的",
            it=visible(params.mojibake.read),
            **values,
        )
    return say("a line that matches `{it}`", "与 `{it}` 匹配的", it=params.match)


def _how_often(params: OutputParams) -> Text:
    """In English to stand after the line, where there is a number; in Chinese so many lines."""
    if _never(params):
        return Text("", "行")
    if not params.counted:
        return Text("", "一行")
    return say(", {times}", "{times}", times=TIMES.within(params.bounds))


def _never(params: OutputParams) -> bool:
    return params.bounds.most == 0


def exit_(run: RunFacts, params: ExitParams) -> Finding:
    """Look at how each of the programs ended."""
    facts = {name: run.record.programs[name] for name in params.program}
    wrong = [
        say("{name} {ended}", "{name} {ended}", name=name, ended=ended(program))
        for name, program in facts.items()
        if not _as_asked(params, program)
    ]
    who = _together(params.program)
    if params.running:
        expected = say("{who} still running after the last step", "{who} 在最后一步之后仍在运行", who=who)
    elif params.signal is not None:
        expected = say("{who} ended by SIG{name}", "{who} 被 SIG{name} 终止", who=who, name=params.signal)
    else:
        expected = say("{who} to end with status {n}", "{who} 以退出码 {n} 结束", who=who, n=params.status)
    passed = (
        say("{who} ended with status {n}", "{who} 以退出码 {n} 结束", who=who, n=params.status)
        if params.status is not None
        else expected
    )
    return Finding(
        not wrong,
        expected,
        actual=wrong[0] if wrong else passed,
        details=shortened(wrong[1:]),
        share=1 - len(wrong) / len(facts) if wrong else 0.0,
    )


def _together(names: Sequence[str]) -> Text:
    return join(LIST, [same(name) for name in names])


def _as_asked(params: ExitParams, program: ProgramFacts) -> bool:
    if params.running:
        return program.stopped_by_lab
    if program.stopped_by_lab or program.ended is None:
        return False
    if params.signal is not None:
        return program.signal == params.signal
    return program.exit == params.status


def ended(program: ProgramFacts) -> Text:
    """How a program ended, to stand after its name."""
    if program.failure is not None:
        return say("could not be started: {why}", "无法启动：{why}", why=program.failure)
    if program.started is None:
        return say("was never started", "从未启动")
    if program.stopped_by_lab or program.ended is None:
        return say("was still running after the last step", "在最后一步之后仍在运行")
    if program.signal is not None:
        return say("was ended by SIG{name}", "被 SIG{name} 终止", name=program.signal)
    return say("ended with status {n}", "以退出码 {n} 结束", n=program.exit)
