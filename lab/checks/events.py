"""Events of a run: what may stand before or after something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from lab.checks.content import holds, visible, wanted
from lab.checks.expression import Filter, matching
from lab.checks.facts import RunFacts, data_segments, segments
from lab.checks.parameters import Content
from lab.checks.programs import fits_line, kept
from lab.checks.tcp_close import ending
from lab.checks.udp import sent_between
from lab.checks.wording import SIDES, between
from lab.conversations import Connection
from lab.ends import Place, Zh
from lab.text import Text, say
from lab.values import Expression, Line, Model, ProgramName, exactly_one, one_of


class Printed(Model):
    """A program printed a line."""

    model_config = ConfigDict(json_schema_extra=one_of("line", "text", "match"))

    program: Annotated[ProgramName, Field(description="the program"), Zh("程序")]
    line: Annotated[Line | None, Field(description="a whole line"), Zh("完整的一行")] = None
    text: Annotated[str | None, Field(min_length=1, description="a piece of a line"), Zh("一行中的一段")] = None
    match: Annotated[
        Expression | None, Field(description="a regular expression found in a line"), Zh("在一行中能匹配到的正则表达式")
    ] = None

    @model_validator(mode="after")
    def _one(self) -> Printed:
        exactly_one(self, "line", "text", "match")
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

    model_config = ConfigDict(
        json_schema_extra=one_of("started", "ended", "printed", "established", "data", "closed", "datagram", "packet")
    )

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
        Zh("连接关闭（最后一个 FIN，或 RST）"),
    ] = None
    datagram: Annotated[Sent | None, Field(description="a UDP datagram was sent"), Zh("发送了 UDP 数据报")] = None
    packet: Annotated[
        Filter | None, Field(description="a packet matched a capture filter"), Zh("有数据包符合过滤表达式")
    ] = None

    @model_validator(mode="after")
    def _one(self) -> Event:
        exactly_one(self, *EVENTS)
        return self


@dataclass(frozen=True, slots=True)
class Moment:
    """When an event happened.

    Two of one `scope` (a connection, a program, datagrams from one end to another) stand in the order of their
    `place`.
    """

    time: int
    scope: str
    place: tuple[int, ...]
    packet: int | None
    who: str


def name(event: Event) -> Text:
    """What `event` is, in words."""
    which, value = _chosen(event)
    return EVENTS[which].name(value)


def first(run: RunFacts, event: Event) -> Moment | None:
    """The first time that `event` happened; None where it did not."""
    which, value = _chosen(event)
    return min(EVENTS[which].moments(run, value), key=lambda m: (m.time, m.place), default=None)


def hidden_in(run: RunFacts, event: Event) -> str | None:
    """The program whose output is cut, so that `event` may lie in what was not kept; else None."""
    if event.printed is None or not run.record.programs[event.printed.program].output_cut:
        return None
    return event.printed.program


def _chosen(event: Event) -> tuple[str, Any]:
    return next((which, value) for which in EVENTS if (value := getattr(event, which)) is not None)


def _started(run: RunFacts, program: str) -> Iterator[Moment]:
    time = run.record.programs[program].started
    if time is not None:
        yield Moment(time, program, (0, 0), None, program)


def _ended(run: RunFacts, program: str) -> Iterator[Moment]:
    facts = run.record.programs[program]
    if facts.ended is not None and not facts.stopped_by_lab:
        yield Moment(facts.ended, program, (2, 0), None, program)


def _printed(run: RunFacts, printed: Printed) -> Iterator[Moment]:
    for index, said in enumerate(kept(run.record.programs[printed.program], printed.text)):
        if fits_line(said.text, whole=printed.line, piece=printed.text, match=printed.match):
            yield Moment(said.time, printed.program, (1, index), None, printed.program)


def _established(run: RunFacts, link: Link) -> Iterator[Moment]:
    for c in run.connections(link.to, link.from_):
        if c.established is not None:
            yield _on(run, c, c.handshake_packets[-1])


def _data(run: RunFacts, data: Data) -> Iterator[Moment]:
    for c in run.connections(data.to, data.from_):
        for segment in data_segments(c, data.sent_by)[:1]:
            yield _on(run, c, segment.number)


def _closed(run: RunFacts, link: Link) -> Iterator[Moment]:
    for c in run.connections(link.to, link.from_):
        ended = ending(run, c)
        if ended.kind != "open":
            yield _on(run, c, max(ended.fins.values()) if ended.kind == "fin" else min(ended.resets.values()))


def _datagram(run: RunFacts, sent: Sent) -> Iterator[Moment]:
    for d in sent_between(run, sent.from_, sent.to):
        if holds(sent, d.payload, run.record.encoding):
            scope = f"datagrams of {d.source} to {d.destination}"
            yield Moment(d.time, scope, (d.number,), d.number, run.end(d.source))


def _packet(run: RunFacts, expression: str) -> Iterator[Moment]:
    for match in matching(run, expression):
        yield Moment(match.time, f"packet {match.number}", (match.number,), match.number, "")


def _on(run: RunFacts, connection: Connection, number: int) -> Moment:
    time = next(s.time for s in segments(connection) if s.number == number)
    return Moment(time, f"connection {connection.index}", (number,), number, run.end(connection.client.endpoint))


def _name_printed(printed: Printed) -> Text:
    wording = visible(printed.line or printed.text or printed.match or "")
    return say("{who} printing `{it}`", "{who} 打印 `{it}`", who=printed.program, it=wording)


def _name_data(data: Data) -> Text:
    ends = between(data.from_, data.to)
    return say(
        "the first data of {side} on a connection{ends}",
        "{ends}连接上{side}首次发送数据",
        side=SIDES[data.sent_by],
        ends=ends,
    )


def _name_datagram(sent: Sent) -> Text:
    ends = between(sent.from_, sent.to)
    if not sent.asked:
        return say("a datagram{ends}", "{ends}数据报", ends=ends)
    return Text(f"a datagram{ends.en} with {wanted(sent).en}", f"{ends.zh}数据报（{wanted(sent).zh}）")


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of event: how it is named, and when it happened."""

    name: Callable[[Any], Text]
    moments: Callable[[RunFacts, Any], Iterator[Moment]]


EVENTS: Mapping[str, Sort] = {
    "started": Sort(lambda p: say("the start of {p}", "{p} 启动", p=p), _started),
    "ended": Sort(lambda p: say("the end of {p}", "{p} 结束", p=p), _ended),
    "printed": Sort(_name_printed, _printed),
    "established": Sort(
        lambda x: say("the handshake of a connection{ends}", "{ends}连接握手完成", ends=between(x.from_, x.to)),
        _established,
    ),
    "data": Sort(_name_data, _data),
    "closed": Sort(
        lambda x: say("the close of a connection{ends}", "{ends}连接关闭", ends=between(x.from_, x.to)), _closed
    ),
    "datagram": Sort(_name_datagram, _datagram),
    "packet": Sort(lambda f: say("a packet that matches `{f}`", "符合 `{f}` 的数据包", f=f), _packet),
}
