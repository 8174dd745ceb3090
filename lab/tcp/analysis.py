"""Wireshark's sequence analysis (`tcp.analysis.*`) and `tcp.completeness`, by the rules of version 4.4.

The order of the questions is part of the definition: keep-alive, spurious, fast, out-of-order, and only then a
plain retransmission. Sequence number 0 means "not known yet", as it does there. Left out: MPTCP's leave to
repeat an acknowledgement, and the settings that a user may change.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lab.conversations import Mark
from lab.tcp.segment import ACK, FIN, MASK, RST, SACK, SYN, Seen, delta, sack_blocks

SAW_SYN, SAW_SYN_ACK, SAW_ACK, SAW_DATA, SAW_FIN, SAW_RST = 1, 2, 4, 8, 16, 32

RETRANSMISSION, FAST, SPURIOUS, OUT_OF_ORDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
DUPLICATE_ACK, ZERO_WINDOW, WINDOW_UPDATE, ZERO_WINDOW_PROBE = 1 << 4, 1 << 5, 1 << 6, 1 << 7
KEEP_ALIVE, KEEP_ALIVE_ACK, LOST_BEFORE, PORT_REUSED, PROBE_ACK = 1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12
AGAIN = RETRANSMISSION | FAST | SPURIOUS
MARKS = {
    RETRANSMISSION: Mark.RETRANSMISSION,
    FAST: Mark.FAST_RETRANSMISSION,
    SPURIOUS: Mark.SPURIOUS_RETRANSMISSION,
    OUT_OF_ORDER: Mark.OUT_OF_ORDER,
    DUPLICATE_ACK: Mark.DUPLICATE_ACK,
    ZERO_WINDOW: Mark.ZERO_WINDOW,
    WINDOW_UPDATE: Mark.WINDOW_UPDATE,
    ZERO_WINDOW_PROBE: Mark.ZERO_WINDOW_PROBE,
    KEEP_ALIVE: Mark.KEEP_ALIVE,
    KEEP_ALIVE_ACK: Mark.KEEP_ALIVE_ACK,
    LOST_BEFORE: Mark.LOST_BEFORE,
    PORT_REUSED: Mark.PORT_REUSED,
}

FAST_WITHIN = 20_000_000
OUT_OF_ORDER_WITHIN = 3_000_000  # where the initial round-trip time is not known
MOST_UNACKED = 10_000
ENOUGH_DUPLICATES = 2


@dataclass(slots=True)
class Sender:
    """What one direction has sent so far."""

    base: int | None = None
    """Its initial sequence number, or what stands for it; Wireshark's base_seq."""
    next: int = 0
    """The highest sequence number so far, and one past it."""
    next_time: int = 0
    next_length: int = 0
    """Payload of the segment that raised `next`; 0 where it was a pure ACK."""
    most_acked: int = 0
    """What an acknowledgement may reach before it acknowledges segments that are not in the capture."""
    ack: int = 0
    ack_time: int = 0
    duplicates: int = 0
    """Of its last acknowledgement."""
    window: int = MASK
    """As in the header of its last segment."""
    marks: int = 0
    """Of its last segment."""
    unacked: list[tuple[int, int]] = field(default_factory=list)
    """`(seq, next)` of its segments that wait for an acknowledgement, oldest first."""
    sacked: tuple[tuple[int, int], ...] = ()
    """Blocks in its last segment, relative to the other side's `base`."""
    packets: int = 0
    retransmissions: int = 0
    out_of_order: int = 0
    duplicate_acks: int = 0
    zero_windows: int = 0
    keep_alives: int = 0

    def count(self, marks: int) -> None:
        """Count the segment that has `marks`."""
        self.retransmissions += marks & AGAIN != 0
        self.out_of_order += marks & OUT_OF_ORDER != 0
        self.duplicate_acks += marks & DUPLICATE_ACK != 0
        self.zero_windows += marks & ZERO_WINDOW != 0
        self.keep_alives += marks & KEEP_ALIVE != 0


