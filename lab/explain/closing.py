"""Who closed, in how many segments, what was still sent, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterator

from lab.conversations import Close, Handshake, Role
from lab.explain.talk import OTHER, Talk, place
from lab.record import HostState
from lab.report.wording import duration, host_at, plural
from lab.seen import Sentence
from lab.text import Text, same, say
from lab.trace.beside import Beside
from lab.visible import visible

TIME_WAIT = "TIME-WAIT"
LASTS = 60_000_000_000
"""Nanoseconds in TIME-WAIT on Linux (TCP_TIMEWAIT_LEN), where RFC 9293, 3.6.1 has two maximum segment lifetimes."""


def closed(talk: Talk) -> Iterator[Sentence]:
    """Who sent the first FIN, and whether the other's FIN came with its ACK (RFC 9293, 3.6): three segments or four."""
    connection = talk.connection
    first = connection.first_closer
    if connection.close is not Close.FIN or first is None:
        return
    fin, other = (connection.side(role).fin_packet for role in (first, OTHER[first]))
    assert fin is not None
    assert other is not None
    calls = _by(talk, first, fin)
    if connection.simultaneous_close:
        how = say(
            "both at once, for neither FIN acknowledges the other (RFC 9293, 3.6)",
            "双方同时：两个 FIN 互不确认（RFC 9293，3.6）",
        )
    elif connection.side(first).fin_acked_packet == other:
        how = say(
            "in three segments: FIN, the other's FIN with its ACK, ACK",
            "用三个报文段：FIN、对方的 FIN 与 ACK 合一、ACK",
        )
    else:
        how = say("in four segments: FIN, ACK, the other's FIN, ACK", "用四个报文段：FIN、ACK、对方的 FIN、ACK")
    if connection.side(OTHER[first]).fin_acked_packet is None:
        how = say("then the other side; its FIN is not acknowledged", "随后对方关闭；其 FIN 未被确认")
    yield talk.sentence(
        say(
            "{who} closes first{by}{late}, {how}",
            "{who} 先关闭{by}{late}，{how}",
            who=talk.name(first),
            by=_call(calls),
            late=_late(talk, fin),
            how=how,
        ),
        connection.close_packets,
        talk.time_of(fin),
        *calls,
    )


def half_closed(talk: Talk) -> Iterator[Sentence]:
    """What the other side sent after the first FIN: that ends one direction (RFC 9293, 3.6.1; shutdown(2))."""
    first = talk.connection.first_closer
    fin = None if first is None else talk.connection.side(first).fin_packet
    if first is None or fin is None:
        return
    later = [piece for piece in talk.pieces(OTHER[first]) if piece.packet > fin]
    if later:
        yield talk.sentence(
            say(
                "after this FIN {other} still sends {n}: only one direction is closed (RFC 9293, 3.6.1)",
                "此 FIN 之后 {other} 仍发送了 {n}：只有一个方向关闭了（RFC 9293，3.6.1）",
                other=talk.name(OTHER[first]),
                n=plural(sum(piece.length for piece in later), "byte", "bytes", "字节"),
            ),
            [fin, *(piece.packet for piece in later)],
            talk.time_of(later[0].packet),
        )


def time_wait(talk: Talk) -> Iterator[Sentence]:
    """Which side holds the connection in TIME-WAIT: that of the first FIN, both after a simultaneous close.

    Two maximum segment lifetimes (RFC 9293, 3.6.1), 60 s on Linux; confirmed by the host's socket table if it was read.
    """
    connection = talk.connection
    for role in ("client", "server"):
        if connection.side(role).state != TIME_WAIT or connection.close is not Close.FIN:
            continue
        again = say(
            "; a server that is started again has to set SO_REUSEADDR to bind() that port (socket(7))",
            "；重新启动的服务端须设置 SO_REUSEADDR 才能 bind() 该端口（socket(7)）",
        )
        yield talk.sentence(
            say(
                "{who} holds the connection in TIME-WAIT, 60 s on Linux (RFC 9293, 3.6.1){shown}{again}",
                "{who} 上的连接处于 TIME-WAIT，Linux 上为 60 秒（RFC 9293，3.6.1）{shown}{again}",
                who=talk.name(role),
                shown=_shown(talk, role),
                again=again if role == "server" else same(""),
            ),
            connection.close_packets[-1:],
            connection.end,
        )


def left_open(talk: Talk) -> Iterator[Sentence]:
    """A connection that nothing ended in the capture, or only one side (RFC 9293, 3.6.1: CLOSE-WAIT, FIN-WAIT-2)."""
    connection = talk.connection
    if connection.close is not Close.OPEN or connection.handshake is Handshake.HALF_OPEN:
        return
    first = connection.first_closer
    fin = None if first is None else connection.side(first).fin_packet
    if first is None or fin is None:
        yield talk.sentence(
            say(
                "nobody closes while the capture lasts: the connection stays open",
                "抓包期间没有任何一方关闭：连接保持打开",
            ),
            (connection.last_packet,),
            connection.end,
        )
        return
    other = OTHER[first]
    yield talk.sentence(
        say(
            "{who} closes{late}, {other} never does: {who} is left in {state}, {other} in {its} until its program "
            "calls close()",
            "{who} 关闭{late}，{other} 始终没有关闭：{who} 停在 {state}，{other} 停在 {its}，直到其程序调用 close()",
            who=talk.name(first),
            late=_late(talk, fin),
            other=talk.name(other),
            state=connection.side(first).state,
            its=connection.side(other).state,
        ),
        connection.close_packets,
        connection.end,
    )


def _by(talk: Talk, role: Role, packet: int) -> list[Beside]:
    """The call that put the FIN on the wire."""
    return [each for each in talk.called(role, "close", "shutdown") if packet in each.caused][:1]


def _call(calls: list[Beside]) -> Text:
    if not calls:
        return same("")
    return say(" by {name}(){where}", "，用 {name}(){where}", name=visible(calls[0].call.name), where=place(calls[0]))


def _late(talk: Talk, fin: int) -> Text:
    """That it was not the program that closed."""
    if not talk.late(fin):
        return same("")
    return say(", only when the steps are over and the lab ends it", "，但那是步骤结束后由实验室终止的")


def _shown(talk: Talk, role: Role) -> Text:
    """Whether a socket table that was read while it had to last shows it."""
    record, connection = talk.seen.record, talk.connection
    end = connection.side(role).endpoint
    host = host_at(end.address, record)
    if record is None or host is None or connection.closed is None:
        return same("")
    read = [
        (name, states[host])
        for name, states in record.observations.items()
        if host in states and 0 <= states[host].time - connection.closed < LASTS
    ]
    for name, state in read:
        if _holds(state, end.port, connection.side(OTHER[role]).endpoint.port):
            return say("; its socket table shows it (`{name}`)", "；其套接字表可证（`{name}`）", name=visible(name))
    if read:
        after = duration(read[0][1].time - connection.closed)
        return say(
            "; its socket table, read after {span}, does not show it; unknown: why",
            "；{span} 后读取的套接字表中没有它；未知：原因",
            span=after,
        )
    return say(
        "; unknown: whether its socket table shows it, for it was not read", "；未知：套接字表是否可证，因为没有读取"
    )


def _holds(state: HostState, local: int, remote: int) -> bool:
    return any(s.state == TIME_WAIT and s.local_port == local and s.remote_port == remote for s in state.sockets)
