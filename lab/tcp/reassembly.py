"""What of a direction has been delivered in order: by Zeek's rules for its gaps, and as bytes for the reader."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field

from lab.conversations import Stream

MADE_UP = 2  # up to here the numbers of a connection whose SYN was not seen are made up
MOST_UNACKED_HOLE = 16384  # tcp_max_above_hole_without_any_acks
STREAM_LIMIT = 256 << 20  # bytes of one direction that are kept


@dataclass(slots=True)
class Reassembly:
    """Zeek's TCP_Reassembler without the bytes; numbers count from the initial sequence number, which is 0."""

    delivered: int = 1
    trimmed: int = 1
    blocks: list[tuple[int, int]] = field(default_factory=list)
    """`(first, past)` of what arrived ahead of a hole, in order."""
    fin: int | None = None
    """One past the FIN."""
    skip: bool = False
    """Delivery was given up."""
    ended: bool = False

    def sent(self, seq: int, length: int, *, acked: int, none_acked: bool) -> None:
        """Payload at `seq` was captured whole; `acked` is what has been acknowledged."""
        past = seq + length
        seq = max(seq, acked, self.trimmed)
        if self.skip or seq >= past:
            return
        if seq <= self.delivered:
            self.delivered = max(self.delivered, past)
            self._join()
        else:
            insort(self.blocks, (seq, past))
        if none_acked and self.blocks and max(self.blocks[-1][1] - self.delivered, 0) > MOST_UNACKED_HOLE:
            self.blocks.clear()
            self.skip = True

    def acknowledged(self, ack: int, *, partial: bool) -> int:
        """Everything before `ack` was acknowledged; how many holes that shows to be gaps in the capture."""
        if self.fin is not None and ack >= self.fin:
            ack = self.fin - 1
        if ack <= self.trimmed:
            return 0
        gaps = 0
        if ack > self.delivered and not (ack <= MADE_UP and partial):
            if not self.skip:
                gaps = self._give_up(ack)
            self.delivered = max(self.delivered, ack)
        self.trimmed = ack
        self._join()
        return gaps

    def _give_up(self, ack: int) -> int:
        gaps = 0
        while self.blocks and self.blocks[0][0] < ack:
            gaps += 1
            self.delivered = self.blocks[0][0]
            self._join()
        return gaps + (1 if ack > self.delivered else 0)

    def _join(self) -> None:
        """Deliver the blocks that follow without a hole."""
        joined = 0
        for first, past in self.blocks:
            if first > self.delivered:
                break
            self.delivered = max(self.delivered, past)
            joined += 1
        del self.blocks[:joined]


class Bytes:
    """Puts the payload of one direction together."""

    __slots__ = ("_ahead", "stream")

    def __init__(self) -> None:
        self.stream = Stream()
        self._ahead: list[tuple[int, int, bytes]] = []

    def add(self, offset: int, payload: bytes, packet: int) -> None:
        """`payload` begins `offset` bytes into the stream; negative offsets were before what is known of it."""
        if not payload or offset + len(payload) > STREAM_LIMIT:
            return
        if offset > len(self.stream.data):
            insort(self._ahead, (offset, packet, payload))
            return
        self._append(offset, payload, packet)
        joined = 0
        for ahead, number, later in self._ahead:
            if ahead > len(self.stream.data):
                break
            self._append(ahead, later, number)
            joined += 1
        del self._ahead[:joined]

    def _append(self, offset: int, payload: bytes, packet: int) -> None:
        data = self.stream.data
        fresh = payload[len(data) - offset :]
        if fresh:
            self.stream.pieces.append((len(data), len(fresh), packet))
            data += fresh

    def finished(self, length: int) -> Stream:
        """The stream, of which `length` bytes were sent."""
        self.stream.gap = len(self.stream.data) < length
        return self.stream
