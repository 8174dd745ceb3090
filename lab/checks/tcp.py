"""Kinds that read the connections of a capture: their number, handshakes and retransmissions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lab.checks.facts import RunFacts, segments
from lab.checks.parameters import Count, Counted, Ends, Limits, Zh
from lab.checks.wording import ROLES, SIDES, Noun, Wanted, between, instead, packet_list, phrase, qualified, shortened
from lab.conversations import Connection, Handshake, Mark
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
RESENT = frozenset({Mark.RETRANSMISSION, Mark.FAST_RETRANSMISSION, Mark.SPURIOUS_RETRANSMISSION})

HANDSHAKES = Noun("complete handshake", "complete handshakes", "次完整握手")
HALF_OPEN = Noun("half-open attempt", "half-open attempts", "次半开的尝试")
RETRANSMISSIONS = Noun("retransmission", "retransmissions", "次重传")


class HandshakeParams(Ends, Limits):
    """Three-way handshakes were completed (RFC 9293, section 3.5).

    A handshake is complete when a SYN, a SYN-ACK that acknowledges it and a client's segment that
    acknowledges the SYN-ACK were seen. Connections whose server refused or never answered are half-open.
    """

    zh: ClassVar[str] = (
        "完成了三次握手（RFC 9293 第 3.5 节）。\n\n"
        "依次出现 SYN、确认它的 SYN-ACK、以及客户端确认 SYN-ACK 的报文段，握手才算完成。"
        "服务端拒绝或从未应答的连接是半开的。"
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

    @property
    def exactly(self) -> int | None:
        """`complete`."""
        return self.complete

    @property
    def asks_complete(self) -> bool:
        """Whether the number of complete handshakes matters: not where only half-open ones are asked for."""
        return self.counted or self.half_open is None

    @property
    def asserts_absence(self) -> bool:
        """Holds on an empty capture if none of what it asks for must have happened."""
        return not self.half_open and not (self.asks_complete and self.bounds.least)


def handshake(run: RunFacts, params: HandshakeParams) -> Finding:
    """Count the complete handshakes, and the half-open ones where asked."""
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
    if params.half_open is not None:
        expected.append(HALF_OPEN.of(params.half_open))
        actual.append(HALF_OPEN.of(len(half_open)))
        ok = ok and params.half_open == len(half_open)
    ends = between(params.from_, params.to)
    came = join(say(" and ", "和 "), actual)
    details = [_half_open(run, c) for c in half_open] + instead(run, tried)
    return Finding(
        ok,
        expected=phrase(join(say(" and ", "和 "), expected), ends),
        actual=phrase(came, ends) if ok else say("found {came}", "找到 {came}", came=came),
        details=() if ok else shortened(details),
        packets=tuple(c.handshake_packets for c in (complete if ok and params.asks_complete else tried)),
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
        details=details + instead(run, candidates),
        packets=[(c.first_packet, c.last_packet) for c in fitting],
    )


def completeness(bits: int) -> Completeness:
    """Wireshark's class of the completeness `bits`."""
    if bits in WITH_DATA:
        return "complete with data"
    return "complete without data" if bits in WITHOUT_DATA else "incomplete"


class RetransmissionsParams(Ends, Counted):
    """So many segments were sent again.

    It counts the union of what Wireshark calls retransmission, fast retransmission and spurious
    retransmission, because which of the three it is depends on timing.
    """

    zh: ClassVar[str] = (
        "有若干报文段被重传。\n\n"
        "统计 Wireshark 所说的重传、快速重传与虚假重传之和：属于三者中的哪一种取决于时间，不宜作为判据。"
    )
    example: ClassVar[str] = "{to: {host: server, port: 8080}, at_most: 0}"

    sent_by: Annotated[
        Literal["client", "server"] | None, Field(description="only those of one side"), Zh("只统计某一方的")
    ] = None


def retransmissions(run: RunFacts, params: RetransmissionsParams) -> Finding:
    """Count the segments that were sent again."""
    candidates = run.selected(params)
    resent = [
        (c, [s for s in segments(c) if s.marks & RESENT and params.sent_by in (None, s.sender)]) for c in candidates
    ]
    names = run.clients(candidates)
    details = [
        say(
            "{sender} sent again at {packets}, on the connection of {client}",
            "{sender}在{packets}重传（{client} 的连接）",
            sender=SIDES[role],
            packets=packet_list([s.number for s in again if s.sender == role]),
            client=names[c.index],
        )
        for c, again in resent
        for role in ROLES
        if any(s.sender == role for s in again)
    ]
    return Wanted(
        params.bounds,
        RETRANSMISSIONS,
        between(params.from_, params.to),
    ).finding(
        sum(len(again) for _, again in resent),
        details=details + instead(run, candidates),
        packets=[tuple(s.number for s in again) for _, again in resent if again],
    )
