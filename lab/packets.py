"""Frames to segments, datagrams and other packets: link layers, tunnels, IP and its fragments.

::

    frame ─link layer→ ethertype ─→ IPv4, IPv6 ─fragments, tunnels→ TCP  → Sink.segment
                                │                                   UDP  → Sink.datagram
                                └── ARP, LLC, …                     else → Sink.other

Headers are read with struct where they lie, so that a frame costs no object of its own. Whatever the
bytes are, nothing raises: what cannot be read goes to `Sink.other`. Lengths follow Wireshark: that of the IP
header, limited by the frame's length on the wire; 0 (segmentation offload) is the rest of the frame.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from socket import AF_INET, AF_INET6, inet_ntop
from typing import NamedTuple, Protocol

from lab.fragments import Fragments
from lab.tunnels import IPV4, IPV6, PPP, TRANSPARENT_ETHERNET, Inside, gre, ip_version, over_udp

ETHERNET, PPP_LINK, SLL, SLL2 = 1, 9, 113, 276
ARP, VLAN, QINQ = 0x0806, 0x8100, 0x88A8
TAGS = {VLAN: 2, QINQ: 2, 0x9100: 2, 0x9200: 2, 0x8926: 4, 0x893F: 6, 0x88E7: 16}
"""Bytes of a tag before the next EtherType: IEEE 802.1Q, VN-Tag, 802.1BR, 802.1ah with the addresses in it."""
MPLS, MPLS_MULTICAST, PPPOE_SESSION, LOOPBACK = 0x8847, 0x8848, 0x8864, 0x9000
LONGEST_802_3 = 1500  # a larger type-or-length field is a type (IEEE 802.3, 3.2.6)
SNAP, LLC_IP = b"\xaa\xaa\x03", b"\x06\x06\x03"
PPP_PROTOCOLS = {0x0021: IPV4, 0x0057: IPV6, 0x0281: MPLS}
FAMILIES = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}  # AF_INET; AF_INET6 of Linux and the BSDs

ICMP, IGMP, IP_IN_IP, TCP, UDP, IPV6_IN_IP, GRE, ICMPV6 = 1, 2, 4, 6, 17, 41, 47, 58
HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, NO_NEXT, DESTINATION = 0, 43, 44, 51, 59, 60
EXTENSIONS = frozenset((HOP_BY_HOP, ROUTING, DESTINATION, 135, 139, 140))
DEEPEST = 12  # headers inside headers; a packet made to loop ends here

_plain = struct.Struct(">12xHBxHxxHxBxx8x4xIIHH").unpack_from  # Ethernet, IPv4 without options, TCP up to the window
_PLAIN_LENGTH = 50
_tcp = struct.Struct(">4xIIHH").unpack_from
VERSION_4, VERSION_6 = 4, 6
IPV4_HEADER, IPV6_HEADER, EXTENSION_HEADER, TCP_HEADER, UDP_HEADER = 20, 40, 8, 20, 8  # the shortest of each
ETHERNET_HEADER = 14
TCP_CHECKSUM, UDP_CHECKSUM = 16, 6  # where in the header it stands
PLAIN_IPV4, PLAIN_TCP = (
    0x45,
    0x5000,
)  # version and length without options; length without options, as it lies in the flags
SLL_802_2 = 4  # LINUX_SLL_P_802_2
_TCP_LEAST = 16  # what Wireshark needs of a header: up to the window
_u16 = struct.Struct(">H").unpack_from


def address_text(address: bytes) -> str:
    """An IP address in its canonical text form (RFC 5952), other bytes in hex."""
    family = {4: AF_INET, 16: AF_INET6}.get(len(address))
    return address.hex(":") if family is None else inet_ntop(family, address)


class Frame(NamedTuple):
    """Where a packet came in."""

    number: int
    time: int
    interface: int


class Packet(NamedTuple):
    """What an IP header carries, or a link layer where there is none (`source` is then empty)."""

    frame: Frame
    ethertype: int
    source: bytes
    destination: bytes
    protocol: int
    """Of IP: the protocol number."""
    data: bytes
    at: int
    """Where in `data` it begins."""
    length: int
    """By the headers; less of it may have been captured."""
    whole: bool
    """It did not come in fragments."""
    fragments: tuple[int, ...] = ()
    """The numbers of the frames that it came in, where it came in fragments and none is missing."""


class Sink(Protocol):
    """Who is given what the frames hold."""

    def segment(  # noqa: PLR0913, PLR0917 - an object for each segment would cost more than tracking it
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
        """A TCP segment.

        `key` is source address, destination address, source port and destination port as they lie in the
        headers; `flags` the 16 bits with the header's length in the upper four; `length` that of the payload,
        -1 where the header's own length makes no sense; the TCP header begins at `data[at]`;
        `whole` tells that nothing of the payload was cut off by the capture.
        """

    def datagram(self, packet: Packet, /) -> None:
        """A UDP datagram with at least its header."""

    def other(self, packet: Packet, /) -> None:
        """Anything else."""


class Decoder:
    """Reads frames and gives what they hold to `sink`."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._segment = sink.segment
        self._fragments = Fragments()
        self._links: dict[int, Callable[[Frame, bytes, int], None]] = {
            0: self._null,
            ETHERNET: self._ethernet,
            PPP_LINK: self._ppp,
            10: self._fddi,
            12: self._raw,
            14: self._raw,
            50: self._ppp,
            51: self._pppoe,
            101: self._raw,
            104: self._cisco,
            166: self._directed_ppp,
            204: self._directed_ppp,
            108: self._null,
            SLL: self._cooked,
            SLL2: self._cooked2,
            228: self._raw,
            229: self._raw,
        }

    def frame(self, number: int, time: int, interface: int, link_type: int, data: bytes, length: int) -> None:
        """One frame: `data` of it was captured, `length` bytes were on the wire."""
        if link_type == ETHERNET and len(data) >= _PLAIN_LENGTH:
            ethertype, version, total, fragment, protocol, seq, ack, flags, window = _plain(data)
            if (
                ethertype == IPV4
                and version == PLAIN_IPV4
                and protocol == TCP
                and not fragment & 0x3FFF
                and (payload := total - IPV4_HEADER - (flags >> 12 << 2)) >= 0
                and total <= len(data) - ETHERNET_HEADER
                and flags >= PLAIN_TCP
            ):
                self._segment(data[26:38], number, time, interface, seq, ack, flags, window, payload, data, 34, True)  # noqa: FBT003 - likewise
                return
        frame = Frame(number, time, interface)
        link = self._links.get(link_type)
        if link is None:
            self._other(frame, 0, data, 0, length)
        else:
            link(frame, data, max(length, len(data)))

    def _other(self, frame: Frame, ethertype: int, data: bytes, at: int, length: int) -> None:
        self._sink.other(Packet(frame, ethertype, b"", b"", 0, data, at, max(length - at, 0), whole=True))

    # Link layers. Each takes the frame's bytes and its length on the wire.

    def _ethernet(self, frame: Frame, data: bytes, length: int) -> None:
        self._typed(frame, data, 12, length)

    def _typed(self, frame: Frame, data: bytes, at: int, length: int, depth: int = 0) -> None:
        """What follows from a type-or-length field at `at`."""
        if len(data) < at + 2:
            self._other(frame, 0, data, 0, length)
            return
        (ethertype,) = _u16(data, at)
        if ethertype <= LONGEST_802_3:
            self._llc(frame, data, at + 2, min(length, at + 2 + ethertype), depth)
        else:
            self._payload(frame, ethertype, data, at + 2, length, depth)

    def _llc(self, frame: Frame, data: bytes, at: int, length: int, depth: int = 0) -> None:
        control = data[at : at + 3]
        if control == SNAP and data[at + 3 : at + 6] in {b"\0\0\0", b"\0\0\xf8"} and len(data) >= at + 8:
            self._payload(frame, _u16(data, at + 6)[0], data, at + 8, length, depth + 1)
        elif control == LLC_IP:
            self._payload(frame, IPV4, data, at + 3, length, depth + 1)
        else:
            self._other(frame, 0, data, 0, length)

    def _payload(self, frame: Frame, ethertype: int, data: bytes, at: int, length: int, depth: int = 0) -> None:
        """What an `ethertype` says is at `at`."""
        if depth > DEEPEST:
            self._other(frame, ethertype, data, at, length)
        elif ethertype == IPV4:
            self._ipv4(frame, data, at, length, depth)
        elif ethertype == IPV6:
            self._ipv6(frame, data, at, length, depth)
        elif ethertype in TAGS:
            self._typed(frame, data, at + TAGS[ethertype], length, depth + 1)
        elif ethertype in {MPLS, MPLS_MULTICAST}:
            self._mpls(frame, data, at, length, depth)
        elif ethertype == PPPOE_SESSION:
            self._pppoe(frame, data, length, at, depth)
        elif ethertype == TRANSPARENT_ETHERNET:
            self._typed(frame, data, at + 12, length, depth + 1)
        else:
            self._other(frame, ethertype, data, at, length)

    def _mpls(self, frame: Frame, data: bytes, at: int, length: int, depth: int) -> None:
        while len(data) > at + 4:
            at += 4
            if data[at - 2] & 1:  # the bottom of the stack; what is under it is told by its first bits
                ethertype = ip_version(data, at)
                if ethertype is not None:
                    self._payload(frame, ethertype, data, at, length, depth + 1)
                    return
                break
        self._other(frame, MPLS, data, at, length)

    def _ppp(self, frame: Frame, data: bytes, length: int) -> None:
        self._ppp_protocol(frame, data, 2 if data[:2] == b"\xff\x03" else 0, length)

    def _directed_ppp(self, frame: Frame, data: bytes, length: int) -> None:
        """PPP after a byte that tells the direction: LINKTYPE_PPP_PPPD, LINKTYPE_PPP_WITH_DIR."""
        self._ppp_protocol(frame, data, 3 if data[1:3] == b"\xff\x03" else 1, length)

    def _pppoe(self, frame: Frame, data: bytes, length: int, at: int = 0, depth: int = 0) -> None:
        """RFC 2516: version, type, code, session and the length of what follows."""
        if len(data) >= at + 6:
            length = min(length, at + 6 + _u16(data, at + 4)[0])
        self._ppp_protocol(frame, data, at + 6, length, depth)

    def _ppp_protocol(self, frame: Frame, data: bytes, at: int, length: int, depth: int = 0) -> None:
        if len(data) < at + 2:
            self._other(frame, 0, data, 0, length)
            return
        compressed = data[at] & 1  # RFC 1661, 6.5: a protocol of one byte
        protocol = data[at] if compressed else _u16(data, at)[0]
        ethertype = PPP_PROTOCOLS.get(protocol, 0)
        self._payload(frame, ethertype, data, at + (1 if compressed else 2), length, depth + 1)

    def _fddi(self, frame: Frame, data: bytes, length: int) -> None:
        self._llc(frame, data, 13, length)

    def _cisco(self, frame: Frame, data: bytes, length: int) -> None:
        if data[:1] in {b"\x0f", b"\x8f"}:
            self._typed(frame, data, 2, length)
        else:
            self._ppp(frame, data, length)

    def _null(self, frame: Frame, data: bytes, length: int) -> None:
        """The address family in the byte order of the machine that captured, which is not told."""
        families = (int.from_bytes(data[:4], "little"), int.from_bytes(data[:4], "big"))
        ethertype = next((FAMILIES[each] for each in families if each in FAMILIES), 0)
        self._payload(frame, ethertype, data, 4, length)

    def _raw(self, frame: Frame, data: bytes, length: int) -> None:
        self._payload(frame, ip_version(data, 0) or 0, data, 0, length)

    def _cooked(self, frame: Frame, data: bytes, length: int) -> None:
        self._cooked_type(frame, data, 14, 16, length)

    def _cooked2(self, frame: Frame, data: bytes, length: int) -> None:
        self._cooked_type(frame, data, 0, 20, length)

    def _cooked_type(self, frame: Frame, data: bytes, type_at: int, at: int, length: int) -> None:
        if len(data) < at:
            self._other(frame, 0, data, 0, length)
            return
        (ethertype,) = _u16(data, type_at)
        if ethertype == SLL_802_2:
            self._llc(frame, data, at, length)
        else:
            self._payload(frame, ethertype, data, at, length)

    # The internet layer.

    def _ipv4(self, frame: Frame, data: bytes, at: int, length: int, depth: int) -> None:
        header = (data[at] & 15) << 2 if len(data) >= at + IPV4_HEADER and data[at] >> 4 == VERSION_4 else 0
        if header < IPV4_HEADER or len(data) < at + header:
            self._other(frame, IPV4, data, at, length)
            return
        total, identification, fragment = struct.unpack_from(">HHH", data, at + 2)
        total = min(total, length - at) if total else length - at
        source, destination = data[at + 12 : at + 16], data[at + 16 : at + 20]
        packet = Packet(
            frame, IPV4, source, destination, data[at + 9], data, at + header, total - header, not fragment & 0x3FFF
        )
        if packet.length < 0:
            self._other(frame, IPV4, data, at, length)
        elif packet.whole:
            self._transport(packet, depth)
        else:
            self._fragment(packet, identification, (fragment & 0x1FFF) << 3, depth, more=bool(fragment & 0x2000))

    def _ipv6(self, frame: Frame, data: bytes, at: int, length: int, depth: int) -> None:
        if len(data) < at + IPV6_HEADER or data[at] >> 4 != VERSION_6:
            self._other(frame, IPV6, data, at, length)
            return
        size = _u16(data, at + 4)[0] or length - at - 40  # 0: a jumbogram, or segmentation offload
        source, destination = data[at + 8 : at + 24], data[at + 24 : at + 40]
        size = min(size, length - at - 40)
        self._extensions(Packet(frame, IPV6, source, destination, data[at + 6], data, at + 40, size, whole=True), depth)

    def _extensions(self, packet: Packet, depth: int) -> None:
        """The header after the extension headers of IPv6 (RFC 8200, 4)."""
        while packet.protocol in EXTENSIONS or packet.protocol in {FRAGMENT, AUTHENTICATION}:
            data, at = packet.data, packet.at
            if len(data) < at + EXTENSION_HEADER or packet.length < EXTENSION_HEADER:
                self._sink.other(packet)
                return
            if packet.protocol == FRAGMENT:
                rest = packet._replace(protocol=data[at], at=at + 8, length=packet.length - 8)
                offset, identification = struct.unpack_from(">HI", data, at + 2)
                if offset & 0xFFF9:
                    self._fragment(
                        rest._replace(whole=False), identification, offset & 0xFFF8, depth, more=bool(offset & 1)
                    )
                    return
                packet = rest  # an atomic fragment (RFC 6946)
                continue
            size = (data[at + 1] + 2) << 2 if packet.protocol == AUTHENTICATION else (data[at + 1] + 1) << 3
            packet = packet._replace(protocol=data[at], at=at + size, length=packet.length - size)
        if packet.length < 0:
            self._sink.other(packet)
        else:
            self._transport(packet, depth)

    def _fragment(self, packet: Packet, identification: int, offset: int, depth: int, *, more: bool) -> None:
        piece = packet.data[packet.at : packet.at + packet.length]
        if len(piece) < packet.length:  # cut by the capture: it can never be put together
            self._sink.other(packet)
            return
        key = (packet.source, packet.destination, identification, packet.protocol)
        found = self._fragments.joined(key, offset, piece, packet.frame.number, more=more)
        if found is not None:
            data, fragments = found
            joined = packet._replace(data=data, at=0, length=len(data), fragments=fragments)
            (self._extensions if packet.ethertype == IPV6 else self._transport)(joined, depth)

    def _transport(self, packet: Packet, depth: int) -> None:
        protocol = packet.protocol
        if protocol == TCP:
            self._tcp(packet)
        elif protocol == UDP:
            self._udp(packet, depth)
        elif protocol == IP_IN_IP and packet.at < len(packet.data):
            self._payload(packet.frame, IPV4, packet.data, packet.at, packet.at + packet.length, depth + 1)
        elif protocol == IPV6_IN_IP and packet.at < len(packet.data):
            self._payload(packet.frame, IPV6, packet.data, packet.at, packet.at + packet.length, depth + 1)
        elif protocol == GRE and self._tunnel(packet, gre(packet.data, packet.at), depth):
            pass
        else:
            self._sink.other(packet)

    def _tunnel(self, packet: Packet, inside: Inside | None, depth: int) -> bool:
        """Go on with what is `inside`; whether there was anything."""
        end = packet.at + packet.length
        if inside is None or inside[1] >= min(end, len(packet.data)):
            return False
        ethertype, at = inside
        if ethertype == PPP:
            skip = 2 if packet.data[at : at + 2] == b"\xff\x03" else 0
            self._ppp_protocol(packet.frame, packet.data, at + skip, end, depth + 1)
        else:
            self._payload(packet.frame, ethertype, packet.data, at, end, depth + 1)
        return True

    def _udp(self, packet: Packet, depth: int) -> None:
        if packet.length < UDP_HEADER or len(packet.data) < packet.at + UDP_HEADER:
            self._sink.other(packet)
            return
        self._sink.datagram(packet)
        for port in struct.unpack_from(">HH", packet.data, packet.at)[::-1]:
            if self._tunnel(packet, over_udp(port, packet.data, packet.at + UDP_HEADER), depth):
                return

    def _tcp(self, packet: Packet) -> None:
        frame, data, at = packet.frame, packet.data, packet.at
        if min(len(data) - at, packet.length) < _TCP_LEAST:
            self._sink.other(packet)
            return
        seq, ack, flags, window = _tcp(data, at)
        header = flags >> 12 << 2
        length = packet.length - header if header >= TCP_HEADER else -1
        key = packet.source + packet.destination + data[at : at + 4]
        whole = len(data) >= at + header + length
        where = frame.number, frame.time, frame.interface
        self._segment(key, *where, seq, ack, flags, window, max(length, -1), data, at, whole)
