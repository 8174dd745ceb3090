"""What connections carried: payload, and data on several connections at once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from lab.checks.content import came, holds, place, wanted
from lab.checks.facts import RunFacts, data_segments, segments
from lab.checks.parameters import Content, Counted, Ends
from lab.checks.wording import SIDES, Noun, between, duration, instead, packet_list, phrase, proportion, shortened
from lab.conversations import Connection, Handshake
from lab.ends import Zh
from lab.results import Finding
from lab.text import Text, join, say
from lab.values import exactly_one, one_of

CONVERSATIONS = Noun("conversation", "conversations", "个会话")
CONNECTIONS = Noun("connection", "connections", "条连接")
EVERY_ONE = say("every connection", "每条连接")


class PayloadParams(Ends, Counted, Content):
    """One side of the connections sent certain bytes.

    All that a side sent is looked at as one stream, put in order by sequence numbers: how it was cut into
    segments does not matter. Without a number it must hold for all matching connections, and there must be one.
    """

    zh: ClassVar[str] = (
        "连接的某一方发送了特定的内容。\n\n"
        "一方发送的全部内容按序号拼成一条字节流再比较，与如何分段无关。"
        "不给个数时，所有匹配的连接都必须满足，且至少有一条。"
    )
    example: ClassVar[str] = "{to: {host: server, port: 8080}, sent_by: server, contains: OK}"

    model_config = ConfigDict(json_schema_extra=one_of("text", "contains", "match", "hex"))

    sent_by: Annotated[Literal["client", "server"], Field(description="whose bytes"), Zh("哪一方发送的字节")]

    @model_validator(mode="after")
    def _content(self) -> PayloadParams:
        exactly_one(self, "text", "contains", "match", "hex")
        return self

    @property
    def asserts_absence(self) -> bool:
        """A number of 0 holds on an empty capture; no number means one at least."""
        return self.counted and self.bounds.least == 0


class OverlapParams(Ends, Counted):
    """Connections were served at once: all open at the same time, with data from the server on each meanwhile.

    A connection is open from its complete handshake to the first FIN or RST on it. That connections are
    merely open together proves nothing: the kernel completes handshakes before the program accepts them.
    The number is that of the largest such group; without one it is at least two.
    """

    zh: ClassVar[str] = (
        "多条连接被同时服务：它们在同一段时间内都处于打开状态，并且期间服务端在每一条上都发送了数据。\n\n"
        "连接从握手完成到其上第一个 FIN 或 RST 为止算打开。仅仅同时打开并不说明问题："
        "程序调用 accept() 之前内核就会完成握手。个数指满足条件的最大的一组；不给个数时至少为两条。"
    )
    example: ClassVar[str] = "{to: {host: server, port: 8080}, at_least: 3}"

    @model_validator(mode="before")
    @classmethod
    def _two(cls, values: object) -> object:
        if isinstance(values, dict) and not {"count", "at_least", "at_most"} & values.keys():
            return {**values, "at_least": 2}
        return values


def payload(run: RunFacts, params: PayloadParams) -> Finding:
    """Count the connections on which the side sent what is asked for, or ask it of each of them."""
    candidates = run.selected(params)
    names = run.clients(candidates)
    encoding = run.record.encoding
    fitting = [c for c in candidates if holds(params, _sent(c, params), encoding)]
    right = {c.index for c in fitting}
    other = [c for c in candidates if c.index not in right]
    counted = params.counted
    details = [
        _told(names[c.index], params, _sent(c, params), encoding) for c in (candidates if counted else other)
    ] + instead(run, params, candidates)
    ok = params.bounds.holds(len(fitting)) if counted else len(fitting) == len(candidates) > 0
    failed = say("found {n}", "找到 {n} 个", n=len(fitting)) if counted else proportion(len(fitting), len(candidates))
    return Finding(
        ok,
        expected=_to_send(params, CONNECTIONS.within(params.bounds) if counted else EVERY_ONE),
        actual=_have_sent(params, CONNECTIONS.of(len(fitting))) if ok else failed,
        details=() if ok else shortened(details),
        packets=tuple(
            numbers
            for c in (fitting if ok else other or fitting)
            if (numbers := _packets_of(c, params, encoding) if ok else _data_packets(c, params))
        ),
        share=params.bounds.share(len(fitting)) if counted else 0.0,
    )


def _told(name: str, params: PayloadParams, sent: bytes, encoding: str) -> Text:
    return say(
        "{name}: {side} sent {came}",
        "{name}：{side}发送了 {came}" if sent else "{name}：{side}什么也没有发送",
        name=name,
        side=SIDES[params.sent_by],
        came=came(params, sent, encoding),
    )


def _to_send(params: PayloadParams, many: Text) -> Text:
    return say(
        "{side} to send {what} on {which}",
        "{which}上，{side}发送的{what}",
        side=SIDES[params.sent_by],
        what=wanted(params),
        which=phrase(many, between(params.from_, params.to)),
    )


def _have_sent(params: PayloadParams, many: Text) -> Text:
    return say(
        "{side} sent {what} on {which}",
        "{which}上，{side}发送的{what}",
        side=SIDES[params.sent_by],
        what=wanted(params),
        which=phrase(many, between(params.from_, params.to)),
    )


def _data_packets(connection: Connection, params: PayloadParams) -> tuple[int, ...]:
    return tuple(s.number for s in data_segments(connection, params.sent_by))


def _packets_of(connection: Connection, params: PayloadParams, encoding: str) -> tuple[int, ...]:
    """The packets that first brought the bytes which show what was asked for."""
    stream = connection.side(params.sent_by).stream
    if stream is None:
        return ()
    shows = place(params, bytes(stream.data), encoding)
    if len(shows) == len(stream.data):
        return _data_packets(connection, params)
    return tuple(
        number for first, length, number in stream.pieces if first < shows.stop and first + length > shows.start
    )


def _sent(connection: Connection, params: PayloadParams) -> bytes:
    stream = connection.side(params.sent_by).stream
    return b"" if stream is None else bytes(stream.data)


@dataclass(frozen=True, slots=True)
class Span:
    """A connection with its open span: packet numbers of its handshake's end and of the first FIN or RST."""

    connection: Connection
    name: str
    opened: int
    ended: int | None
    flag: Literal["FIN", "RST"]
    answers: tuple[int, ...]
    """Packets with data from the server while it was open."""

    def first_answer_since(self, packet: int) -> int | None:
        """The first packet with data from the server that is not before `packet`."""
        at = bisect_left(self.answers, packet)
        return self.answers[at] if at < len(self.answers) else None

    def open_at(self, packet: int) -> bool:
        """Whether it was still open at `packet`."""
        return self.ended is None or packet <= self.ended


