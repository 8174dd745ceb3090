"""Writing pcapng: the captures of a run's networks as one file that names its interfaces and hosts, and commenting it.

Blocks and options as in draft-ietf-opsawg-pcapng; read correctly by Wireshark, tshark and tcpdump.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO

from lab.capturefile import BYTE_ORDER, SMALLEST_BLOCK, options

SECTION_HEADER = 0x0A0D0D0A
INTERFACE_DESCRIPTION = 1
OLD_PACKET, SIMPLE_PACKET = 2, 3
NAME_RESOLUTION = 4
INTERFACE_STATISTICS = 5
ENHANCED_PACKET = 6
PACKET_HEADER = 20  # bytes of an enhanced packet block before the frame
COMMENT = 1
SHB_APPLICATION = 4
IF_NAME, IF_DESCRIPTION = 2, 3
IF_TSRESOL = 9
ISB_RECEIVED, ISB_DROPPED = 4, 5
NANOSECONDS = b"\x09"
ETHERNET = 1


class Writer:
    """Writes a pcapng file block by block; interfaces are Ethernet, times nanoseconds since the epoch."""

    def __init__(self, file: BinaryIO, application: str, comment: str) -> None:
        self._file = file
        told = _option(COMMENT, comment.encode()) + _option(SHB_APPLICATION, application.encode())
        self._block(SECTION_HEADER, struct.pack("<LHHq", 0x1A2B3C4D, 1, 0, -1) + _end(told))

    def interface(self, name: str, snaplen: int, description: str = "") -> None:
        """The next interface, from 0 on."""
        told = _option(IF_NAME, name.encode())
        if description:
            told += _option(IF_DESCRIPTION, description.encode())
        told += _option(IF_TSRESOL, NANOSECONDS)
        self._block(INTERFACE_DESCRIPTION, struct.pack("<HHL", ETHERNET, 0, snaplen) + _end(told))

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
        told = b"" if comment is None else _end(_option(COMMENT, comment.encode()))
        self._block(ENHANCED_PACKET, head + _padded(data) + told)

    def statistics(self, interface: int, time: int, counters: Mapping[int, int]) -> None:
        """Counters of an interface (ISB_RECEIVED, ISB_DROPPED) at the end of its capture."""
        told = b"".join(_option(code, struct.pack("<Q", value)) for code, value in counters.items())
        head = struct.pack("<LLL", interface, time >> 32, time & 0xFFFFFFFF)
        self._block(INTERFACE_STATISTICS, head + _end(told))

    def _block(self, kind: int, body: bytes) -> None:
        self._file.write(_block("<", kind, body))


def commented(
    source: BinaryIO, out: BinaryIO, comments: Mapping[int, Sequence[str]], stale: Callable[[str], bool]
) -> None:
    """Copy a pcapng stream with `comments` added to its frames, which are counted from 1, and without `stale` ones.

    Everything else stays byte for byte, other comments too. Only enhanced packet blocks can bear comments. Raises
    `ValueError` where the stream is no pcapng, or a damaged one.
    """
    number = 0
    for order, kind, block in _blocks(source):
        number += kind in {ENHANCED_PACKET, OLD_PACKET, SIMPLE_PACKET}
        added = comments.get(number, ())
        out.write(_with_comments(order, block, added, stale) if kind == ENHANCED_PACKET else block)


def _blocks(source: BinaryIO) -> Iterator[tuple[str, int, bytes]]:
    """The blocks of a stream: byte order, kind, and all of their bytes."""
    order = ""
    while start := source.read(SMALLEST_BLOCK):
        if start[:4] == SECTION_HEADER.to_bytes(4, "big"):
            order = BYTE_ORDER.get(start[8:12], "")
        if len(start) < SMALLEST_BLOCK or not order:
            raise ValueError(len(start))
        kind, size = struct.unpack_from(order + "LL", start)
        block = start + source.read(max(0, size - SMALLEST_BLOCK))
        if size % 4 or len(block) != size or block[-4:] != block[4:8]:
            raise ValueError(size)
        yield order, kind, block


def _with_comments(order: str, block: bytes, added: Sequence[str], stale: Callable[[str], bool]) -> bytes:
    """An enhanced packet block with the comments that are `added`, and without those that are `stale`."""
    body = block[8:-4]
    if len(body) < PACKET_HEADER or (at := _options_at(order, body)) > len(body):
        raise ValueError(len(body))
    there = list(options(order, body, at))
    kept = [each for each in there if each[0] != COMMENT or not stale(each[1].decode("utf-8", "replace"))]
    if len(kept) == len(there) and not added:
        return block
    kept += [(COMMENT, comment.encode()) for comment in added]
    told = b"".join(_option(code, value, order) for code, value in kept)
    return _block(order, ENHANCED_PACKET, body[:at] + _end(told))


def _options_at(order: str, body: bytes) -> int:
    """Where the options of an enhanced packet block begin."""
    captured: int = struct.unpack_from(order + "L", body, 12)[0]
    return PACKET_HEADER + captured + -captured % 4


def _block(order: str, kind: int, body: bytes) -> bytes:
    length = len(body) + SMALLEST_BLOCK
    return struct.pack(order + "LL", kind, length) + body + struct.pack(order + "L", length)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + _padded(value)


def _end(told: bytes) -> bytes:
    return told + b"\0\0\0\0" if told else b""
