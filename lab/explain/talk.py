"""What the rules are given: one conversation with its calls, and how its ends are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from lab.conversations import Connection, Conversations, Datagram, Endpoint, Exchange, Message, Role, Segment
from lab.messages import quoted
from lab.record import ProgramFacts
from lab.report.inspect import UDP
from lab.report.wording import endpoint_name, host_at
from lab.seen import Seen, Sentence
from lab.text import Text, same, say
from lab.trace.beside import Beside
from lab.visible import visible

ROLES: tuple[Role, Role] = ("client", "server")
OTHER: dict[Role, Role] = {"client": "server", "server": "client"}


class Piece(NamedTuple):
    """Bytes of a stream that one packet was the first to bring."""

    role: Role
    offset: int
    length: int
    packet: int

    @property
    def end(self) -> int:
        """One past its last byte."""
        return self.offset + self.length


@dataclass(frozen=True)
class Talk:
    """A TCP connection and the calls on its two sockets, in their order."""

    seen: Seen
    connection: Connection
    calls: tuple[Beside, ...] = ()

    @property
    def ends(self) -> tuple[Endpoint, Endpoint]:
        """Client and server."""
        return self.connection.client.endpoint, self.connection.server.endpoint

    def sentence(self, text: Text, packets: Iterable[int], time: int | None = None, *calls: Beside) -> Sentence:
        """A sentence of this conversation; without `time` it is of the moment of the first of `packets`."""
        numbers = tuple(sorted(packets))
        at = self.time_of(numbers[0]) if time is None else time
        return Sentence(text, numbers, tuple(each.call.number for each in calls), f"{self.connection.index}", at)

    def name(self, role: Role) -> str:
        """The host at that end, else its address; with the port where both ends are there."""
        client, server = (name_of(self.seen, end.address) for end in self.ends)
        return self.end(role) if client == server else client if role == "client" else server

    def end(self, role: Role) -> str:
        """The host, or its address, with the port: `server:8080`."""
        return endpoint_name(self.connection.side(role).endpoint, self.seen.record)

    @property
    def segments(self) -> list[Segment]:
        """Those that were kept: all of them, or none."""
        return self.connection.segments or []

    @cached_property
    def _times(self) -> dict[int, int]:
        return {segment.number: segment.time for segment in self.segments}

    def time_of(self, packet: int) -> int:
        """When a packet was on the wire; the conversation's end where segments were not kept and it is the last."""
        ends = {self.connection.first_packet: self.connection.start}
        return self._times.get(packet, ends.get(packet, self.connection.end))

    def pieces(self, role: Role) -> list[Piece]:
        """What `role` sent, in the order of the bytes."""
        stream = self.connection.side(role).stream
        return [] if stream is None else [Piece(role, *piece) for piece in stream.pieces]

    def arrival(self, piece: Piece) -> int | None:
        """The packet that brought it to the other end: a later one where a fault lost the first; None if none did."""
        if piece.packet not in self.unheard:
            return piece.packet
        for segment in self.segments:
            begin = segment.seq - 1
            fits = segment.sender == piece.role and begin <= piece.offset and piece.end <= begin + segment.length
            if fits and segment.number not in self.unheard:
                return segment.number
        return None

    @cached_property
    def unheard(self) -> frozenset[int]:
        """Packets that came to nothing by a fault (`lab.record.Record.unheard`)."""
        return frozenset() if self.seen.record is None else self.seen.record.unheard

    def data(self, role: Role) -> bytes:
        """The bytes that `role` sent."""
        return self._data[role]

    @cached_property
    def _data(self) -> dict[Role, bytes]:
        streams = {role: self.connection.side(role).stream for role in ROLES}
        return {role: b"" if stream is None else bytes(stream.data) for role, stream in streams.items()}

    def called(self, role: Role, *names: str) -> list[Beside]:
        """The calls of these names on the socket of `role`."""
        return [each for each in self.calls if each.role == role and each.call.name in names]

    def traced(self, role: Role) -> bool:
        """Whether the calls on the socket of `role` are known."""
        return any(each.role == role for each in self.calls)

    def late(self, packet: int | None) -> bool:
        """Whether a packet came when the steps were over: the kernel sent it while the lab ended the programs."""
        over = None if self.seen.record is None else self.seen.record.over
        return packet is not None and over is not None and self.time_of(packet) > over


