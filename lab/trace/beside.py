"""Calls beside packets: whose conversation a call is about, what it put on the wire, and what let it return.

A call is matched by its socket (process, descriptor, the four values of its connection) and, where it moves bytes, by
their place in the stream: the n-th byte sent is in one packet, whenever that was. Time alone decides nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lab.conversations import Connection, Conversations, Exchange, Role
from lab.record import Record
from lab.trace.call import RECEIVE, SEND, WAITS, SocketCall
from lab.trace.datagrams import Datagrams
from lab.trace.whose import Place, Places, order

SENDING_ENDS = ("SHUT_WR", "SHUT_RDWR")
OTHER: dict[Role, Role] = {"client": "server", "server": "client"}
ESTABLISHED = 3  # packets of a handshake


@dataclass(frozen=True, slots=True)
class Beside:
    """A call with the packets that it `caused` (a SYN, its bytes, a FIN) and those that it was `woken_by`.

    accept() is woken by the segment that completed the handshake, recv() by those that brought its bytes, or by the FIN
    where it returns none; connect() causes the SYN and is woken by the answer. poll() and the like are woken by what
    woke the next call on a descriptor that they found ready.
    """

    call: SocketCall
    conversation: Connection | Exchange | None = None
    role: Role | None = None
    """Whose end the call is on."""
    caused: tuple[int, ...] = ()
    woken_by: tuple[int, ...] = ()


def beside(record: Record, conversations: Conversations, calls: Sequence[SocketCall]) -> list[Beside]:
    """Every call in its order, with its conversation and packets as far as they are known."""
    places = Places(record, conversations.connections)
    found = {call.number: Beside(call) for call in calls}
    ends: dict[tuple[int, Role], list[SocketCall]] = defaultdict(list)
    whose = places.of_all(calls)
    for call in sorted(calls, key=order):
        if place := whose.get(call.number):
            ends[place.connection.index, place.role].append(call)
    for on_end in ends.values():
        for each in _End(whose[on_end[0].number], on_end).placed():
            found[each.call.number] = each
    for number, (exchange, role, caused, woken_by) in Datagrams(conversations, places).of_all(calls).items():
        found[number] = Beside(found[number].call, exchange, role, caused, woken_by)
    return _with_waits([found[call.number] for call in calls])


class _End:
    """One end of a connection and the calls on it, in their order."""

    def __init__(self, place: Place, calls: Sequence[SocketCall]) -> None:
        self._connection, self._role = place.connection, place.role
        self._calls = calls
        self._own = place.connection.side(place.role)
        self._other = place.connection.side(OTHER[place.role])
        self._out = _Carried(place.connection, place.role)
        self._in = _Carried(place.connection, OTHER[place.role])
        self._ender = _ender(calls)

    def placed(self) -> Iterator[Beside]:
        """Each call with its packets."""
        sent = received = 0
        for call in self._calls:
            caused: tuple[int, ...] = ()
            woken_by: tuple[int, ...] = ()
            moved = call.bytes or 0
            if call.name == "connect":
                caused, woken_by = self._connected(call)
            elif call.name == "accept":
                woken_by = self._connection.handshake_packets[2:ESTABLISHED]
            elif call.name in SEND:
                caused = self._out.all_of(sent, sent + moved)
                woken_by = self._reset(call)
                sent += moved
            elif call.name in RECEIVE:
                woken_by = self._in.first_of(received, received + moved) if moved else self._nothing(call)
                received += 0 if "MSG_PEEK" in call.arguments else moved
            elif call is self._ender:
                caused = self._ending()
            yield Beside(call, self._connection, self._role, caused, woken_by)

    def _connected(self, call: SocketCall) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The SYN with its retransmissions, and the answer, if the call waited for it."""
        opening = self._flagged(self._role, "SYN") or self._connection.handshake_packets[:1]
        if call.error == "ECONNREFUSED":
            return opening, _one(self._other.rst_packet)
        return opening, () if call.error is not None else self._connection.handshake_packets[1:2]

    def _nothing(self, call: SocketCall) -> tuple[int, ...]:
        """What told a recv() that there is nothing: the FIN, or the RST."""
        if call.error is None and call.bytes == 0:
            return _one(self._other.fin_packet)
        return self._reset(call)

    def _reset(self, call: SocketCall) -> tuple[int, ...]:
        return _one(self._other.rst_packet) if call.error in {"ECONNRESET", "EPIPE"} else ()

    def _ending(self) -> tuple[int, ...]:
        """The FIN with its retransmissions; the RST where none was sent."""
        if self._own.fin_packet is None:
            return _one(self._own.rst_packet)
        return tuple(dict.fromkeys((self._own.fin_packet, *self._flagged(self._role, "FIN"))))

    def _flagged(self, role: Role, flag: str) -> tuple[int, ...]:
        segments = self._connection.segments or ()
        return tuple(s.number for s in segments if s.sender == role and flag in s.flags.split())


