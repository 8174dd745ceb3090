"""That one event came before another, across programs and packets."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from lab.checks.parameters import Content, Expression, Params, Place, Zh
from lab.scenario import Model, ProgramName


class Printed(Model):
    """A program printed a line."""

    program: Annotated[ProgramName, Field(description="the program"), Zh("程序")]
    line: Annotated[str | None, Field(description="a whole line"), Zh("完整的一行")] = None
    text: Annotated[str | None, Field(min_length=1, description="a piece of a line"), Zh("一行中的一段")] = None
    match: Annotated[
        Expression | None, Field(description="a regular expression found in a line"), Zh("在一行中能匹配到的正则表达式")
    ] = None

    @model_validator(mode="after")
    def _one(self) -> Printed:
        if sum(v is not None for v in (self.line, self.text, self.match)) != 1:
            message = "give one of `line`, `text` and `match`"
            raise ValueError(message)
        return self


class Link(Model):
    """A connection by its two ends."""

    to: Annotated[Place | None, Field(description="the server's end"), Zh("服务端一侧")] = None
    from_: Annotated[Place | None, Field(alias="from", description="the client's end"), Zh("客户端一侧")] = None


class Data(Link):
    """The first data of one side of a connection."""

    sent_by: Annotated[Literal["client", "server"], Field(description="whose data"), Zh("哪一方的数据")]


class Sent(Content):
    """A datagram, with certain content if given."""

    to: Annotated[Place | None, Field(description="the destination"), Zh("目的端")] = None
    from_: Annotated[Place | None, Field(alias="from", description="the source"), Zh("源端")] = None


class Event(Model):
    """One event: the first of its sort in the run."""

    started: Annotated[ProgramName | None, Field(description="a program was started"), Zh("程序启动")] = None
    ended: Annotated[ProgramName | None, Field(description="a program ended"), Zh("程序结束")] = None
    printed: Annotated[Printed | None, Field(description="a program printed a line"), Zh("程序打印了一行")] = None
    established: Annotated[Link | None, Field(description="a handshake was complete"), Zh("握手完成")] = None
    data: Annotated[
        Data | None, Field(description="one side of a connection sent its first data"), Zh("连接的一方首次发送数据")
    ] = None
    closed: Annotated[
        Link | None,
        Field(description="a connection was closed (last FIN, or RST)"),
        Zh("连接关闭(最后一个 FIN,或 RST)"),
    ] = None
    datagram: Annotated[Sent | None, Field(description="a UDP datagram was sent"), Zh("发送了 UDP 数据报")] = None
    packet: Annotated[
        str | None, Field(min_length=1, description="a packet matched a capture filter"), Zh("有数据包符合过滤表达式")
    ] = None

    @model_validator(mode="after")
    def _one(self) -> Event:
        if len(self.model_fields_set) != 1:
            message = f"give one of {', '.join(f'`{name}`' for name in type(self).model_fields)}"
            raise ValueError(message)
        return self


class OrderParams(Params):
    """One event came before another.

    Each is the first of its sort in the run; both must have happened. Times are those of the capture's
    clock. Two events that are not on one connection or of one program cannot be ordered when they are
    nearer than 100 µs: the check then fails and says so.
    """

    zh: ClassVar[str] = (
        "一个事件先于另一个事件发生。\n\n"
        "各取运行中该类事件的第一个,且两者都必须发生过。时间以抓包的时钟为准。"
        "不属于同一连接或同一程序的两个事件,相距不足 100 µs 时无法判断先后:检查失败并说明原因。"
    )
    example: ClassVar[str] = (
        "first: {printed: {program: server, text: ready}}\n"
        "then: {established: {from: {host: alice}, to: {host: server, port: 8080}}}"
    )

    first: Annotated[Event, Field(description="the earlier event"), Zh("较早的事件")]
    then: Annotated[Event, Field(description="the later event"), Zh("较晚的事件")]
