"""Who connected to whom, what the handshake agreed, and how long accept() came after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.conversations import Handshake, TcpOptions
from lab.explain.talk import Talk, place, running
from lab.report.wording import duration, plural
from lab.seen import Sentence
from lab.text import Text, join, same, say
from lab.trace.beside import Beside
from lab.visible import visible

EPHEMERAL = range(32768, 61000)
"""Linux's default net.ipv4.ip_local_port_range (ip(7))."""
AND = say(" and ", "、")


def connected(talk: Talk) -> Iterator[Sentence]:
    """Who sent the first SYN, from which program and port.

    A socket that connect() finds without a port is given one from net.ipv4.ip_local_port_range (ip(7)); one with a
    port has been through bind().
    """
    if talk.connection.handshake is Handshake.NONE:
        yield talk.sentence(
            say(
                "unknown: who connected; the capture begins in the middle of this connection",
                "未知：谁发起的连接；抓包开始时连接已经存在",
            ),
            (talk.connection.first_packet,),
            talk.connection.start,
        )
        return
    connects = talk.called("client", "connect")
    complete = talk.connection.handshake is Handshake.COMPLETE
    yield talk.sentence(
        say(
            "{who}{program} {connects} to {server}{where} from port {port}, {how}",
            "{who}{program} {connects} {server}{where}，源端口 {port}，{how}",
            who=talk.name("client"),
            program=_program(talk, connects),
            connects=say("connects", "连接") if complete else say("tries to connect", "尝试连接"),
            server=talk.end("server"),
            where=place(connects[0]) if connects else same(""),
            port=talk.connection.client.endpoint.port,
            how=_port(talk, connects),
        ),
        talk.connection.handshake_packets[:1],
        talk.connection.start,
        *connects[:1],
    )


def asked_again(talk: Talk) -> Iterator[Sentence]:
    """A SYN that stays unanswered is sent again, first after 1 s (RFC 6298, 2.1)."""
    syns = [s for s in talk.segments if s.sender == "client" and s.flags == "SYN"]
    answered = len(talk.connection.handshake_packets) > 1
    if len(syns) > 1 and answered:
        yield talk.sentence(
            say(
                "{n} before one was answered: after {wait} the SYN was sent again (RFC 6298, 2.1); "
                "unknown: whether the first was lost or ignored",
                "{n}之后才有应答：{wait}后重发了 SYN（RFC 6298，2.1）；未知：第一个是丢失了还是被忽略",
                n=plural(len(syns), "SYN", "SYNs", "个 SYN "),
                wait=duration(syns[1].time - syns[0].time),
            ),
            [s.number for s in syns],
        )


def agreed(talk: Talk) -> Iterator[Sentence]:
    """What the handshake agreed: options that both sides offer (RFC 9293, 3.5 and 3.7.1; RFC 7323; RFC 2018)."""
    connection = talk.connection
    if connection.handshake is not Handshake.COMPLETE or connection.established is None:
        return
    client, server = connection.client.options, connection.server.options
    if client is None or server is None:
        return
    yield talk.sentence(
        say(
            "the handshake is complete after {span}: {what}",
            "握手用时 {span}：{what}",
            span=duration(connection.established - connection.start),
            what=join(say(", ", "，"), [_segments(client, server), _windows(client, server), *_extras(client, server)]),
        ),
        connection.handshake_packets,
        connection.established,
    )


def accepted(talk: Talk) -> Iterator[Sentence]:
    """How long accept() came after the handshake, which the kernel makes without it (listen(2), accept(2))."""
    connection = talk.connection
    for each in talk.called("server", "accept", "accept4"):
        call = each.call
        if connection.established is None or call.ended is None or call.error is not None:
            continue
        waited = call.started - connection.established
        text = say(
            "accept(){where} waits already, and returns {span} after the handshake",
            "accept(){where}已在等待，握手后 {span} 返回",
            where=place(each),
            span=duration(max(call.ended - connection.established, 0)),
        )
        if waited > 0:
            text = say(
                "accept(){where} is called {span} after the handshake: until then the connection waits in the backlog "
                "of listen(2)",
                "握手后 {span} 才调用 accept(){where}：此前连接在 listen(2) 的队列中等待",
                where=place(each),
                span=duration(waited),
            )
        yield talk.sentence(text, each.woken_by or connection.handshake_packets[-1:], call.ended, each)