@dataclass(slots=True)
class Analysis:
    """Both directions of a stream; `segment` is given every segment of it in the order of the capture."""

    completeness: int = 0
    _syn_time: int = 0
    first_rtt: int = 0
    """From the last SYN to the first ACK; 0 where not known."""

    def segment(self, fwd: Sender, rev: Sender, seen: Seen) -> int:
        """Take in a segment that `fwd` sent to `rev`; its marks."""
        if fwd.base is None:
            fwd.base = seen.seq if seen.flags & SYN else (seen.seq - 1) & MASK
        elif seen.flags & (SYN | ACK) == SYN:
            fwd.next = fwd.most_acked  # the same SYN again; a RST may have moved it
        if rev.base is None and seen.flags & ACK:
            rev.base = (seen.ack - 1) & MASK
        fwd.sacked = ()
        marks = _marks(fwd, rev, seen, self.first_rtt or OUT_OF_ORDER_WITHIN)
        _remember(fwd, rev, seen, marks)
        if SACK in seen.options:
            base = rev.base or 0
            fwd.sacked = tuple(((a - base) & MASK, (b - base) & MASK) for a, b in sack_blocks(seen.options))
        if marks & WINDOW_UPDATE and fwd.sacked:  # with SACK it tells of a hole, whatever the window
            marks ^= WINDOW_UPDATE | DUPLICATE_ACK
            fwd.duplicates += 1
        fwd.count(marks)
        self._round_trip(seen)
        return marks

    def complete(self, flags: int, length: int, *, first: bool) -> None:
        """Raise the completeness by a segment; a SYN only counts as the `first` of its stream."""
        if flags & (SYN | ACK) == SYN:
            if first:
                self.completeness |= SAW_SYN | (SAW_DATA if length > 0 else 0)  # data: TCP Fast Open
        elif flags & SYN:
            self.completeness |= SAW_SYN_ACK
        elif flags & ACK:
            self.completeness |= SAW_DATA if length > 0 else SAW_ACK
        if flags & (FIN | ACK) == FIN | ACK:
            self.completeness |= SAW_FIN
        if flags & RST:
            self.completeness |= SAW_RST

    def _round_trip(self, seen: Seen) -> None:
        if seen.flags & (SYN | ACK) == SYN:
            self._syn_time = seen.time
        elif seen.flags & (SYN | ACK) == ACK and self._syn_time and not self.first_rtt:
            self.first_rtt = seen.time - self._syn_time


def _marks(fwd: Sender, rev: Sender, seen: Seen, close_by: int) -> int:
    """What the segment is, before it is remembered."""
    flags, length = seen.flags, seen.length
    control = flags & (SYN | FIN | RST)
    if length == 1 and seen.seq == fwd.next and rev.window == 0:
        marks = ZERO_WINDOW_PROBE
    else:
        marks = ZERO_WINDOW if seen.window == 0 and not control else 0
        if fwd.next and not flags & RST and delta(seen.seq, fwd.next) > 0:
            marks |= LOST_BEFORE
        if length <= 1 and not control and seen.seq == (fwd.next - 1) & MASK:
            marks |= KEEP_ALIVE
        if length == 0 and not control and seen.seq == fwd.next:
            marks |= _pure_ack_marks(fwd, rev, seen)
    if seen.ack != fwd.ack:
        fwd.duplicates = 0
    if flags & ACK and rev.most_acked and delta(seen.ack, rev.most_acked) > 0:
        marks |= _acked_lost(fwd, rev, seen)
    if (length or flags & (SYN | FIN)) and not marks & KEEP_ALIVE:
        marks |= _again_marks(fwd, rev, seen, close_by)
    return marks


def _pure_ack_marks(fwd: Sender, rev: Sender, seen: Seen) -> int:
    """Of a segment with nothing in it at the expected sequence number."""
    same_ack, same_window = seen.ack == fwd.ack, seen.window == fwd.window
    if seen.window == 0:
        if same_window and rev.marks & ZERO_WINDOW_PROBE and (same_ack or seen.ack == (fwd.ack + 1) & MASK):
            if not same_ack:  # the receiver took the byte of the probe after all
                rev.next = rev.most_acked = seen.ack
            return PROBE_ACK
        return 0
    if not same_ack:
        return 0
    if not same_window:
        return WINDOW_UPDATE
    if rev.marks & KEEP_ALIVE:
        return KEEP_ALIVE_ACK
    fwd.duplicates += 1
    return DUPLICATE_ACK


