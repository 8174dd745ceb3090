"""The life of one connection as people tell it: handshake, states at both ends, who closed it and how."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from lab.conversations import Close, Handshake, TcpOptions
from lab.tcp import states
from lab.tcp.segment import ACK, FIN, MASK, RST, SYN, Seen, delta, syn_options
from lab.tcp.states import CLOSED, CLOSING, ESTABLISHED, LISTEN, SYN_RECEIVED, SYN_SENT, after

BUT_ONE = 2  # of the three packets of a handshake


@dataclass(slots=True)
class Life:
    """What matters of one end."""

    state: str = CLOSED
    isn: int | None = None
    syn_length: int = 0
    """Payload of its SYN (TCP Fast Open)."""
    options: TcpOptions | None = None
    fin_packet: int | None = None
    fin_end: int = 0
    """One past its FIN."""
    fin_ack: int | None = None
    """What its FIN acknowledges."""
    fin_acked_packet: int | None = None
    rst_packet: int | None = None


@dataclass(slots=True)
class Lifecycle:
    """Both ends; 0 is the sender of the first segment. The first SYN seen makes its sender the opener.

    Of a segment in `unheard` the other end learned nothing, so that its state stays.
    """

    unheard: Container[int] = frozenset()
    ends: tuple[Life, Life] = field(default_factory=lambda: (Life(), Life()))
    opener: int | None = None
    handshake_packets: list[int] = field(default_factory=list)
    established: int | None = None
    close_packets: list[int] = field(default_factory=list)
    first_closer: int | None = None
    closed: int | None = None
    reset: bool = False
    """A RST ended it before both FINs were there."""

    @property
    def handshake(self) -> Handshake:
        """How far the handshake came."""
        if self.established is not None:
            return Handshake.COMPLETE
        return Handshake.HALF_OPEN if self.handshake_packets else Handshake.NONE

    @property
    def close(self) -> Close:
        """How it ended."""
        if self.reset:
            return Close.RST
        return Close.FIN if self.ends[0].fin_packet and self.ends[1].fin_packet else Close.OPEN

    @property
    def simultaneous_close(self) -> bool:
        """Neither FIN acknowledges the other."""
        one, other = self.ends
        if one.fin_packet is None or other.fin_packet is None or one.fin_ack is None or other.fin_ack is None:
            return False
        return delta(one.fin_ack, other.fin_end) < 0 and delta(other.fin_ack, one.fin_end) < 0

    def segment(self, side: int, seen: Seen) -> None:
        """Take in a segment that `side` sent."""
        end, peer = self.ends[side], self.ends[1 - side]
        flags = seen.flags
        if flags & SYN:
            self._syn(side, seen)
        elif end.state == peer.state == CLOSED and not flags & RST and not self.handshake_packets and not self.reset:
            end.state = peer.state = ESTABLISHED  # it began before the capture did
        if flags & ACK and not flags & RST:
            self._ack(side, seen)
        if flags & RST:
            self._rst(side, seen)
        elif flags & FIN:
            self._fin(side, seen)

    def _syn(self, side: int, seen: Seen) -> None:
        end, peer = self.ends[side], self.ends[1 - side]
        if end.isn is None:
            end.isn, end.syn_length = seen.seq, seen.length
            end.options = syn_options(seen.options)
        if seen.seq != end.isn or self.close_packets:
            return
        answers = seen.flags & ACK
        if not answers and self.opener is None:
            self.opener = side
            if peer.state == CLOSED and peer.isn is None:
                peer.state = LISTEN
            self.handshake_packets.insert(0, seen.number)
        elif answers and peer.isn is not None and self.opener != side and len(self.handshake_packets) == 1:
            if delta(seen.ack, peer.isn) > 0 and delta(seen.ack, peer.isn) <= 1 + peer.syn_length:
                self.handshake_packets.append(seen.number)
        elif answers and not self.handshake_packets:
            self.handshake_packets.append(seen.number)
        if answers:
            if end.state == peer.state == CLOSED:  # the SYN was before the capture, or is late
                end.state, peer.state = SYN_RECEIVED, SYN_SENT
            self._gets(peer, states.GETS_SYN_ACK, seen)
        else:
            end.state = after(end.state, states.SENDS_SYN)
            self._gets(peer, states.GETS_SYN, seen)

    def _ack(self, side: int, seen: Seen) -> None:
        peer = self.ends[1 - side]
        if peer.isn is not None and delta(seen.ack, peer.isn) > 0:
            self._gets(peer, states.GETS_ACK_OF_SYN, seen)
        if (
            self.established is None
            and len(self.handshake_packets) == BUT_ONE
            and side == self.opener
            and peer.isn is not None
            and seen.ack == (peer.isn + 1) & MASK
        ):
            self.handshake_packets.append(seen.number)
            self.established = seen.time
        if peer.fin_packet is not None and peer.fin_acked_packet is None and delta(seen.ack, peer.fin_end) >= 0:
            self._gets(peer, states.GETS_ACK_OF_FIN, seen)
            peer.fin_acked_packet = None if seen.number in self.unheard else seen.number
            self._closing(seen.number)

    def _fin(self, side: int, seen: Seen) -> None:
        end, peer = self.ends[side], self.ends[1 - side]
        if self.reset:
            return
        if end.fin_packet is not None:  # sent again: the first one may have been lost
            self._gets(peer, states.GETS_FIN, seen)
            return
        end.fin_packet = seen.number
        end.fin_end = (seen.seq + seen.advance) & MASK
        end.fin_ack = seen.ack if seen.flags & ACK else None
        # a FIN that does not acknowledge the other's crossed it: its sender had not got that one yet
        end.state = CLOSING if self.simultaneous_close else after(end.state, states.SENDS_FIN)
        self._gets(peer, states.GETS_FIN, seen)
        self._closing(seen.number)
        if self.first_closer is None:
            self.first_closer = side
        if peer.fin_packet is not None:
            self.closed = seen.time

    def _rst(self, side: int, seen: Seen) -> None:
        end, peer = self.ends[side], self.ends[1 - side]
        if end.rst_packet is None:
            end.rst_packet = seen.number
        over = self.reset or (end.fin_packet is not None and peer.fin_packet is not None)
        end.state = after(end.state, states.SENDS_RST)
        self._gets(peer, states.GETS_RST, seen)
        if over:
            return
        self.reset = True
        self.closed = seen.time
        self._closing(seen.number)
        if self.first_closer is None:
            self.first_closer = side

    def _gets(self, end: Life, event: str, seen: Seen) -> None:
        """An end gets a segment, unless that came to nothing."""
        if seen.number not in self.unheard:
            end.state = after(end.state, event)

    def _closing(self, number: int) -> None:
        if number not in self.close_packets:
            self.close_packets.append(number)