def overlap(run: RunFacts, params: OverlapParams) -> Finding:
    """Find the largest group of connections that were served while all of them were open."""
    candidates = run.selected(params)
    names = run.clients(candidates)
    spans = [_span(c, names[c.index]) for c in candidates if c.handshake is Handshake.COMPLETE]
    group = largest_group(spans)
    ok = params.bounds.holds(len(group))
    many = CONVERSATIONS.within(params.bounds)
    expected = say(
        "{many} with data from the server on each while all are open",
        "{many}同时打开，其间服务端向每一个都发送数据",
        many=phrase(many, between(params.from_, params.to)),
    )
    return Finding(
        ok,
        expected=expected,
        actual=_together(group) if ok else say("found {n}", "找到 {n} 个", n=len(group)),
        details=() if ok else shortened([*_why_not(spans, group), *instead(run, params, candidates)]),
        packets=tuple(s.answers for s in (group if ok else spans) if s.answers),
        share=params.bounds.share(len(group)),
    )


def largest_group(spans: Sequence[Span]) -> list[Span]:
    """The most of `spans` that have data from the server in a time when all of them are open.

    Such a time may as well begin where one of them is opened. From there on a span is good from its first
    answer to its end, so the largest group is the largest number of good spans at one packet.
    """
    best: list[Span] = []
    for start in sorted({s.opened for s in spans}):
        good = [(answer, s) for s in spans if s.opened <= start and (answer := s.first_answer_since(start)) is not None]
        answers = sorted(answer for answer, _ in good)
        ends = sorted(s.ended for _, s in good if s.ended is not None)
        count, until = max(((bisect_right(answers, at) - bisect_left(ends, at), -at) for at in answers), default=(0, 0))
        if count > len(best):
            best = [s for answer, s in good if answer <= -until and s.open_at(-until)]
    return best


def _span(connection: Connection, name: str) -> Span:
    opened = connection.handshake_packets[-1]
    last = next((s for s in segments(connection) if {"FIN", "RST"} & set(s.flags.split())), None)
    ended = None if last is None else last.number
    flag: Literal["FIN", "RST"] = "RST" if last is not None and "RST" in last.flags.split() else "FIN"
    sent = (s.number for s in data_segments(connection, "server"))
    answers = tuple(number for number in sent if ended is None or number <= ended)
    return Span(connection, name, opened, ended, flag, answers)


def _together(group: Sequence[Span]) -> Text:
    if not group:
        return say("no conversation with data from the server", "没有服务端发送过数据的会话")
    begin = max(s.connection.established or 0 for s in group)
    end = min(_time(s, s.ended) for s in group)
    return say(
        "{n} conversation{s} open together for {duration}, data from the server on each",
        "{n} 个会话同时打开 {duration}，其间服务端向每一个都发送了数据",
        n=len(group),
        s="" if len(group) == 1 else "s",
        duration=duration(end - begin),
    )


def _time(span: Span, packet: int | None) -> int:
    return next((s.time for s in segments(span.connection) if s.number == packet), span.connection.end)


def _why_not(spans: Sequence[Span], group: Sequence[Span]) -> list[Text]:
    """A line that tells when each of `group` was answered, and a line for each of the others."""
    served = [
        say(
            "{name} got its first answer at packet {n}", "{name} 在第 {n} 包得到第一个应答", name=s.name, n=s.answers[0]
        )
        for s in group
    ]
    lines = [join(say("; ", "；"), served)] if served else []
    return lines + [_left_out(s, group) for s in spans if s not in group]


def _left_out(span: Span, group: Sequence[Span]) -> Text:
    if not span.answers:
        return say(
            "{name} got no data from the server while it was open",
            "{name} 在打开期间没有从服务端收到数据",
            name=span.name,
        )
    first = span.answers[0]
    for other in group:
        if not other.open_at(first):
            return say(
                "{name}'s first answer came at packet {n}, after the first {flag} of {other}'s conversation ({end})",
                "{name} 的第一个应答在第 {n} 包，在 {other} 的会话的第一个 {flag}（第 {end} 包）之后",
                name=span.name,
                n=first,
                other=other.name,
                end=other.ended,
                flag=other.flag,
            )
    return say(
        "{name} was answered at {packets}, not while the others were open",
        "{name} 在{packets}得到应答，但当时其他会话并非都打开",
        name=span.name,
        packets=packet_list(span.answers),
    )
