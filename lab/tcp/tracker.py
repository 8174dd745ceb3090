"""Segments to connections: finds the connection of each segment, and begins another where ports are used again.

Streams are divided as Wireshark 4.4 divides them: a SYN or SYN-ACK begins a new one where its sequence number
differs from the one stored for that direction, or where a FIN or RST has been seen.
"""

from __future__ import annotations

from lab.conversations import Connection
from lab.tcp.analysis import MOST_UNACKED
from lab.tcp.conversation import Flow, Tracked
from lab.tcp.segment import ACK, MASK, PSH, SYN, Seen
from lab.tcp.zeek_timers import HANDSHAKE_IDLE

NOT_PLAIN = 0x1FF & ~PSH  # flags of which a plain segment has only ACK


class Tracker:
    """Takes segments in the order of the capture, does no I/O and has no clock but theirs.

    Its memory is bound by the connections, unless `keep` is set: then each segment is kept, and the streams.
    """

    def __init__(self, *, keep: bool = True) -> None:
        self._keep = keep
        self._flows: dict[bytes, Flow] = {}
        self._count = 0
        self._done: list[Connection] = []
        self._now = 0

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
        if (
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
        self, key: bytes, flow: Flow | None, interface: int, fields: tuple[int, ...], data: bytes, at: int
    ) -> None:
        number, time, seq, ack, flags, window, length = fields
        header = flags >> 12 << 2
        payload = data[at + header : at + header + length] if length > 0 else b""
        options = data[at + 20 : at + header]
        seen = Seen(number, time, seq, ack, flags & 0x1FF, window, max(length, 0), payload, options)
        before, self._now = self._now, time
        reused = False
        if flow is None or (flags & SYN and flow.connection.is_reuse(flow, seq)):
            reused = flow is not None
            flow = self._begin(key, seen, interface)
        if length < 0:
            flow.connection.unreadable(flow, number, time)
        else:
            flow.connection.segment(flow, seen, before, reused=reused)

    def _begin(self, key: bytes, seen: Seen, interface: int) -> Flow:
        size = (len(key) - 4) // 2
        back = key[size : 2 * size] + key[:size] + key[-2:] + key[-4:-2]
        old = self._flows.get(key)
        if old is not None:
            self._done.append(old.connection.finished())
        self._count += 1
        connection = Tracked(self._count, key, seen, interface, keep=self._keep)
        self._flows[back] = connection.flows[1]
        self._flows[key] = connection.flows[0]
        return connection.flows[0]

    def finish(self) -> list[Connection]:
        """All connections, in the order of their first packets; the capture is over."""
        open_ones = {flow.connection.index: flow.connection for flow in self._flows.values()}
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
