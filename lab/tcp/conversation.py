"""One connection while it is being tracked: both directions under every analysis, and what becomes of it."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from lab.conversations import Connection, Endpoint, Mark, Segment, Side
from lab.packets import address_text
from lab.tcp.analysis import (
    KEEP_ALIVE,
    MARKS,
    PORT_REUSED,
    SAW_ACK,
    SAW_DATA,
    SAW_FIN,
    SAW_RST,
    ZERO_WINDOW_PROBE,
    Analysis,
    Sender,
)
from lab.tcp.lifecycle import Life, Lifecycle
from lab.tcp.reassembly import Bytes
from lab.tcp.segment import ACK, MASK, RST, SYN, Seen, delta, flag_names, syn_options
from lab.tcp.states import CLOSED, ESTABLISHED, LISTEN, SYN_RECEIVED
from lab.tcp.zeek import ZeekRecord

_NO_MARKS: frozenset[Mark] = frozenset()


class Latest(NamedTuple):
    """A segment with the number and the ends of its connection, as they are known so far."""

    connection: int
    client: Endpoint
    server: Endpoint
    segment: Segment


class Flow(Sender):
    """One direction of a tracked connection.

    While `plain` holds, a segment in sequence changes nothing but the numbers here, and the tracker only keeps
    those; `Tracked.segment` makes the other analyses catch up.
    """

    __slots__ = (
        "acks_known", "connection", "data_known", "examined", "last_packet", "peer", "plain", "rushed_bytes", "side",
    )  # fmt: skip

    def __init__(self, connection: Tracked, side: int) -> None:
        super().__init__()
        self.connection = connection
        self.side = side
        self.peer = self
        self.plain = False
        self.acks_known = False
        """Another pure ACK adds nothing to completeness and history."""
        self.data_known = False
        """Another data segment adds nothing to them."""
        self.last_packet = 0
        self.examined = 0
        """How many of `packets` were not plain."""
        self.rushed_bytes = 0
        """Payload since the last of those."""

    def is_reuse(self, seq: int) -> bool:
        """Whether a SYN or SYN-ACK with `seq` from here begins another connection (Wireshark's rule)."""
        return self.base is not None and (self.base != seq or self.connection.ended)


class Tracked:
    """A connection that may still get segments."""

    __slots__ = (
        "_analysis", "_bytes", "_end", "_life", "_zeek", "first_packet", "flows", "index", "interface", "kept", "key",
        "ports", "start",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 - an object made of them first would be one more for each connection
        self,
        index: int,
        key: bytes,
        number: int,
        time: int,
        flags: int,
        interface: int,
        *,
        keep: bool,
        unheard: Container[int] = frozenset(),
    ) -> None:
        self.index = index
        self.key = key
        """Of the first segment, as `number`, `time` and `flags` are: addresses, then ports."""
        self.interface = interface
        self.ports = int.from_bytes(key[-4:-2], "big"), int.from_bytes(key[-2:], "big")
        self.flows = Flow(self, 0), Flow(self, 1)
        self.flows[0].peer, self.flows[1].peer = self.flows[1], self.flows[0]
        self.first_packet = number
        self.start = self._end = time
        self.kept: list[tuple[int, Seen, int, str, str]] | None = [] if keep else None
        self._bytes = (Bytes(), Bytes()) if keep else None
        self._analysis = Analysis()
        self._life = Lifecycle(unheard)
        self._zeek = ZeekRecord(time, flags, self.ports)

    @property
    def ended(self) -> bool:
        """Whether a FIN or a RST has been seen."""
        return self._analysis.completeness & (SAW_FIN | SAW_RST) != 0

    def segment(self, flow: Flow, seen: Seen, before: int, *, reused: bool = False) -> None:
        """Take in any segment; `before` is the time of the segment before it in the whole capture."""
        self._catch_up()
        first = flow.base is None
        self._analysis.complete(seen.flags, seen.length, first=first)
        marks = self._analysis.segment(flow, flow.peer, seen) | (PORT_REUSED if reused else 0)
        self._life.segment(flow.side, seen)
        if not self._zeek.over(seen.time, before):
            self._zeek.segment(flow.side, seen, self.ports)
        self._counted(flow, seen.number, seen.time)
        if self.kept is None:
            self._settle()
        else:
            ends = self._life.ends
            self.kept.append((flow.side, seen, marks, ends[0].state, ends[1].state))

    def unreadable(self, flow: Flow, number: int, time: int) -> None:
        """Take in a segment whose header's length makes no sense: only that it was there."""
        self._catch_up()
        self._counted(flow, number, time)

    def _counted(self, flow: Flow, number: int, time: int) -> None:
        flow.packets += 1
        flow.examined = flow.packets
        flow.last_packet, self._end = number, max(self._end, time)

    def _catch_up(self) -> None:
        """Let the analyses know of the plain segments that were only counted."""
        one, other = self.flows
        if one.examined == one.packets and other.examined == other.packets:
            return
        for flow in self.flows:
            if flow.rushed_bytes:
                flow.most_acked, flow.next_length = flow.next, flow.rushed_bytes
            self._zeek.catch_up(flow.side, flow.rushed_bytes, delta(flow.next, flow.peer.ack))
            if flow.examined != flow.packets:
                self._end = max(self._end, flow.ack_time)
            flow.rushed_bytes, flow.examined = 0, flow.packets
        self._zeek.timers.last_time = self._end

    def _settle(self) -> None:
        """Find out whether segments in sequence may now be rushed."""
        one, other = self.flows
        zeek = self._zeek
        plain = (
            self._life.ends[0].state == self._life.ends[1].state == ESTABLISHED
            and self._life.established is not None
            and zeek.quiet(0)
            and zeek.quiet(1)
            and not zeek.ended
            and _settled(one)
            and _settled(other)
            and zeek.agrees(0, one.next, other.ack)
            and zeek.agrees(1, other.next, one.ack)
        )
        for flow in self.flows:
            flow.plain = plain
            if plain and not (flow.acks_known and flow.data_known):
                once = zeek.ends[flow.side].once
                flow.acks_known = "A" in once and bool(self._analysis.completeness & SAW_ACK)
                flow.data_known = "D" in once and bool(self._analysis.completeness & SAW_DATA)

    def take(self) -> Latest:
        """The segment that was kept last; none of those that are kept stays."""
        assert self.kept
        client = self._zeek.originator
        first, second = (_endpoint(self.key, self.ports[side], side) for side in (client, 1 - client))
        segment = self._segment(client, *self.kept[-1])
        self.kept.clear()
        return Latest(self.index, first, second, segment)

    def finished(self) -> Connection:
        """The connection as it is known at the end of the capture, or of its turn of these ports."""
        self._catch_up()
        life, zeek = self._life, self._zeek
        client = zeek.originator
        sides = [self._side(0), self._side(1)]
        return Connection(
            index=self.index,
            client=sides[client],
            server=sides[1 - client],
            interface=self.interface,
            first_packet=self.first_packet,
            last_packet=max(flow.last_packet for flow in self.flows),
            start=self.start,
            end=self._end,
            packets=self.flows[0].packets + self.flows[1].packets,
            completeness=self._analysis.completeness,
            conn_state=zeek.conn_state,
            history=zeek.history,
            handshake=life.handshake,
            handshake_packets=tuple(life.handshake_packets),
            established=life.established,
            close=life.close,
            first_closer=None if life.first_closer is None else ("client", "server")[life.first_closer ^ client],
            close_packets=tuple(life.close_packets),
            simultaneous_close=life.simultaneous_close,
            closed=life.closed,
            segments=None if self.kept is None else [self._segment(client, *each) for each in self.kept],
        )

    def _side(self, number: int) -> Side:
        flow, life = self.flows[number], self._life.ends[number]
        side = Side(
            endpoint=_endpoint(self.key, self.ports[number], number),
            state=self._state(number, life.state),
            isn=life.isn,
            options=life.options,
            packets=flow.packets,
            bytes=self._zeek.size(number),
            retransmissions=flow.retransmissions,
            out_of_order=flow.out_of_order,
            duplicate_acks=flow.duplicate_acks,
            zero_windows=flow.zero_windows,
            keep_alives=flow.keep_alives,
            fin_packet=life.fin_packet,
            fin_acked_packet=life.fin_acked_packet,
            rst_packet=life.rst_packet,
        )
        if self.kept is not None and self._bytes is not None:
            self._put_together(side, self._bytes[number], number)
        return side

    def _put_together(self, side: Side, data: Bytes, number: int) -> None:
        assert self.kept is not None
        base = self._base(number)
        length = 0
        for sender, seen, _, _, _ in self.kept:
            if sender != number or not seen.length or seen.flags & RST:
                continue
            side.data_packets.append(seen.number)
            offset = length + delta(seen.seq + (1 if seen.flags & SYN else 0), (base + 1 + length) & MASK)
            data.add(offset, seen.payload, seen.number)
            length = max(length, offset + seen.length)
        side.stream = data.finished(length)

    def _base(self, number: int) -> int:
        """What sequence numbers of a side are shown relative to."""
        isn, base = self._life.ends[number].isn, self.flows[number].base
        return isn if isn is not None else base or 0

    def _state(self, number: int, inferred: str) -> str:
        """With what is known in the end: a SYN without a SYN-ACK came to a port that is closed, or not at all."""
        life = self._life.ends[number]
        if inferred != SYN_RECEIVED or life.isn is not None:
            return inferred
        return LISTEN if life.rst_packet is None else CLOSED

    def _segment(self, client: int, sender: int, seen: Seen, marks: int, first: str, second: str) -> Segment:
        life = self._life.ends
        states = self._state(0, first), self._state(1, second)
        scaled = not seen.flags & SYN and all(_scale(each) is not None for each in life)
        return Segment(
            number=seen.number,
            time=seen.time,
            sender="client" if sender == client else "server",
            flags=flag_names(seen.flags),
            seq=delta(seen.seq, self._base(sender)),
            ack=delta(seen.ack, self._base(1 - sender)) if seen.flags & ACK else None,
            window=seen.window << (_scale(life[sender]) or 0) if scaled else seen.window,
            payload=seen.payload,
            length=seen.length,
            options=syn_options(seen.options) if seen.flags & SYN else None,
            marks=frozenset(mark for bit, mark in MARKS.items() if marks & bit) if marks else _NO_MARKS,
            client_state=states[client],
            server_state=states[1 - client],
        )


def _settled(flow: Flow) -> bool:
    return (
        flow.window != 0
        and flow.most_acked == flow.next != 0
        and not flow.marks & (KEEP_ALIVE | ZERO_WINDOW_PROBE)
        and not flow.duplicates
        and not flow.sacked
    )


def _scale(life: Life) -> int | None:
    return None if life.options is None else life.options.window_scale


def _endpoint(key: bytes, port: int, number: int) -> Endpoint:
    size = (len(key) - 4) // 2
    return Endpoint(address_text(key[number * size : (number + 1) * size]), port)
