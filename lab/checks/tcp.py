"""Kinds that read the connections of a capture: their number, and their handshakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lab.checks.facts import RunFacts, segments
from lab.checks.parameters import Count, Counted, Ends, Limits
from lab.checks.wording import Noun, Wanted, between, instead, packet_list, phrase, qualified, shortened
from lab.conversations import Connection, Handshake
from lab.ends import Zh
from lab.results import Finding
from lab.text import Text, join, same, say

ConnState = Literal["S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"]
Completeness = Literal["complete with data", "complete without data", "incomplete"]

COMPLETENESS: Mapping[Completeness, Text] = {
    "complete with data": Text("complete with data", "完整且有数据"),
    "complete without data": Text("complete without data", "完整但没有数据"),
    "incomplete": Text("incomplete", "不完整"),
}
WITH_DATA = frozenset({31, 47, 63})  # Wireshark's tcp.completeness: SYN 1, SYN-ACK 2, ACK 4, DATA 8, FIN 16, RST 32
WITHOUT_DATA = frozenset({23, 39, 55})

HANDSHAKES = Noun("complete handshake", "complete handshakes", "次完整握手")
HALF_OPEN = Noun("half-open attempt", "half-open attempts", "次半开的尝试")
IGNORED = Noun("ignored attempt", "ignored attempts", "次被忽略的尝试")


class HandshakeParams(Ends, Limits):
    """Three-way handshakes were completed (RFC 9293, section 3.5).

    A handshake is complete when a SYN, a SYN-ACK that acknowledges it and a client's segment that
    acknowledges the SYN-ACK were seen. Connections whose server refused or never answered are half-open; ignored
    are those of which no SYN got any answer, neither SYN-ACK nor RST, as of a host that is not there or a listener
    whose queue is full.
    """

    zh: ClassVar[str] = (
        "完成了三次握手（RFC 9293 第 3.5 节）。\n\n"
        "依次出现 SYN、确认它的 SYN-ACK、以及客户端确认 SYN-ACK 的报文段，握手才算完成。"
        "服务端拒绝或从未应答的连接是半开的；其中被忽略的是任何 SYN 都没有得到应答（既无 SYN-ACK 也无 RST）的连接，"
        "例如主机不存在，或监听队列已满。"
    )
    example: ClassVar[str] = "{to: {host: server, port: 8080}, complete: 3}"

    complete: Annotated[
        Count | None, Field(description="the exact number of complete handshakes"), Zh("完成的握手的确切个数")
    ] = None
    half_open: Annotated[
        Count | None,
        Field(description="the exact number of attempts that stayed half-open"),
        Zh("停在半开状态的尝试的确切个数"),
    ] = None
    ignored: Annotated[
        Count | None,
        Field(description="the exact number of attempts that nobody answered"),
        Zh("无人应答的尝试的确切个数"),
    ] = None

    @property
    def exactly(self) -> int | None:
        """`complete`."""
        return self.complete

    @property
    def asks_complete(self) -> bool:
        """Whether the number of complete handshakes matters: not where only others are asked for."""
        return self.counted or (self.half_open is None and self.ignored is None)

    @property
    def asserts_absence(self) -> bool:
        """Holds on an empty capture if none of what it asks for must have happened."""
        return not self.half_open and not self.ignored and not (self.asks_complete and self.bounds.least)


def handshake(run: RunFacts, params: HandshakeParams) -> Finding:
    """Count the complete handshakes, and the half-open and ignored ones where asked."""
    tried = run.selected(params)
    complete = [c for c in tried if c.handshake is Handshake.COMPLETE]
    half_open = [c for c in tried if c.handshake is Handshake.HALF_OPEN]
    expected: list[Text] = []
    actual: list[Text] = []
    ok = True
    if params.asks_complete:
        expected.append(HANDSHAKES.within(params.bounds))
        actual.append(HANDSHAKES.of(len(complete)))
        ok = params.bounds.holds(len(complete))
    others_right = True
    ignored = [c for c in half_open if c.server.isn is None and c.server.rst_packet is None]
    for wanted, found, noun in ((params.half_open, half_open, HALF_OPEN), (params.ignored, ignored, IGNORED)):
        if wanted is not None:
            expected.append(noun.of(wanted))
            actual.append(noun.of(len(found)))
            others_right = others_right and wanted == len(found)
    ok = ok and others_right
    ends = between(params.from_, params.to)
    came = join(say(" and ", "和 "), actual)
    details = [_half_open(run, c) for c in half_open] + instead(run, params, tried)
    return Finding(
        ok,
        expected=phrase(join(say(" and ", "和 "), expected), ends),
        actual=phrase(came, ends) if ok else say("found {came}", "找到 {came}", came=came),
        details=() if ok else shortened(details),
        packets=tuple(c.handshake_packets for c in (complete if ok and params.asks_complete else tried)),
        share=params.bounds.share(len(complete)) if others_right else 0.0,
    )


def _half_open(run: RunFacts, connection: Connection) -> Text:
    client, server = run.end(connection.client.endpoint), run.end(connection.server.endpoint)
    syns = [s.number for s in segments(connection) if s.sender == "client" and "SYN" in s.flags.split()]
    refused = connection.server.rst_packet
    if refused is not None and connection.server.isn is None:
        return say(
            "{client} was refused by {server}: RST at packet {rst}, for the SYN at {packets}",
            "{client} 被 {server} 拒绝：第 {rst} 包 RST，针对{packets}的 SYN",
            client=client,
            server=server,
            packets=packet_list(syns),
            rst=refused,
        )
    if connection.server.isn is None:
        return say(
            "the SYN of {client} to {server} was never answered ({packets})",
            "{client} 发往 {server} 的 SYN 从未得到应答（{packets}）",
            client=client,
            server=server,
            packets=packet_list(syns),
        )
    return say(
        "{client} never acknowledged the SYN-ACK of {server} ({packets})",
        "{client} 始终没有确认 {server} 的 SYN-ACK（{packets}）",
        client=client,
        server=server,
        packets=packet_list(connection.handshake_packets),
    )


class ConnectionsParams(Ends, Counted):
    """There were so many connections, of a Zeek conn_state or a Wireshark completeness if given."""

    zh: ClassVar[str] = "出现了若干条连接；可以限定 Zeek 的 conn_state 或 Wireshark 的完整性（completeness）。"
    example: ClassVar[str] = "{to: {host: server, port: 8080}, conn_state: SF, count: 3}"

    conn_state: Annotated[
        ConnState | None,
        Field(description="Zeek's conn_state of the connections to count"),
        Zh("要统计的连接的 Zeek conn_state"),
    ] = None
    completeness: Annotated[
        Completeness | None,
        Field(description="Wireshark's tcp.completeness of the connections to count, in its words"),
        Zh("要统计的连接的 Wireshark tcp.completeness 类别"),
    ] = None


def connections(run: RunFacts, params: ConnectionsParams) -> Finding:
    """Count the connections of the state and the completeness asked for."""
    candidates = run.selected(params)
    fitting = [
        c
        for c in candidates
        if params.conn_state in (None, c.conn_state) and params.completeness in (None, completeness(c.completeness))
    ]
    state = [] if params.conn_state is None else [same(params.conn_state)]
    which = qualified(state + ([] if params.completeness is None else [COMPLETENESS[params.completeness]]))
    details = [
        say(
            "{client} to {server}: {state}, {completeness} ({bits}), packets {first} to {last}",
            "{client} 到 {server}：{state}，{completeness}（{bits}），第 {first} 到 {last} 包",
            client=run.end(c.client.endpoint),
            server=run.end(c.server.endpoint),
            state=c.conn_state,
            completeness=COMPLETENESS[completeness(c.completeness)],
            bits=c.completeness,
            first=c.first_packet,
            last=c.last_packet,
        )
        for c in candidates
    ]
    return Wanted(
        params.bounds,
        Noun(f"connection{which.en}", f"connections{which.en}", f"条连接{which.zh}"),
        between(params.from_, params.to),
    ).finding(
        len(fitting),
        details=details + instead(run, params, candidates),
        packets=[(c.first_packet, c.last_packet) for c in fitting],
    )


def completeness(bits: int) -> Completeness:
    """Wireshark's class of the completeness `bits`."""
    if bits in WITH_DATA:
        return "complete with data"
    return "complete without data" if bits in WITHOUT_DATA else "incomplete"
