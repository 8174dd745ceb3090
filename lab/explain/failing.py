"""Why there was no connection: refused, unreachable, or no answer at all."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from lab.conversations import Close, Connection, Handshake, Message
from lab.explain.talk import Talk, name_of, place
from lab.messages import quoted
from lab.report.wording import duration, plural
from lab.seen import Sentence
from lab.text import Text, same, say
from lab.trace.beside import Beside
from lab.visible import visible


def refused(talk: Talk) -> Iterator[Sentence]:
    """A RST that answers a SYN: no socket listens there (RFC 9293, 3.5.2).

    connect() fails with ECONNREFUSED (connect(2)). A firewall that rejects with a RST looks the same.
    """
    connection = talk.connection
    packet = connection.server.rst_packet
    if connection.server.isn is not None or packet is None or connection.handshake is not Handshake.HALF_OPEN:
        return
    failed = _failed(talk)
    yield talk.sentence(
        say(
            "{server} refuses with a RST: nothing listens on port {port} (RFC 9293, 3.5.2), connect(){where} fails "
            "with ECONNREFUSED",
            "{server} 以 RST 拒绝：端口 {port} 上没有监听（RFC 9293，3.5.2），connect(){where} 以 ECONNREFUSED 失败",
            server=talk.name("server"),
            port=connection.server.endpoint.port,
            where=_where(failed),
        ),
        (*connection.handshake_packets[:1], packet),
        connection.closed,
        *failed,
    )


def unanswered(talk: Talk) -> Iterator[Sentence]:
    """SYNs that nothing answered: sent again after 1, 2, 4 … s (RFC 6298, 5.5), until ETIMEDOUT (connect(2), tcp(7)).

    An ICMP error that quotes one of them says why (RFC 792; RFC 4443, 3.1).
    """
    connection = talk.connection
    if connection.server.packets or connection.handshake is not Handshake.HALF_OPEN:
        return
    syns = [s for s in talk.segments if s.flags == "SYN"]
    error = _error(talk)
    failed = _failed(talk)
    if error is not None:
        yield talk.sentence(
            say(
                "no answer but from {who}: ICMP {what}; connect(){where} fails{errno}",
                "没有应答，只有 {who} 发来 ICMP {what}；connect(){where} 失败{errno}",
                who=name_of(talk.seen, error.source),
                what=visible(error.summary),
                where=_where(failed),
                errno=_errno(failed),
            ),
            (connection.first_packet, error.number),
            error.time,
            *failed,
        )
        return
    yield talk.sentence(
        say(
            "nothing answers {n}{gaps}; unknown: whether {server} got any",
            "{n}没有任何应答{gaps}；未知：{server} 是否收到",
            n=plural(connection.client.packets, "SYN", "SYNs", "个 SYN "),
            gaps=_gaps([s.time for s in syns]),
            server=talk.end("server"),
        ),
        [s.number for s in syns] or (connection.first_packet,),
        connection.end,
        *failed,
    )


def half_open(talk: Talk) -> Iterator[Sentence]:
    """A SYN-ACK without the ACK that completes the handshake (RFC 9293, 3.5): the server stays in SYN-RECEIVED."""
    connection = talk.connection
    started = connection.client.isn is not None and connection.server.isn is not None
    if connection.handshake is not Handshake.HALF_OPEN or not started or connection.client.bytes:
        return
    why = say("unknown: why", "未知：原因")
    packet = connection.client.rst_packet
    if connection.close is Close.RST and packet is not None:
        why = say(
            "the client answered it with a RST: it knows of no such attempt, or gave it up (RFC 9293, 3.5.2)",
            "客户端以 RST 应答：它没有这次连接，或已放弃（RFC 9293，3.5.2）",
        )
    yield talk.sentence(
        say(
            "the handshake is never completed: the SYN-ACK is not acknowledged; {why}",
            "握手没有完成：SYN-ACK 未被确认；{why}",
            why=why,
        ),
        (*connection.handshake_packets, *([] if packet is None else [packet])),
        connection.end,
    )


def _failed(talk: Talk) -> list[Beside]:
    return [each for each in talk.called("client", "connect") if each.call.error is not None]


def _where(failed: list[Beside]) -> Text:
    return place(failed[0]) if failed else same("")


def _errno(failed: list[Beside]) -> Text:
    if not failed:
        return same("")
    return say(" with {errno}", "：{errno}", errno=visible(failed[0].call.error or ""))


def _error(talk: Talk) -> Message | None:
    """The ICMP error that quotes a segment of the client."""
    connection: Connection = talk.connection
    ends = (connection.client.endpoint, connection.server.endpoint)
    return next(
        (
            message
            for message in talk.seen.conversations.messages
            if quoted(message, "tcp") == ends and message.time >= connection.start
        ),
        None,
    )


def _gaps(times: list[int]) -> Text:
    """How long it was from each to the next."""
    if not times[1:]:
        return same("")
    gaps = ", ".join(duration(b - a) for a, b in pairwise(times))
    return say(", {gaps} apart (RFC 6298, 5.5)", "，间隔 {gaps}（RFC 6298，5.5）", gaps=gaps)
