"""What each recv() returned, and why: from the calls on both sockets and the bytes that they moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lab.conversations import Role
from lab.explain.encoded import cuts, quoted
from lab.explain.talk import OTHER, ROLES, Talk, place
from lab.report.wording import duration, plural
from lab.seen import Sentence
from lab.text import Text, same, say
from lab.trace.beside import Beside
from lab.trace.call import RECEIVE, SEND
from lab.visible import visible

NOTHING_YET = frozenset({"EAGAIN", "EWOULDBLOCK"})
TOLD = 40
"""Calls of one side that are told one by one."""


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes of a stream that a call moved: from `begin` up to `end`."""

    beside: Beside
    begin: int
    end: int


def received(talk: Talk) -> Iterator[Sentence]:
    """What each recv() of both sides returned, and why (recv(2)).

    It returns what has arrived, at most as much as it asks for: several send()s at once, or a part of one, for TCP
    keeps no borders (RFC 9293, 2.2). 0 is the other side's FIN (RFC 9293, 3.6), ECONNRESET its RST.
    """
    for role in ROLES:
        calls = [each for each in talk.called(role, *RECEIVE) if "MSG_PEEK" not in each.call.arguments]
        spans = _spans(calls)
        inside = cuts(talk.data(OTHER[role]), [span.end for span in spans], talk.seen.encoding)
        sends = _spans(talk.called(OTHER[role], *SEND))
        for span in spans[:TOLD]:
            yield _returned(talk, role, span, sends, cut=span.end in inside and span.end > span.begin)
        if spans[TOLD:]:
            yield _rest(talk, role, spans[TOLD:])


def _spans(calls: list[Beside]) -> list[Span]:
    """The calls with the place of their bytes in the stream, counted from the first call on it."""
    spans = []
    at = 0
    for each in calls:
        moved = each.call.bytes or 0
        spans.append(Span(each, at, at + moved))
        at += moved
    return spans


def _returned(talk: Talk, role: Role, span: Span, sends: list[Span], *, cut: bool) -> Sentence:
    each = span.beside
    call = each.call
    who = say(
        "{who}: {name}({arguments}){where}",
        "{who}：{name}({arguments}){where}",
        who=talk.name(role),
        name=visible(call.name),
        arguments=visible(call.arguments),
        where=place(each),
    )
    if call.ended is None:
        told = who + _never(talk, role)
    elif call.error is not None:
        told = who + _failed(talk, role, call.error)
    elif call.bytes is None:
        told = who + say(": unknown: what it returned", "：未知：返回了什么")
    elif call.bytes == 0:
        told = who + _nothing(talk, role)
    else:
        told = who + _bytes(talk, role, span, sends, cut=cut)
    time = call.started if call.ended is None else call.ended
    return talk.sentence(told, each.woken_by, time, each)


def _bytes(talk: Talk, role: Role, span: Span, sends: list[Span], *, cut: bool) -> Text:
    data = talk.data(OTHER[role])[span.begin : span.end]
    told = say(
        " returns {n}: {text}",
        "返回 {n}：{text}",
        n=plural(span.end - span.begin, "byte", "bytes", "字节"),
        text=quoted(data, talk.seen.encoding),
    )
    told += _borders(talk, role, span, sends)
    if cut:
        told += say(
            "; it ends inside a character of {encoding}: decode() of it alone fails",
            "；止于一个 {encoding} 字符的中间：单独 decode() 会失败",
            encoding=talk.seen.encoding,
        )
    return told


def _borders(talk: Talk, role: Role, span: Span, sends: list[Span]) -> Text:
    """How what it returned lies to the send()s of the other side; without their calls, to its segments."""
    own = [each for each in sends if each.begin < span.end and each.end > span.begin]
    if not own:
        segments = [p for p in talk.pieces(OTHER[role]) if p.offset < span.end and p.end > span.begin]
        if len(segments) > 1:
            return say(
                "; it came in {n} segments; unknown: in how many send()s",
                "；分 {n} 个报文段到达；未知：由几次 send() 发出",
                n=len(segments),
            )
        return same("")
    if len(own) > 1:
        return say(
            "; {n} sends in one: TCP keeps no borders (RFC 9293, 2.2)",
            "；{n} 次发送合成一次：TCP 不保留边界（RFC 9293，2.2）",
            n=len(own),
        )
    (only,) = own
    if only.begin == span.begin and only.end == span.end:
        return same("")
    size = only.end - only.begin
    if _asked(span) == span.end - span.begin and only.end > span.end:
        return say(
            "; part of a send of {size}: it asked for no more",
            "；是一次 {size} 字节发送的一部分：它没有要更多",
            size=size,
        )
    return say(
        "; part of a send of {size}: no more of it had come, or an earlier recv() has the rest",
        "；是一次 {size} 字节发送的一部分：其余尚未到达，或已被之前的 recv() 取走",
        size=size,
    )


def _asked(span: Span) -> int | None:
    """How many bytes a call asked for; None where its arguments do not say."""
    first = span.beside.call.arguments.partition(",")[0].strip()
    return int(first) if first.isascii() and first.isdigit() else None


def _nothing(talk: Talk, role: Role) -> Text:
    fin = talk.connection.side(OTHER[role]).fin_packet
    if fin is None:
        return say(
            " returns 0; unknown: why, for the other side sent no FIN", "返回 0；未知：原因，因为对方没有发送 FIN"
        )
    return say(
        " returns 0, the end of the stream: {who} sent a FIN (packet {n}; recv(2))",
        "返回 0，即流的结束：{who} 发送了 FIN（第 {n} 个数据包；recv(2)）",
        who=talk.name(OTHER[role]),
        n=fin,
    )


def _failed(talk: Talk, role: Role, errno: str) -> Text:
    rst = talk.connection.side(OTHER[role]).rst_packet
    if errno == "ECONNRESET" and rst is not None:
        return say(
            " fails with ECONNRESET: {who} sent a RST (packet {n})",
            "以 ECONNRESET 失败：{who} 发送了 RST（第 {n} 个数据包）",
            who=talk.name(OTHER[role]),
            n=rst,
        )
    if errno in NOTHING_YET:
        return say(
            " fails with {errno}: nothing had come yet, and the socket does not block",
            "以 {errno} 失败：还没有数据到达，而套接字是非阻塞的",
            errno=errno,
        )
    return say(" fails with {errno}; unknown: why", "以 {errno} 失败；未知：原因", errno=visible(errno))


def _never(talk: Talk, role: Role) -> Text:
    last = talk.pieces(OTHER[role])
    if not last:
        return say(
            " never returns: {who} sends nothing", "始终没有返回：{who} 什么也没有发送", who=talk.name(OTHER[role])
        )
    span = talk.connection.end - talk.time_of(max(piece.packet for piece in last))
    return say(
        " never returns: {who} sends nothing more ({span} to the end of the conversation)",
        "始终没有返回：{who} 不再发送（到会话结束还有 {span}）",
        who=talk.name(OTHER[role]),
        span=duration(span),
    )


def _rest(talk: Talk, role: Role, spans: list[Span]) -> Sentence:
    calls = [span.beside for span in spans]
    return talk.sentence(
        say(
            "{who}: {n} not told one by one, with {size} together",
            "{who}：{n}不再逐一叙述，共 {size}",
            who=talk.name(role),
            n=plural(len(spans), "more recv()", "more recv()s", "次 recv() "),
            size=plural(spans[-1].end - spans[0].begin, "byte", "bytes", "字节"),
        ),
        [packet for each in calls for packet in each.woken_by],
        calls[0].call.started,
        *calls,
    )