def _program(talk: Talk, connects: Sequence[Beside]) -> Text:
    """The program that connected, in brackets, or that it is unknown."""
    if connects:
        return say(" (program {name})", "（程序 {name}）", name=visible(connects[0].call.program))
    there = running(talk.seen, talk.connection.client.endpoint, talk.connection.start)
    if there is None:
        return same("")
    if len(there) == 1:
        return say(" (program {name})", "（程序 {name}）", name=visible(there[0]))
    return say(" (program unknown)", "（程序未知）")


def _port(talk: Talk, connects: Sequence[Beside]) -> Text:
    """Where the client's port comes from."""
    if connects:
        descriptors = {(each.call.process, each.call.descriptor) for each in connects}
        bound = [
            each
            for each in talk.seen.calls
            if each.call.name == "bind"
            and each.call.error is None
            and (each.call.process, each.call.descriptor) in descriptors
            and each.call.local is not None
            and each.call.local.port == talk.connection.client.endpoint.port
        ]
        if bound:
            return say("which bind(){where} chose", "由 bind(){where}选定", where=place(bound[0]))
        return say("an ephemeral one that the kernel chose (ip(7))", "由内核选的临时端口（ip(7)）")
    if talk.connection.client.endpoint.port in EPHEMERAL:
        return say("which is ephemeral by Linux's default (ip(7))", "按 Linux 默认属于临时端口（ip(7)）")
    return say(
        "which is not ephemeral by Linux's default (ip(7)); unknown: whether bind() chose it",
        "按 Linux 默认不是临时端口（ip(7)）；未知：是否由 bind() 选定",
    )


def _segments(client: TcpOptions, server: TcpOptions) -> Text:
    """MSS is no agreement: each side says what it takes, 536 where it says nothing (RFC 9293, 3.7.1)."""
    sizes = [536 if each.mss is None else each.mss for each in (client, server)]
    if sizes[0] == sizes[1]:
        return say("segments of at most {n} bytes (MSS)", "报文段最多 {n} 字节（MSS）", n=sizes[0])
    return say(
        "segments to the client of at most {a} bytes, to the server {b} (MSS)",
        "发给客户端的报文段最多 {a} 字节，发给服务端的最多 {b} 字节（MSS）",
        a=sizes[0],
        b=sizes[1],
    )


def _windows(client: TcpOptions, server: TcpOptions) -> Text:
    """Windows are scaled only where both SYNs say so (RFC 7323, 2.2)."""
    if client.window_scale is None or server.window_scale is None:
        return say("windows not scaled, so at most 65,535 bytes", "窗口不缩放，最多 65,535 字节")
    scales = [f"{1 << each:,}" for each in (client.window_scale, server.window_scale)]
    if scales[0] == scales[1]:
        return say("windows in units of {n} bytes", "窗口以 {n} 字节为单位", n=scales[0])
    return say(
        "windows of the client in units of {a} bytes, of the server {b}",
        "客户端窗口以 {a} 字节为单位，服务端以 {b} 字节为单位",
        a=scales[0],
        b=scales[1],
    )


def _extras(client: TcpOptions, server: TcpOptions) -> list[Text]:
    both = [
        (client.sack_permitted and server.sack_permitted, say("selective ACKs (SACK)", "选择确认（SACK）")),
        (client.timestamps and server.timestamps, say("timestamps", "时间戳")),
    ]
    agreed_on = [name for on, name in both if on]
    missing = [name for on, name in both if not on]
    without = [say("no {what}", "无{what}", what=join(say(" or ", "和"), missing))] if missing else []
    return ([join(AND, agreed_on)] if agreed_on else []) + without
