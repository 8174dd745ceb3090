"""Zeek's view of a connection: `conn_state`, `history`, who the originator is, and the bytes of each side.

Follows TCPSessionAdapter, TCP_Endpoint and TCP_Reassembler of Zeek 7 and later, and its script
`base/protocols/conn`, read with checksums ignored (`zeek -C`): captures of hosts that offload checksums are common,
and a wrong checksum there says nothing. So the letter `c` is never written.

A record here begins with the first segment of a stream as Wireshark divides streams, and ends where Zeek would
end its own by a timer; what comes later in the same stream, for which Zeek begins a second record, is left out.
"""

from __future__ import annotations

from lab.tcp.segment import ACK, FIN, MASK, RST, SYN, Seen
from lab.tcp.zeek_end import CLOSED, ESTABLISHED, INACTIVE, PARTIAL, RESET, SYN_ACK_SENT, SYN_SENT, UNHEARD, End
from lab.tcp.zeek_timers import Timers

SERVER_PORTS = frozenset(
    (
        21, 22, 25, 53, 79, 80, 81, 88, 135, 139, 143, 389, 443, 445, 465, 502, 514, 563, 585, 587, 614, 631, 636,
        989, 990, 992, 993, 995, 1080, 1434, 1883, 2811, 3128, 3268, 3306, 3389, 5222, 5223, 5269, 5432, 6379,
        6666, 6667, 6668, 6669, 8000, 8080, 8888, 20000,
    )
)  # fmt: skip
"""`likely_server_ports` of the default scripts."""
TOO_FAR = 1 << 20  # TOO_LARGE_SEQ_DELTA: a SYN or RST that jumps further is not believed


