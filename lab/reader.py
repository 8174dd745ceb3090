"""A capture file to the conversations in it."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Container
from enum import Enum, auto
from pathlib import Path
from typing import Literal, NamedTuple

from lab import checksums
from lab.capturefile import opened
from lab.conversations import Conversations, Datagram, Endpoint, Message
from lab.messages import dns_message, message, sort
from lab.packets import UDP, UDP_CHECKSUM, UDP_HEADER, Decoder, Packet, address_text
from lab.tcp import Tracker
from lab.text import say
from lab.tunnels import IPV4
from lab.udp import Exchanges

DNS_PORTS = frozenset((53, 5353, 5355))  # DNS, mDNS, LLMNR
FIRST_MESSAGES = 8  # that are kept for the tables; of the others they tell how many there are
OFTEN = (1 << 12) - 1  # packets between two tellings of the progress: some fifty in a second


class One(NamedTuple):
    """The number of one conversation, counted among those of its transport."""

    transport: Literal["tcp", "udp"]
    number: int


class Keep(Enum):
    """How much of a capture to keep."""

    TABLES = auto()
    """Connections, exchanges and the first messages: memory is bound by how many conversations there are."""
    MESSAGES = auto()
    """All messages too."""
    ALL = auto()
    """Datagrams, segments and streams too."""


Take = Callable[[Datagram | Message], None]
Progress = Callable[[int, int], None]
"""Is told how many packets have been read, and how many bytes of the file."""


def read(  # noqa: PLR0913 - how much of a capture, in many words
    path: Path,
    *,
    keep: Keep = Keep.ALL,
    only: One | None = None,
    wanted: Container[int] | None = None,
    unheard: Container[int] = frozenset(),
    take: Take | None = None,
    progress: Progress = lambda _packets, _bytes: None,
) -> Conversations:
    """The conversations in the capture file at `path`.

    With `only`, of that conversation alone all is kept, of the others what `Keep.TABLES` says. With `wanted`, of
    connections and exchanges those of these numbers are analysed and the others counted, which takes a tenth of the
    time. Packets in `unheard` were captured and came to nothing (`lab.record.Record.unheard`): they change no state of
    the end that they were for. Where there is a `take` it is given each datagram and message as it is read, and none
    is kept. Raises `CaptureFileError` where the file is no capture or cut inside its head; later damage is told in
    `Conversations.damage`.
    """
    found = Conversations()
    kept = keep is Keep.ALL and (only is None or only.transport == "tcp")
    tracker = Tracker(keep=kept, only=None if only is None else only.number, wanted=wanted, unheard=unheard)
    sink = Sink(found, tracker, keep, only, take)
    with opened(path) as capture:
        decode = Decoder(sink).frame
        number = 0
        for time, interface, link_type, data, length in capture:
            number += 1
            decode(number, time, interface, link_type, data, length)
            if not number & OFTEN:
                progress(number, capture.consumed)
    found.packets = number
    found.interfaces = capture.interfaces
    if capture.damage is not None:
        found.damage = say("after packet {n}, {how}", "在第 {n} 个数据包之后，{how}", n=number, how=capture.damage)
    found.connections = tracker.finish()
    found.more_connections = tracker.count - len(found.connections)
    found.exchanges = sink.exchanges.finish(wanted)
    found.more_exchanges = sink.exchanges.count - len(found.exchanges)
    return found


class Sink:
    """Takes apart what `Decoder` finds, and puts datagrams and messages into `found` if they are to be kept."""

    def __init__(self, found: Conversations, tracker: Tracker, keep: Keep, only: One | None, take: Take | None) -> None:
        self.segment = tracker.segment
        self.exchanges = Exchanges()
        self._found = found
        self._only = only
        self._most = FIRST_MESSAGES if keep is Keep.TABLES or only is not None else sys.maxsize
        self._datagram = take or (found.datagrams.append if keep is Keep.ALL else None)
        self._message = take or self._keep

    def datagram(self, packet: Packet) -> None:
        """A UDP datagram."""
        data, at, frame = packet.data, packet.at, packet.frame
        source, destination, length = struct.unpack_from(">HHH", data, at)
        size = min(length, packet.length) if length >= UDP_HEADER else packet.length
        key = packet.source + packet.destination + data[at : at + 4]
        index = self.exchanges.datagram(key, frame.number, frame.time, frame.interface, size - UDP_HEADER)
        payload = data[at + UDP_HEADER : at + size]
        chosen = self._only == ("udp", index)
        if self._datagram is not None and (chosen or self._only is None):
            self._datagram(
                Datagram(
                    number=frame.number,
                    time=frame.time,
                    interface=frame.interface,
                    source=Endpoint(address_text(packet.source), source),
                    destination=Endpoint(address_text(packet.destination), destination),
                    payload=payload,
                    length=size - UDP_HEADER,
                    checksum_ok=_checksum_ok(packet, size),
                )
            )
        if source in DNS_PORTS or destination in DNS_PORTS:
            said = dns_message(packet, payload)
            if said is not None:
                (self._found.messages.append if chosen else self._message)(said)

    def other(self, packet: Packet) -> None:
        """Anything that is neither TCP nor UDP."""
        self._message(message(packet))

    def _keep(self, said: Message) -> None:
        """Keep a message, or only count it."""
        found = self._found
        if len(found.messages) < self._most:
            found.messages.append(said)
        else:
            kind = sort(said)
            found.left_out[kind] = found.left_out.get(kind, 0) + 1


def _checksum_ok(packet: Packet, size: int) -> bool | None:
    """Whether the UDP checksum is right (RFC 768; RFC 8200, 8.1); None where that cannot be known."""
    data = packet.data[packet.at : packet.at + size]
    if len(data) < size or (data[6:8] == b"\0\0" and packet.ethertype == IPV4) or not packet.whole:
        return None
    wrong = checksums.wrong(UDP, packet.source, packet.destination, data, UDP_CHECKSUM)
    return None if wrong is None else not wrong