def _acked_lost(fwd: Sender, rev: Sender, seen: Seen) -> int:
    """An acknowledgement of what the capture does not have, or of a probe that opened the window again."""
    if seen.ack == (fwd.ack + 1) & MASK and seen.seq == fwd.next and rev.marks & ZERO_WINDOW_PROBE:
        rev.next = rev.most_acked = seen.ack
        return WINDOW_UPDATE
    left = right = 0
    for seq, end in reversed(rev.unacked):
        if left == right:
            left, right = seq, end
        if delta(seq, seen.ack) >= 0:
            if end != left:
                right = end
            left = seq
    rev.most_acked = right if left == seen.ack and delta(right, seen.ack) > 0 else seen.ack
    return 0


def _again_marks(fwd: Sender, rev: Sender, seen: Seen, close_by: int) -> int:
    """Of a segment that takes sequence numbers: whether they were sent before."""
    end = (seen.seq + seen.length) & MASK
    if seen.length and rev.ack and delta(end, rev.ack) <= 0:
        return SPURIOUS
    if not fwd.next or delta(seen.seq, fwd.next) >= 0:
        return 0
    if seen.length > 1 and seen.seq == (fwd.next - 1) & MASK:  # after what may have been a zero window probe
        return 0
    if seen.time - rev.ack_time < FAST_WITHIN and rev.duplicates >= ENOUGH_DUPLICATES:
        # Wireshark compares these relative edges with absolute numbers, so hardly anything is ever found SACKed
        unsacked = rev.sacked and not any(left <= seen.seq and end <= right for left, right in rev.sacked)
        if rev.ack == seen.seq or unsacked:
            return FAST
    if seen.time - fwd.next_time < close_by and not _waits(fwd, seen.seq, end):
        consumed = (end + (1 if seen.flags & (SYN | FIN) else 0)) & MASK
        if consumed != fwd.next or fwd.next_length == 0:
            return OUT_OF_ORDER
    return RETRANSMISSION


def _waits(fwd: Sender, seq: int, end: int) -> bool:
    """Whether a segment that waits for its acknowledgement holds all of these numbers."""
    return any(delta(seq, left) >= 0 and delta(end, right) <= 0 for left, right in fwd.unacked)


def _remember(fwd: Sender, rev: Sender, seen: Seen, marks: int) -> None:
    takes_one = 1 if seen.flags & (SYN | FIN) else 0
    end = (seen.seq + seen.length) & MASK
    if (seen.length or takes_one) and len(fwd.unacked) < MOST_UNACKED:
        end = (end + takes_one) & MASK
        fwd.unacked.append((seen.seq, end))
    if not fwd.next or delta(end, (fwd.next + takes_one) & MASK) > 0:
        fwd.next_length = seen.length
    if not marks & ZERO_WINDOW_PROBE:
        if not fwd.next or delta(end, fwd.next) > 0:
            fwd.next, fwd.next_time = end, seen.time
        if seen.seq == fwd.most_acked or not fwd.most_acked:
            fwd.most_acked = fwd.next
    fwd.window, fwd.ack, fwd.ack_time, fwd.marks = seen.window, seen.ack, seen.time, marks
    if rev.unacked:
        rev.unacked = _after(rev.unacked, seen.ack)


def _after(unacked: list[tuple[int, int]], ack: int) -> list[tuple[int, int]]:
    """What is left of `unacked` once `ack` has come."""
    if unacked[-1][1] == ack and len(unacked) == 1:
        return []
    left = []
    for seq, end in unacked:
        if delta(end, ack) > 0:
            left.append((ack if delta(ack, seq) > 0 else seq, end))
    return left
