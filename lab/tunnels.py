"""What tunnels carry: GRE over IP, and those over UDP that have a port of their own."""

from __future__ import annotations

import struct
from collections.abc import Callable

IPV4, IPV6, TRANSPARENT_ETHERNET, PPP, ERSPAN = 0x0800, 0x86DD, 0x6558, 0x880B, 0x88BE
Inside = tuple[int, int]
"""EtherType of what is inside, and where in the data it begins."""

GRE_SEQUENCE = 0x1000
ERSPAN_HEADER = GENEVE_HEADER = VXLAN_HEADER = GTP_HEADER = 8
VXLAN_VALID = 0x08
GTP_USER_DATA, GTP_MORE, GTP_EXTENDED = 255, 0x07, 0x04
MOST_EXTENSIONS = 8


def ip_version(data: bytes, at: int) -> int | None:
    """The EtherType of the IP header at `at`, told by its version."""
    return {4: IPV4, 6: IPV6}.get(data[at] >> 4) if at < len(data) else None


def gre(data: bytes, at: int) -> Inside | None:
    """What GRE carries (RFC 2784, 2890 and, for PPTP, 2637); None where it does not tell."""
    if len(data) < at + 4:
        return None
    flags, ethertype = struct.unpack_from(">HH", data, at)
    if flags & 0x4000:  # routing (RFC 1701) has long gone
        return None
    options = (0x8000, 0x2000, GRE_SEQUENCE, 0x0080 if flags & 7 == 1 else 0)
    at += 4 + 4 * sum(1 for each in options if flags & each)
    if ethertype == ERSPAN:  # without a sequence number it is type I, which has no header
        return TRANSPARENT_ETHERNET, at + (ERSPAN_HEADER if flags & GRE_SEQUENCE else 0)
    return ethertype, at


def over_udp(port: int, data: bytes, at: int) -> Inside | None:
    """What a datagram to `port` carries whose payload begins at `at`; None where it is no tunnel."""
    reader = _PORTS.get(port)
    return reader(data, at) if reader is not None and len(data) > at else None


def _vxlan(data: bytes, at: int) -> Inside | None:
    """RFC 7348, 5."""
    return (TRANSPARENT_ETHERNET, at + VXLAN_HEADER) if data[at] & VXLAN_VALID else None


def _geneve(data: bytes, at: int) -> Inside | None:
    """RFC 8926, 3.4; version 0."""
    if len(data) < at + GENEVE_HEADER or data[at] >> 6:
        return None
    (ethertype,) = struct.unpack_from(">H", data, at + 2)
    return ethertype, at + GENEVE_HEADER + ((data[at] & 0x3F) << 2)


def _gtp(data: bytes, at: int) -> Inside | None:
    """3GPP TS 29.281, 5.1: version 1, a user's packet."""
    if len(data) < at + GTP_HEADER or data[at] >> 4 != 3 or data[at + 1] != GTP_USER_DATA:  # noqa: PLR2004 - version 1, GTP
        return None
    inside = at + GTP_HEADER
    if data[at] & GTP_MORE:
        inside += 4
        extended = data[at] & GTP_EXTENDED
        for _ in range(MOST_EXTENSIONS if extended else 0):
            if inside >= len(data) or not data[inside - 1] or not data[inside]:
                break
            inside += data[inside] << 2
    ethertype = ip_version(data, inside)
    return None if ethertype is None else (ethertype, inside)


def _teredo(data: bytes, at: int) -> Inside | None:
    """RFC 4380, 5.1.1: IPv6, after an authentication and an origin indication where they are."""
    if data[at : at + 2] == b"\0\1" and len(data) >= at + 4:
        at += 13 + data[at + 2] + data[at + 3]
    if data[at : at + 2] == b"\0\0":
        at += 8
    return (IPV6, at) if ip_version(data, at) == IPV6 else None


_PORTS: dict[int, Callable[[bytes, int], Inside | None]] = {
    2152: _gtp,
    3544: _teredo,
    4754: gre,
    4789: _vxlan,
    6081: _geneve,
}
