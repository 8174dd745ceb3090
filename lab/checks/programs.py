"""Kinds that read what programs printed and how they ended."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from lab.checks.parameters import Counted, Expression, Params, Programs, Strings, Zh

SignalName = Literal[
    "HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "STOP", "CONT", "SEGV", "ABRT", "PIPE", "ALRM"
]


class OutputParams(Counted):
    """Programs printed certain lines.

    `lines` must all come, in this order, other lines between them or not. The other forms count the lines that fit.
    With several programs it must hold for each of them.
    """

    zh: ClassVar[str] = (
        "程序打印了特定的行。\n\n"
        "`lines` 中的各行都必须按此顺序出现,中间可以夹有其他行;其余形式统计符合的行数。"
        "给出多个程序时,每一个都必须满足。"
    )
    example: ClassVar[str] = '{program: [alice, bob], line: "OK", count: 2}'

    program: Annotated[Programs, Field(description="the programs"), Zh("程序")]
    line: Annotated[str | None, Field(description="a whole line"), Zh("完整的一行")] = None
    text: Annotated[str | None, Field(min_length=1, description="a piece of a line"), Zh("一行中的一段")] = None
    match: Annotated[
        Expression | None, Field(description="a regular expression found in a line"), Zh("在一行中能匹配到的正则表达式")
    ] = None
    lines: Annotated[
        Strings | None, Field(min_length=1, description="whole lines, in this order"), Zh("若干完整的行,按此顺序")
    ] = None
    stream: Annotated[
        Literal["out", "err"] | None,
        Field(description="standard output or standard error only"),
        Zh("只看标准输出或标准错误"),
    ] = None

    @model_validator(mode="after")
    def _one(self) -> OutputParams:
        if sum(v is not None for v in (self.line, self.text, self.match, self.lines)) != 1:
            message = "give one of `line`, `text`, `match` and `lines`"
            raise ValueError(message)
        if self.lines is not None and self.counted:
            message = "`lines` are not counted"
            raise ValueError(message)
        return self


class ExitParams(Params):
    """Programs ended with an exit status, by a signal, or were still running after the last step.

    With several programs it must hold for each of them.
    """

    zh: ClassVar[str] = (
        "程序以某个退出状态结束、被某个信号终止,或在最后一步之后仍在运行。\n\n给出多个程序时,每一个都必须满足。"
    )
    example: ClassVar[str] = "{program: [alice, bob, carol], status: 0}"

    program: Annotated[Programs, Field(description="the programs"), Zh("程序")]
    status: Annotated[int | None, Field(ge=0, le=255, description="the exit status"), Zh("退出状态")] = None
    signal: Annotated[
        SignalName | None, Field(description="the signal that ended it, without SIG"), Zh("终止它的信号,不带 SIG")
    ] = None
    running: Annotated[
        Literal[True] | None,
        Field(description="true: it was still running after the last step"),
        Zh("true:最后一步之后仍在运行"),
    ] = None

    @model_validator(mode="after")
    def _one(self) -> ExitParams:
        if sum(v is not None for v in (self.status, self.signal, self.running)) != 1:
            message = "give one of `status`, `signal` and `running`"
            raise ValueError(message)
        return self