class ZeekRecord:
    """A line of conn.log in the making; sides are 0 for the sender of the first segment and 1 for the other."""

    __slots__ = (
        "_close_waits", "_heard", "_partial", "ended", "ends", "history", "originator", "timers",
    )  # fmt: skip

    def __init__(self, time: int, flags: int, ports: tuple[int, int]) -> None:
        self.ends = (End(), End())
        self.originator = 0
        self.history = ""
        self.ended = False
        self._partial = False
        self._heard: set[int] = set()
        self._close_waits = False
        self.timers = Timers(time)
        if flags & (SYN | ACK) != SYN and _flips(flags, ports):
            self._flip()

    def over(self, time: int, before: int) -> bool:
        """Whether it ends before a segment at `time`, where the one before it in the capture was at `before`."""
        if not self.ended:
            self.ended = self.timers.over(time, before, *self._pair())
        return self.ended

    def segment(self, side: int, seen: Seen, ports: tuple[int, int]) -> None:
        """Take in a segment of `side`; `ports` are those of side 0 and 1 (Process)."""
        end, peer = self.ends[side], self.ends[1 - side]
        flags = seen.flags
        self._partial_status(side, flags)
        taken = seen.advance if not flags & RST else (1 if flags & SYN else 0) + (1 if flags & FIN else 0)
        self._begin(end, seen, taken)
        seq = end.relative(seen.seq, end.last)
        self._write(side, seen, seq)
        end, peer = self.ends[side], self.ends[1 - side]
        if seen.window == 0 and not flags & RST and peer.state != CLOSED and end.state != RESET:
            self._count(side, "W")
        if not (self.ends[0].closed and self.ends[1].closed):
            self.timers.last_time = seen.time
        if flags & FIN:
            end.fins += 1
            end.data.fin = seq + taken
        ack = self._acknowledge(peer, seen)
        self._advance(side, (seen.seq + taken) & MASK, seen)
        closing = self._move(side, seen, ports)
        if flags & ACK:
            self._acked(1 - side, ack)
        if seen.length and not flags & RST and seq >= 0:
            self._sent(end, seq + (1 if flags & SYN else 0), seen)
        self._check_end(side)
        if closing:
            self._close(side, seen.time)

    def catch_up(self, side: int, data: int, unacked: int) -> None:
        """Take in `data` bytes in order from an established `side`, all but `unacked` of its numbers acknowledged."""
        end = self.ends[side]
        end.last += data
        end.acked = end.last - unacked
        end.data.delivered = end.last
        end.data.trimmed = max(end.data.trimmed, end.acked)

    def quiet(self, side: int) -> bool:
        """Whether `side` is established and all it sent delivered: plain segments change nothing but numbers."""
        end = self.ends[side]
        return (
            end.state == ESTABLISHED
            and end.data.delivered == end.last
            and not end.data.blocks
            and not end.data.skip
            and not end.fins
        )

    def agrees(self, side: int, next_: int, acked: int) -> bool:
        """Whether the numbers of `side` are those: the next to be sent, and what was acknowledged."""
        end = self.ends[side]
        return (end.start + end.last) & MASK == next_ and (end.start + end.acked) & MASK == acked

    def size(self, side: int) -> int:
        """The bytes that `side` sent, by sequence numbers (orig_bytes, resp_bytes)."""
        end, peer = self.ends[side], self.ends[1 - side]
        half_open = end.before == SYN_SENT and end.state == RESET and peer.state == INACTIVE
        if half_open and not end.no_data_acked:
            return 0
        size = max(end.last, end.acked)
        return max(size - 1 - (1 if end.fins and size > 1 else 0), 0)

    @property
    def conn_state(self) -> str:  # noqa: PLR0911 - a return a row of the script's table
        """conn_state of `base/protocols/conn/main.zeek`."""
        first, second = self._pair()
        if second.state == RESET:
            return self._reset_by_responder(first)
        if first.state == RESET:
            if second.state in UNHEARD:
                return "RSTOS0" if _syn_then_rst(self.history) else "OTH"
            return "RSTO"
        if first.state == CLOSED:
            if second.state == CLOSED:
                return "SF"
            return "SH" if second.state in UNHEARD else "S2"
        if second.state == CLOSED:
            return "SHR" if first.state in UNHEARD else "S3"
        if first.state == SYN_SENT and second.state == INACTIVE:
            return "S0"
        return "S1" if first.state == second.state == ESTABLISHED else "OTH"

    def _reset_by_responder(self, first: End) -> str:
        rejected = first.state in {SYN_SENT, SYN_ACK_SENT}
        if rejected or (first.state == RESET and not self.size(0) and not self.size(1)):
            return "REJ"
        return "RSTRH" if first.state in UNHEARD else "RSTR"

    def _pair(self) -> tuple[End, End]:
        return self.ends[self.originator], self.ends[1 - self.originator]

    # The history.

    def _write(self, side: int, seen: Seen, seq: int) -> None:
        """Add to the history what the segment is (update_history)."""
        flags = seen.flags & (SYN | FIN | RST)
        if flags in {0, SYN, FIN, RST}:
            if flags == 0:
                if seen.length or seen.flags & ACK:
                    self._once(side, "D" if seen.length else "A")
                return
            letter = "F" if flags == FIN else "R" if flags == RST else "H" if seen.flags & ACK else "S"
            kind = "S" if letter == "H" else letter
            where = seq + seen.length if flags == FIN else seq
            end = self.ends[side]
            if self._once(side, letter, kind) and end.control.get(kind, 0) != where:
                self._letter(side, letter)
            end.control[kind] = where
        else:
            self._once(side, "I" if flags & FIN and flags & RST else "Q")

    def _once(self, side: int, letter: str, kind: str | None = None) -> bool:
        """Write `letter` unless `side` has; whether it has (CheckHistory)."""
        if letter in {"A", "D"} and self.history == "H":
            self._flip()  # no stealth scan: the SYN-ACK was the responder's
            self.history = "^h"
            self._heard.add(self.originator)
        once = self.ends[side].once
        if (kind or letter) in once:
            return True
        once.add(kind or letter)
        self._letter(side, letter)
        return False

    def _letter(self, side: int, letter: str) -> None:
        self.history += letter if side == self.originator else letter.lower()

    def _count(self, side: int, letter: str) -> None:
        """Write `letter` at 1, 10, 100, … of its kind (ScaledHistoryEntry)."""
        counts = self.ends[side].counts
        count = counts[letter] = counts.get(letter, 0) + 1
        if count == 10 ** (len(str(count)) - 1):
            self._letter(side, letter)

    def _flip(self) -> None:
        self.originator = 1 - self.originator
        self._partial = False
        self.history += "^"

    # Sequence numbers.

    def _partial_status(self, side: int, flags: int) -> None:
        if side == self.originator:
            if side not in self._heard:
                self._partial = flags & (SYN | ACK) != SYN
        elif side not in self._heard and not self._partial:
            self._partial = not flags & SYN

    def _begin(self, end: End, seen: Seen, taken: int) -> None:
        """Take the first sequence number of a side, or another if its SYN comes late (init_endpoint)."""
        syn = seen.flags & SYN
        if end.state == INACTIVE:
            if syn:
                end.begin(seen.seq, taken)
            else:
                end.begin((seen.seq - 1) & MASK, 1)
        elif syn and (
            end.state in {ESTABLISHED, PARTIAL}
            or (end.state in {SYN_SENT, SYN_ACK_SENT} and seen.seq != end.start)
            or (end.state == RESET and end.before == INACTIVE)
        ):
            end.begin(seen.seq, taken)

    def _acknowledge(self, peer: End, seen: Seen) -> int:
        """What `peer` is told has arrived; 0 where that cannot be."""
        if not seen.flags & ACK:
            return 0
        if peer.state == INACTIVE:
            peer.begin((seen.ack - 1) & MASK, 0)
            return 1
        ack = peer.relative(seen.ack, peer.acked)
        if ack < 0:
            return 0
        broken = seen.ack == 0 and ack - peer.acked > TOO_FAR
        if not seen.flags & RST and not broken:
            peer.acked = max(peer.acked, ack)
        return ack

    def _advance(self, side: int, past: int, seen: Seen) -> None:
        """Raise what the side has sent, or count what it sends again (update_last_seq)."""
        end = self.ends[side]
        last = end.relative(past, end.last)
        if seen.flags & (SYN | RST) and abs(last - end.last) > TOO_FAR:
            return
        if seen.flags & FIN and end.last == 1:
            end.last = (past - end.start) & MASK  # a connection of which only SYN and FIN were seen may be long
        elif end.state == RESET:
            return
        elif last > end.last:
            end.last = last
        elif seen.length:
            self._count(side, "T")

    def _acked(self, side: int, ack: int) -> None:
        """Let a side know what has arrived of it (AckReceived)."""
        end = self.ends[side]
        gaps = end.data.acknowledged(ack, partial=self._partial)
        if end.clean and self.ends[1 - side].clean:
            for _ in range(gaps):
                self._count(side, "G")
        self._check_end(side)

    @staticmethod
    def _sent(end: End, seq: int, seen: Seen) -> None:
        if len(seen.payload) >= seen.length:
            end.data.sent(seq, seen.length, acked=end.acked, none_acked=end.no_data_acked)

    # The state machine.

    def _move(self, side: int, seen: Seen, ports: tuple[int, int]) -> bool:
        """Move a side; whether it closes (UpdateStateMachine)."""
        end, peer = self.ends[side], self.ends[1 - side]
        flags = seen.flags
        if end.state == INACTIVE:
            return self._first_of(side, seen, ports)
        if end.state in {SYN_SENT, SYN_ACK_SENT}:
            if flags & FIN:
                self._set(end, peer, CLOSED)
            if flags & RST:
                self._set(end, peer, RESET)
                self.timers.active = False
        elif end.state in {ESTABLISHED, PARTIAL}:
            return self._move_established(end, peer, flags)
        elif end.state == CLOSED:
            if flags & RST and peer.state != CLOSED:
                self._set(end, peer, RESET)
                return not end.closed
            return False
        else:
            return False
        return bool(flags & (FIN | RST))

    def _move_established(self, end: End, peer: End, flags: int) -> bool:
        if flags & (SYN | ACK) == SYN and end.state == PARTIAL and peer.state == INACTIVE:
            self._set(end, peer, SYN_SENT)
        if flags & (FIN | RST) == FIN:
            self._set(end, peer, CLOSED)
            if peer.state == RESET and peer.before == CLOSED:
                self._set(peer, end, CLOSED)  # a FIN followed by a RST, which was a normal end
        if flags & RST:
            self._set(end, peer, RESET)
            if peer.state != RESET or peer.before != ESTABLISHED:
                self.timers.active = False
        return bool(flags & (FIN | RST))

    def _first_of(self, side: int, seen: Seen, ports: tuple[int, int]) -> bool:
        """Move a side that is heard of for the first time; whether it closes (UpdateInactiveState)."""
        end, peer = self.ends[side], self.ends[1 - side]
        flags = seen.flags
        if flags & SYN:
            self._first_syn(side, seen, ports)
        if flags & FIN:
            self._set(end, peer, CLOSED)
        if flags & RST:
            self._set(end, peer, RESET)
        if end.state == INACTIVE:
            first, _ = self._pair()
            if side != self.originator and seen.length == 0 and first.state == SYN_SENT:
                pass  # some acknowledge a SYN before they answer it
            elif flags & ACK and peer.state == ESTABLISHED:
                self._set(end, peer, ESTABLISHED)
                self._partial = False
                self._heard.add(side)
            else:
                self._set(end, peer, PARTIAL)
        return bool(flags & (FIN | RST))

    def _first_syn(self, side: int, seen: Seen, ports: tuple[int, int]) -> None:
        end, peer = self.ends[side], self.ends[1 - side]
        if side == self.originator:
            self._set(end, peer, SYN_ACK_SENT if seen.flags & ACK else SYN_SENT)
            self.timers.tries(seen.time)
            return
        if not seen.flags & ACK and peer.state == SYN_ACK_SENT and seen.seq == end.start:
            self._partial = False  # SYN and SYN-ACK the wrong way round
            self._flip()
            self._set(peer, end, ESTABLISHED)
            self._heard.add(self.originator)
        if peer.state == SYN_SENT:
            self._set(peer, end, ESTABLISHED)
        self._set(end, peer, ESTABLISHED)
        if peer.state != PARTIAL:
            self.timers.establishes(ports[1 - self.originator])

    def _set(self, end: End, peer: End, state: str) -> None:
        if state == end.state:
            return
        self.timers.changes(state, end, peer)
        end.before, end.state = end.state, state

    # The end.

    def _pending(self, side: int) -> bool:
        """Whether a side has sent what is not delivered yet (DataPending)."""
        end, peer = self.ends[side], self.ends[1 - side]
        delivered = end.data.delivered
        if end.data.skip or end.last < delivered:
            return False
        if delivered not in {end.last - 1, end.last}:
            return True
        return end.state != RESET and bool(peer.data.blocks)

    def _check_end(self, side: int) -> None:
        """Finish a close that waited for data (CheckEOF)."""
        end = self.ends[side]
        if end.data.ended or not (end.fins or end.state in {CLOSED, RESET}) or self._pending(side):
            return
        end.data.ended = True
        if self._close_waits:
            self._close(side, self.timers.last_time)
            self._close_waits = False

    def _close(self, side: int, time: int) -> None:
        """Close a side, as soon as its data is delivered (ConnectionClosed)."""
        end, peer = self.ends[side], self.ends[1 - side]
        if self._pending(side):
            self._close_waits = True
            return
        self._close_waits = False
        if end.closed:
            return
        end.closed = True
        self.timers.closes(end, peer, time)


def _flips(flags: int, ports: tuple[int, int]) -> bool:
    """Whether the sender of a first segment that is no SYN is likely the server (WantConnection)."""
    source, destination = ports
    if source not in SERVER_PORTS:
        return False
    if destination in SERVER_PORTS:
        return not flags & SYN and source < destination
    return True


def _syn_then_rst(history: str) -> bool:
    """Whether a SYN was followed by a RST and nothing else of note: `^?S[^HAFGIQ]*R.*` of the script."""
    letters = history.removeprefix("^")
    return letters.startswith("S") and "R" in letters and not set(letters[: letters.index("R")]) & set("HAFGIQ")
