"""Segments to connections: finds the connection of each segment, and begins another where ports are used again.

Streams are divided as Wireshark 4.4 divides them: a SYN or SYN-ACK begins a new one where its sequence number
differs from the one stored for that direction, or where a FIN or RST has been seen.
"""

from __future__ import annotations

from collections.abc import Container

from lab.conversations import Connection
from lab.tcp.analysis import MOST_UNACKED
from lab.tcp.conversation import Flow, Latest, Tracked
from lab.tcp.segment import ACK, FIN, MASK, PSH, RST, SYN, Seen
from lab.tcp.zeek_timers import HANDSHAKE_IDLE

NOT_PLAIN = 0x1FF & ~PSH  # flags of which a plain segment has only ACK
DIVIDES = SYN | FIN | RST  # flags by which streams are divided


class Counted:
    """One direction of a connection that is only counted: what tells where the next one on its ports begins."""

    __slots__ = ("base", "ended", "known", "peer")

    def __init__(self, peer: Counted | None = None) -> None:
        self.base: int | None = None
        """As `Sender.base`."""
        self.known = False
        """The `base` of both directions is, so that only what `DIVIDES` matters."""
        self.ended = False
        """A FIN or RST was seen in either."""
        self.peer = Counted(self) if peer is None else peer

    def segment(self, seq: int, ack: int, flags: int) -> None:
        """Take in any segment."""
        peer = self.peer
        if self.base is None:
            self.base = seq if flags & SYN else (seq - 1) & MASK
        if peer.base is None and flags & ACK:
            peer.base = (ack - 1) & MASK
        self.known = peer.known = peer.base is not None
        if flags & RST or flags & (FIN | ACK) == FIN | ACK:
            self.ended = peer.ended = True

    def is_reuse(self, seq: int) -> bool:
        """As `Flow.is_reuse`."""
        return self.base is not None and (self.base != seq or self.ended)


class Tracker:
    """Takes segments in the order of the capture, does no I/O and has no clock but theirs.

    Its memory is bound by the connections, unless `keep` is set: then each segment is kept, and the streams; where
    `only` is given, those of the connection of that number. Where `wanted` is given, connections whose numbers are not
    in it are counted and no more. `unheard` are the numbers of packets that were captured and came to nothing.
    """

    def __init__(
        self,
        *,
        keep: bool = True,
        only: int | None = None,
        wanted: Container[int] | None = None,
        unheard: Container[int] = frozenset(),
    ) -> None:
        self._keep = keep
        self._only = only
        self._wanted = wanted
        self._unheard = unheard
        self._flows: dict[bytes, Flow | Counted] = {}
        self.count = 0
        """How many connections there have been."""
        self._done: list[Connection] = []
        self._now = 0
        self._last: Tracked | None = None

    def segment(  # noqa: PLR0913, PLR0917 - see lab.packets.Sink
        self,
        key: bytes,
        number: int,
        time: int,
        interface: int,
        seq: int,
        ack: int,
        flags: int,
        window: int,
        length: int,
        data: bytes,
        at: int,
        whole: bool,  # noqa: FBT001 - likewise
        /,
    ) -> None:
        """Take in a segment; the arguments are those of `lab.packets.Sink.segment`.

        The first half is for the many segments that follow in sequence on an established connection: new data, or
        an acknowledgement of what waits for one. It only keeps the numbers that `Tracked.segment` goes on from.
        """
        flow = self._flows.get(key)
        if isinstance(flow, Counted):
            if flow.known and not flags & DIVIDES:
                self._now = time
                return
        elif (
            flow is not None
            and flow.plain
            and seq == flow.next
            and flags & NOT_PLAIN == ACK
            and window
            and time - flow.ack_time < HANDSHAKE_IDLE
        ):
            fresh = ack != flow.ack
            if (whole and flow.data_known) if length else (fresh and flow.acks_known):
                peer = flow.peer
                if not fresh or ack == peer.next or _acknowledged(peer, ack):
                    if fresh:
                        flow.ack = ack
                        if ack == peer.next:
                            peer.unacked.clear()
                    if length:
                        flow.next = past = (seq + length) & MASK
                        flow.next_time = time
                        flow.rushed_bytes += length
                        if len(flow.unacked) < MOST_UNACKED:
                            flow.unacked.append((seq, past))
                    flow.ack_time = self._now = time
                    flow.window = window
                    flow.packets += 1
                    flow.last_packet = number
                    return
        self._examine(key, flow, interface, (number, time, seq, ack, flags, window, length), data, at)

    def _examine(
        self, key: bytes, flow: Flow | Counted | None, interface: int, fields: tuple[int, ...], data: bytes, at: int
    ) -> None:
        number, time, seq, ack, flags, window, length = fields
        before, self._now = self._now, time
        reused = flow is not None and flags & SYN != 0 and flow.is_reuse(seq)
        if flow is None or reused:
            flow = self._begin(key, number, time, flags, interface)
        if isinstance(flow, Counted):
            if length >= 0:
                flow.segment(seq, ack, flags)
        elif length < 0:
            flow.connection.unreadable(flow, number, time)
        else:
            header = flags >> 12 << 2
            payload = data[at + header : at + header + length] if length else b""
            options = data[at + 20 : at + header]
            seen = Seen(number, time, seq, ack, flags & 0x1FF, window, length, payload, options)
            flow.connection.segment(flow, seen, before, reused=reused)
            self._last = flow.connection

    def _begin(self, key: bytes, number: int, time: int, flags: int, interface: int) -> Flow | Counted:
        old = self._flows.get(key)
        if isinstance(old, Flow):
            self._done.append(old.connection.finished())
        self.count += 1
        flow: Flow | Counted
        if self._wanted is not None and self.count not in self._wanted:
            flow = Counted()
        else:
            keep = self._keep and self._only in {None, self.count}
            flow = Tracked(
                self.count, key, number, time, flags & 0x1FF, interface, keep=keep, unheard=self._unheard
            ).flows[0]
        size = (len(key) - 4) // 2
        self._flows[key[size : 2 * size] + key[:size] + key[-2:] + key[-4:-2]] = flow.peer
        self._flows[key] = flow
        return flow

    def take(self) -> Latest | None:
        """The segment that was taken in last, for who looks on; it is kept no longer, and given once. Needs `keep`."""
        last, self._last = self._last, None
        return None if last is None else last.take()

    def finish(self) -> list[Connection]:
        """All connections, or the wanted ones, in the order of their first packets; the capture is over."""
        flows = (flow for flow in self._flows.values() if isinstance(flow, Flow))
        open_ones = {flow.connection.index: flow.connection for flow in flows}
        self._flows.clear()
        return sorted([*self._done, *(each.finished() for each in open_ones.values())], key=lambda each: each.index)


def _acknowledged(sender: Flow, ack: int) -> bool:
    """Take off what `ack` acknowledges, if it ends with a whole segment that waits for it."""
    waiting = sender.unacked
    for place, (_, past) in enumerate(waiting, 1):
        if past == ack:
            del waiting[:place]
            return True
    return False
