"""The IP datagrams of a capture, read again for what conversations do not hold: checksums and fragments."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lab import capturefile, checksums
from lab.checks.facts import RunFacts
from lab.conversations import Endpoint
from lab.errors import CaptureFileError
from lab.packets import (
    ICMP,
    ICMPV6,
    TCP,
    TCP_CHECKSUM,
    UDP,
    UDP_CHECKSUM,
    UDP_HEADER,
    Decoder,
    Packet,
    address_text,
)
from lab.text import say
from lab.tunnels import IPV4

Protocol = Literal["tcp", "udp", "icmp", "icmpv6"]
NAMES: dict[int, Protocol] = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMPV6: "icmpv6"}


@dataclass(frozen=True, slots=True)
class IpDatagram:
    """An IP datagram that is there as a whole. Ports are 0 where its protocol has none."""

    number: int
    protocol: Protocol
    source: Endpoint
    destination: Endpoint
    wrong: bool | None
    """Whether the checksum of TCP or UDP is wrong; None where it cannot be known."""
    fragments: tuple[int, ...]
    """The packets that it came in, if it came in fragments."""


def ip_datagrams(run: RunFacts) -> Iterator[IpDatagram]:
    """The datagrams of the capture. Raises `CaptureFileError` where the file is damaged."""
    sink = _Sink()
    with capturefile.opened(run.capture) as capture:
        decode = Decoder(sink).frame
        for number, (time, interface, link_type, data, length) in enumerate(capture, start=1):
            decode(number, time, interface, link_type, data, length)
            yield from sink.taken
            sink.taken.clear()
        if capture.damage is not None:
            raise CaptureFileError(
                say("{path} is damaged: {how}", "{path} 已损坏：{how}", path=run.capture.name, how=capture.damage)
            )


class _Sink:
    """Keeps what the decoder finds in a frame."""

    def __init__(self) -> None:
        self.taken: list[IpDatagram] = []

    def segment(  # noqa: PLR0913, PLR0917 - see lab.packets.Sink
        self,
        key: bytes,
        number: int,
        _time: int,
        _interface: int,
        _seq: int,
        _ack: int,
        flags: int,
        _window: int,
        length: int,
        data: bytes,
        at: int,
        whole: bool,  # noqa: FBT001 - likewise
        /,
    ) -> None:
        """A TCP segment."""
        size = (len(key) - 4) // 2
        source, destination = key[:size], key[size : 2 * size]
        wrong = None
        if whole and length >= 0:
            segment = data[at : at + (flags >> 12 << 2) + length]
            wrong = checksums.wrong(TCP, source, destination, segment, TCP_CHECKSUM)
        self._take(number, "tcp", source, destination, key[-4:], wrong=wrong)

    def datagram(self, packet: Packet, /) -> None:
        """A UDP datagram."""
        (size,) = struct.unpack_from(">H", packet.data, packet.at + 4)
        size = min(size, packet.length) if size >= UDP_HEADER else packet.length
        data = packet.data[packet.at : packet.at + size]
        wrong = None
        if data[UDP_CHECKSUM : UDP_CHECKSUM + 2] == b"\0\0" and packet.ethertype == IPV4:
            wrong = False  # it has none
        elif len(data) == size:
            wrong = checksums.wrong(UDP, packet.source, packet.destination, data, UDP_CHECKSUM)
        self._of(packet, data[:4], wrong=wrong)

    def other(self, packet: Packet, /) -> None:
        """Anything else; a fragment by itself is no datagram."""
        if packet.source and packet.protocol in NAMES and (packet.whole or packet.fragments):
            self._of(packet, bytes(4), wrong=False)

    def _of(self, packet: Packet, ports: bytes, *, wrong: bool | None) -> None:
        number, protocol = packet.frame.number, NAMES[packet.protocol]
        self._take(number, protocol, packet.source, packet.destination, ports, wrong=wrong, fragments=packet.fragments)

    def _take(  # noqa: PLR0913 - as many as a datagram has
        self,
        number: int,
        protocol: Protocol,
        source: bytes,
        destination: bytes,
        ports: bytes,
        *,
        wrong: bool | None,
        fragments: tuple[int, ...] = (),
    ) -> None:
        from_port, to_port = struct.unpack(">HH", ports)
        ends = Endpoint(address_text(source), from_port), Endpoint(address_text(destination), to_port)
        self.taken.append(IpDatagram(number, protocol, *ends, wrong, fragments))
