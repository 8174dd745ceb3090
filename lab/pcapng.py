"""Writing pcapng: the captures of a run's networks as one file that names its interfaces and hosts.

Blocks and options as in draft-ietf-opsawg-pcapng; read correctly by Wireshark, tshark and tcpdump.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Mapping
from typing import BinaryIO

SECTION_HEADER = 0x0A0D0D0A
INTERFACE_DESCRIPTION = 1
NAME_RESOLUTION = 4
INTERFACE_STATISTICS = 5
ENHANCED_PACKET = 6
COMMENT = 1
SHB_APPLICATION = 4
IF_NAME = 2
IF_TSRESOL = 9
ISB_RECEIVED, ISB_DROPPED = 4, 5
NANOSECONDS = b"\x09"
ETHERNET = 1


class Writer:
    """Writes a pcapng file block by block; interfaces are Ethernet, times nanoseconds since the epoch."""

    def __init__(self, file: BinaryIO, application: str, comment: str) -> None:
        self._file = file
        options = _option(COMMENT, comment.encode()) + _option(SHB_APPLICATION, application.encode())
        self._block(SECTION_HEADER, struct.pack("<LHHq", 0x1A2B3C4D, 1, 0, -1) + _end(options))

    def interface(self, name: str, snaplen: int) -> None:
        """The next interface, from 0 on."""
        options = _option(IF_NAME, name.encode()) + _option(IF_TSRESOL, NANOSECONDS)
        self._block(INTERFACE_DESCRIPTION, struct.pack("<HHL", ETHERNET, 0, snaplen) + _end(options))

    def names(self, names: Iterable[tuple[str, str]]) -> None:
        """`(host name, address)` for readers that show names."""
        records = b""
        for name, address in names:
            packed = ipaddress.ip_address(address).packed
            kind = 1 if len(packed) == 4 else 2  # noqa: PLR2004 - bytes of an IPv4 address
            records += _option(kind, packed + name.encode() + b"\0")
        self._block(NAME_RESOLUTION, records + struct.pack("<HH", 0, 0))

    def packet(self, interface: int, time: int, data: bytes, length: int, comment: str | None = None) -> None:
        """A frame; `length` is what it had on the wire."""
        head = struct.pack("<LLLLL", interface, time >> 32, time & 0xFFFFFFFF, len(data), length)
        options = b"" if comment is None else _end(_option(COMMENT, comment.encode()))
        self._block(ENHANCED_PACKET, head + _padded(data) + options)

    def statistics(self, interface: int, time: int, counters: Mapping[int, int]) -> None:
        """Counters of an interface (ISB_RECEIVED, ISB_DROPPED) at the end of its capture."""
        options = b"".join(_option(code, struct.pack("<Q", value)) for code, value in counters.items())
        head = struct.pack("<LLL", interface, time >> 32, time & 0xFFFFFFFF)
        self._block(INTERFACE_STATISTICS, head + _end(options))

    def _block(self, kind: int, body: bytes) -> None:
        length = len(body) + 12
        self._file.write(struct.pack("<LL", kind, length) + body + struct.pack("<L", length))


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _end(options: bytes) -> bytes:
    return options + struct.pack("<HH", 0, 0) if options else b""