def _ender(calls: Sequence[SocketCall]) -> SocketCall | None:
    """The call that ended the sending of an end: shutdown(), or close() once nobody holds the socket any more.

    None where somebody held it to the end of the process: then that sent the FIN.
    """
    held: set[tuple[int, int | None]] = set()
    last = None
    for call in calls:
        if call.error is not None and call.name in {"shutdown", "close"}:
            continue
        if call.name == "shutdown" and call.arguments.startswith(SENDING_ENDS):
            return call
        if call.name == "close":
            held.discard((call.process, call.descriptor))
            last = call
        else:
            held.add((call.process, call.new_descriptor if call.name == "accept" else call.descriptor))
    return None if held else last


class _Carried:
    """Which packets carried which bytes of one direction."""

    def __init__(self, connection: Connection, sender: Role) -> None:
        side = connection.side(sender)
        self._pieces = [] if side.stream is None else side.stream.pieces
        self._begins = [offset for offset, _, _ in self._pieces]
        first = {packet for _, _, packet in self._pieces}
        data = [s for s in connection.segments or () if s.sender == sender and s.length]
        base = 1 if side.isn is not None else min((s.seq for s in data), default=0)
        self._again = [(s.seq - base, s.seq - base + s.length, s.number) for s in data if s.number not in first]

    def first_of(self, begin: int, end: int) -> tuple[int, ...]:
        """The packets that first brought the bytes from `begin` to before `end`."""
        found = []
        for offset, length, packet in self._pieces[max(bisect_right(self._begins, begin) - 1, 0) :]:
            if offset >= end:
                break
            if offset + length > begin:
                found.append(packet)
        return tuple(dict.fromkeys(found))

    def all_of(self, begin: int, end: int) -> tuple[int, ...]:
        """Those, and those that carried some of the bytes again."""
        again = [packet for first, past, packet in self._again if first < end and begin < past]
        return tuple(sorted({*self.first_of(begin, end), *again}))


def _one(packet: int | None) -> tuple[int, ...]:
    return () if packet is None else (packet,)


def _with_waits(found: list[Beside]) -> list[Beside]:
    """Let what waits for several sockets stand where the next call on one that was ready stands."""
    following: dict[tuple[str, int, int], Beside] = {}
    """By program, since hosts number their processes each for itself, process and descriptor."""
    placed = []
    for each in sorted(found, key=lambda each: order(each.call), reverse=True):
        call = each.call
        if call.name in WAITS and call.result is not None and call.result.startswith("["):
            ready = [int(number) for number in call.result.strip("[]").split(",") if number.strip().isdigit()]
            nexts = [following[key] for number in ready if (key := (call.program, call.process, number)) in following]
            known = [other for other in nexts if other.woken_by]
            if known:
                same = [other for other in known if other.conversation is known[0].conversation]
                packets = tuple(sorted({packet for other in same for packet in other.woken_by[:1]}))
                each = replace(each, conversation=known[0].conversation, role=known[0].role, woken_by=packets)  # noqa: PLW2901
        elif call.descriptor is not None and call.name in RECEIVE | {"accept"}:
            following[call.program, call.process, call.descriptor] = each
        elif call.descriptor is not None and call.name in {"close", "socket"}:
            following.pop((call.program, call.process, call.descriptor), None)
        placed.append(each)
    return sorted(placed, key=lambda each: each.call.number)