@dataclass(frozen=True)
class Asked:
    """An exchange of UDP datagrams, with its datagrams, DNS messages and calls."""

    seen: Seen
    exchange: Exchange
    datagrams: tuple[Datagram, ...] = ()
    dns: tuple[Message, ...] = ()
    errors: tuple[Message, ...] = ()
    """ICMP errors that quote one of its datagrams."""
    calls: tuple[Beside, ...] = ()

    @property
    def ends(self) -> tuple[Endpoint, Endpoint]:
        """Client and server."""
        return self.exchange.client, self.exchange.server

    def sentence(self, text: Text, packets: Iterable[int], time: int, *calls: Beside) -> Sentence:
        """A sentence of this exchange."""
        numbers = tuple(each.call.number for each in calls)
        return Sentence(text, tuple(sorted(packets)), numbers, f"{UDP}{self.exchange.index}", time)

    def of(self, role: Role) -> list[Datagram]:
        """The datagrams that `role` sent."""
        source = self.exchange.client if role == "client" else self.exchange.server
        return [each for each in self.datagrams if each.source == source]

    def end(self, role: Role) -> str:
        """The host, or its address, with the port."""
        return endpoint_name(self.exchange.client if role == "client" else self.exchange.server, self.seen.record)

    def name(self, role: Role) -> str:
        """The host at that end, else its address."""
        return name_of(self.seen, (self.exchange.client if role == "client" else self.exchange.server).address)


def talks(seen: Seen) -> Iterator[Talk]:
    """Every TCP connection with its calls."""
    calls = _by_conversation(seen)
    for connection in seen.conversations.connections:
        yield Talk(seen, connection, tuple(calls[id(connection)]))


def asked(seen: Seen) -> Iterator[Asked]:
    """Every UDP exchange with what belongs to it."""
    calls = _by_conversation(seen)
    datagrams = _by_exchange(seen.conversations)
    dns = {message.number: message for message in seen.conversations.messages if message.protocol == "dns"}
    errors: dict[frozenset[Endpoint], list[Message]] = defaultdict(list)
    for message in seen.conversations.messages:
        if (ends := quoted(message, "udp")) is not None:
            errors[frozenset(ends)].append(message)
    for exchange in seen.conversations.exchanges:
        own = datagrams[exchange.index]
        about = errors[frozenset((exchange.client, exchange.server))]
        yield Asked(
            seen,
            exchange,
            tuple(own),
            tuple(dns[each.number] for each in own if each.number in dns),
            tuple(each for each in about if each.time >= exchange.start),
            tuple(calls[id(exchange)]),
        )


def name_of(seen: Seen, address: str) -> str:
    """The host that has an address, else the address."""
    return visible(host_at(address, seen.record) or address)


def running(seen: Seen, endpoint: Endpoint, time: int) -> list[str] | None:
    """The programs that ran at the host of an endpoint at a time; None where there is no record of a run."""
    if seen.record is None:
        return None
    host = host_at(endpoint.address, seen.record)
    return [name for name, each in seen.record.programs.items() if each.host == host and _ran(each, time)]


def _ran(program: ProgramFacts, time: int) -> bool:
    began = program.started is not None and program.started <= time
    return began and (program.ended is None or program.ended >= time)


def place(beside: Beside) -> Text:
    """Where a call stands in its program: ` at server.py:31`; nothing where that is not known."""
    call = beside.call
    if call.file is None or call.line is None:
        return same("")
    at = visible(f"{call.file.rpartition('/')[2]}:{call.line}")
    return say(" at {at}", "（{at}）", at=at)


def _by_conversation(seen: Seen) -> dict[int, list[Beside]]:
    found: dict[int, list[Beside]] = defaultdict(list)
    for each in seen.calls:
        if each.conversation is not None:
            found[id(each.conversation)].append(each)
    return found


def _by_exchange(conversations: Conversations) -> dict[int, list[Datagram]]:
    """The datagrams of each exchange by its index: of the last one of these ends that had begun."""
    begun: dict[tuple[int, frozenset[Endpoint]], list[Exchange]] = defaultdict(list)
    for exchange in conversations.exchanges:
        begun[exchange.interface, frozenset((exchange.client, exchange.server))].append(exchange)
    found: dict[int, list[Datagram]] = defaultdict(list)
    for datagram in conversations.datagrams:
        listed = begun[datagram.interface, frozenset((datagram.source, datagram.destination))]
        last = next((each for each in reversed(listed) if each.first_packet <= datagram.number), None)
        if last is not None:
            found[last.index].append(datagram)
    return found
