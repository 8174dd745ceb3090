"""The Internet checksum of TCP and UDP (RFC 1071; RFC 9293, 3.1; RFC 768; RFC 8200, 8.1)."""

from __future__ import annotations

import struct

ALL_ONES = 0xFFFF


def folded(words: bytes) -> int:
    """The ones' complement sum of 16-bit words."""
    words += b"\0" * (len(words) % 2)
    total: int = sum(struct.unpack(f">{len(words) // 2}H", words))
    while total >> 16:
        total = (total & ALL_ONES) + (total >> 16)
    return total


def wrong(protocol: int, source: bytes, destination: bytes, data: bytes, at: int) -> bool | None:
    """Whether the checksum at `at` in the segment or datagram `data` is wrong.

    None where it cannot be known: the sum of the pseudo-header alone stands there, which the kernel leaves for the
    network card to complete (checksum offload), so that what was on the wire is not in the capture.
    """
    header = source + destination + struct.pack(">II", len(data), protocol)
    if folded(header + data) == ALL_ONES:
        return False
    return None if int.from_bytes(data[at : at + 2], "big") == folded(header) else True
