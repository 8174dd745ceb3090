"""Who reset an open connection, and why, as far as packets and calls tell."""

from __future__ import annotations

from collections.abc import Iterator

from lab.conversations import Close, Handshake, Role
from lab.explain.talk import OTHER, ROLES, Talk
from lab.report.wording import plural
from lab.seen import Sentence
from lab.text import Text, same, say
from lab.trace.call import RECEIVE


def reset(talk: Talk) -> Iterator[Sentence]:
    """A RST after the handshake: data came when the socket was closed, it was closed with unread data, or aborted.

    RFC 9293, 3.10.7.1 (a segment for no connection), RFC 2525, 2.17 (unread data), socket(7) (SO_LINGER with 0 s). The
    other side's next recv() fails with ECONNRESET (recv(2)), its send() with EPIPE (send(2)).
    """
    connection = talk.connection
    if connection.handshake is Handshake.HALF_OPEN:
        return
    for role in ROLES:
        packet = connection.side(role).rst_packet
        if packet is None:
            continue
        over = same("") if connection.close is Close.RST else say(" after both FINs", "（在双方的 FIN 之后）")
        late = say(", only when the steps are over and the lab ends it", "，但那是步骤结束后由实验室终止的")
        yield talk.sentence(
            say(
                "{who} resets the connection{over}{late} (RST): {why}",
                "{who} 复位连接{over}{late}（RST）：{why}",
                who=talk.name(role),
                over=over,
                late=late if talk.late(packet) else same(""),
                why=_why(talk, role, packet),
            ),
            (packet,),
        )
        if packet in talk.unheard:
            yield from _half_open(talk, role, packet)


def _half_open(talk: Talk, role: Role, packet: int) -> Iterator[Sentence]:
    """What comes of a RST that was lost: the other end learns of it when it sends something (RFC 9293, 3.5.1)."""
    yield talk.sentence(
        say(
            "{other} does not hear of that: the connection is half-open (RFC 9293, 3.5.1)",
            "{other} 对此一无所知：连接处于半开状态（RFC 9293，3.5.1）",
            other=talk.name(OTHER[role]),
        ),
        (packet,),
    )
    resets = (s for s in talk.segments if s.sender == role and "RST" in s.flags and s.number not in talk.unheard)
    if (again := next(resets, None)) is not None:
        yield talk.sentence(
            say(
                "{who} answers with another RST, for it knows of no such connection (RFC 9293, 3.5.2)",
                "{who} 再以 RST 应答，因为它不认识这个连接（RFC 9293，3.5.2）",
                who=talk.name(role),
            ),
            (again.number,),
        )


def _why(talk: Talk, role: Role, packet: int) -> Text:
    side = talk.connection.side(role)
    came = [piece for piece in talk.pieces(OTHER[role]) if piece.packet < packet]
    after_fin = [piece for piece in came if side.fin_packet is not None and piece.packet > side.fin_packet]
    if after_fin:
        return say(
            "{n} came for a socket that was closed already (RFC 9293, 3.10.7.1)",
            "{n}到达时套接字已经关闭（RFC 9293，3.10.7.1）",
            n=plural(sum(piece.length for piece in after_fin), "byte", "bytes", "字节"),
        )
    lingers = [c for c in talk.called(role, "setsockopt") if "SO_LINGER" in c.call.arguments and c.call.error is None]
    if lingers:
        return say(
            "it had set SO_LINGER: with 0 s, close() aborts (socket(7))",
            "它设置了 SO_LINGER：为 0 秒时 close() 即中止（socket(7)）",
        )
    if talk.traced(role):
        read = sum(each.call.bytes or 0 for each in talk.called(role, *RECEIVE))
        unread = sum(piece.length for piece in came) - read
        if unread > 0:
            return say(
                "it was closed with {n} unread (RFC 2525, 2.17)",
                "关闭时还有 {n}未读（RFC 2525，2.17）",
                n=plural(unread, "byte", "bytes", "字节"),
            )
        return say("unknown: why, for it had read everything", "未知：原因，因为数据都已读取")
    if not came and talk.segments:
        return say(
            "nothing was there to be left unread, so it was aborted (SO_LINGER, socket(7)), or knew of no connection",
            "没有数据可供遗留，因此是主动中止（SO_LINGER，socket(7)），或它不认识这个连接",
        )
    return say(
        "unknown: whether it was closed with unread data (RFC 2525, 2.17) or aborted (SO_LINGER, socket(7))",
        "未知：是关闭时还有未读数据（RFC 2525，2.17），还是主动中止（SO_LINGER，socket(7)）",
    )
