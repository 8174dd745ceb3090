"""A capture file to the conversations in it."""

from __future__ import annotations

import struct
from enum import Enum, auto
from pathlib import Path

from lab.capturefile import opened
from lab.conversations import Conversations, Datagram, Endpoint
from lab.messages import dns_message, message
from lab.packets import UDP, UDP_HEADER, Decoder, Packet, address_text
from lab.tcp import Tracker
from lab.text import say
from lab.tunnels import IPV4
from lab.udp import Exchanges

DNS_PORTS = frozenset((53, 5353, 5355))  # DNS, mDNS, LLMNR


class Keep(Enum):
    """How much of a capture to keep."""

    TABLES = auto()
    """Connections and exchanges: memory is bound by how many they are, not by packets."""
    MESSAGES = auto()
    """Datagrams and messages too."""
    ALL = auto()
    """Segments and streams too."""


def read(path: Path, *, keep: Keep = Keep.ALL) -> Conversations:
    """The conversations in the capture file at `path`.

    Raises `CaptureFileError` where the file is no capture or cut inside its head; later damage is told in
    `Conversations.damage`.
    """
    found = Conversations()
    tracker = Tracker(keep=keep is Keep.ALL)
    sink = _Sink(found, tracker, keep=keep is not Keep.TABLES)
    with opened(path) as capture:
        decode = Decoder(sink).frame
        number = 0
        for time, interface, link_type, data, length in capture:
            number += 1
            decode(number, time, interface, link_type, data, length)
    found.packets = number
    found.interfaces = capture.interfaces
    if capture.damage is not None:
        found.damage = say("after packet {n}, {how}", "在第 {n} 个数据包之后，{how}", n=number, how=capture.damage)
    found.connections = tracker.finish()
    found.exchanges = sink.exchanges.finish()
    return found


class _Sink:
    """Takes apart what `Decoder` finds."""

    def __init__(self, found: Conversations, tracker: Tracker, *, keep: bool) -> None:
        self.segment = tracker.segment
        self.exchanges = Exchanges()
        self._found = found
        self._keep = keep

    def datagram(self, packet: Packet) -> None:
        """A UDP datagram."""
        data, at, frame = packet.data, packet.at, packet.frame
        source, destination, length = struct.unpack_from(">HHH", data, at)
        size = min(length, packet.length) if length >= UDP_HEADER else packet.length
        key = packet.source + packet.destination + data[at : at + 4]
        self.exchanges.datagram(key, frame.number, frame.time, frame.interface, size - UDP_HEADER)
        if not self._keep:
            return
        payload = data[at + UDP_HEADER : at + size]
        self._found.datagrams.append(
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
                self._found.messages.append(said)

    def other(self, packet: Packet) -> None:
        """Anything that is neither TCP nor UDP."""
        if self._keep:
            self._found.messages.append(message(packet))


def _checksum_ok(packet: Packet, size: int) -> bool | None:
    """Whether the UDP checksum is right (RFC 768; RFC 8200, 8.1); None where that cannot be known."""
    data = packet.data[packet.at : packet.at + size]
    if len(data) < size or (data[6:8] == b"\0\0" and packet.ethertype == IPV4) or not packet.whole:
        return None
    words = packet.source + packet.destination + struct.pack(">HH", UDP, size) + data + b"\0" * (size % 2)
    total: int = sum(struct.unpack(f">{len(words) // 2}H", words))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total == 0xFFFF  # noqa: PLR2004 - all ones
