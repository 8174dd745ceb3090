"""Capture files, as a stream of frames: pcap and pcapng, either byte order, plain or gzip.

Formats: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng. Once the head of a file is recognised nothing
in the rest of it raises: reading ends where the file is cut short or makes no sense, and `CaptureFile.damage`
says where and how. Memory is bound by one buffer and the largest frame.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from lab.errors import CaptureFileError
from lab.oserrors import why
from lab.text import Text, say

Frame = tuple[int, int, int, bytes, int]
"""`(time, interface, link type, captured bytes, length on the wire)`; time in nanoseconds since the epoch."""

CHUNK = 1 << 20
LARGEST_FRAME = (
    1 << 18
)  # libpcap's MAXIMUM_SNAPLEN; a larger one is damage unless the file announces such a snap length
LARGEST_SNAPLEN = 1 << 27
LARGEST_BLOCK = 1 << 28
SMALLEST_BLOCK = 12
LARGEST_TIME = 1 << 63
BILLION = 1_000_000_000

GZIP = b"\x1f\x8b"
PACKINGS = {
    # the first bytes of other packings that captures come in: zstd and lz4 are not in the standard library
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
}
PCAP_MAGIC = {
    # the first four bytes: byte order, nanoseconds in a unit of the fraction, bytes of a record's header
    b"\xd4\xc3\xb2\xa1": ("<", 1000, 16),
    b"\xa1\xb2\xc3\xd4": (">", 1000, 16),
    b"\x4d\x3c\xb2\xa1": ("<", 1, 16),
    b"\xa1\xb2\x3c\x4d": (">", 1, 16),
    b"\x34\xcd\xb2\xa1": ("<", 1000, 24),  # Kuznetzov's: eight more bytes a record
    b"\xa1\xb2\xcd\x34": (">", 1000, 24),
}
PCAP_HEADER = 24
SECTION = b"\x0a\x0d\x0d\x0a"
BYTE_ORDER = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
SECTION_BLOCK, INTERFACE_BLOCK, OLD_PACKET_BLOCK, SIMPLE_BLOCK, PACKET_BLOCK = 0x0A0D0D0A, 1, 2, 3, 6
END_OF_OPTIONS, IF_NAME, IF_TSRESOL, IF_TSOFFSET = 0, 2, 9, 14
OFFSET_LENGTH = 8


class _DamageError(Exception):
    """The file makes no sense from here on; what it says becomes `CaptureFile.damage`."""

    def __init__(self, what: Text) -> None:
        super().__init__(str(what))
        self.what = what


class _Source:
    """The bytes of a file, unpacked where it is gzip; after damage to the packing, those before it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.broken: Text | None = None
        start = file.read(len(GZIP))
        file.seek(0)
        self._unpacker = zlib.decompressobj(wbits=31) if start == GZIP else None

    def read(self) -> bytes:
        """About `CHUNK` more bytes; empty at the end."""
        if self._unpacker is None:
            return self.file.read(CHUNK)
        while self.broken is None:
            packed = self._unpacker.unconsumed_tail or self._unpacker.unused_data or self.file.read(CHUNK)
            if self._unpacker.eof:
                if not packed.startswith(GZIP):  # gzip(1) ignores what follows the last member, too
                    return b""
                self._unpacker = zlib.decompressobj(wbits=31)
            if not packed:
                self.broken = say("its gzip packing is cut short", "其 gzip 压缩数据不完整")
                return self._unpacker.flush()
            before = self._unpacker.copy()
            try:
                data = self._unpacker.decompress(packed, CHUNK)
            except zlib.error as error:
                self.broken = say(
                    "its gzip packing is broken ({error})", "其 gzip 压缩数据已损坏（{error}）", error=error
                )
                return _salvaged(before, packed)
            if data:
                return data
        return b""


def _salvaged(unpacker: zlib._Decompress, packed: bytes) -> bytes:
    """What can be unpacked before the fault in `packed`."""
    data = bytearray()
    try:
        for each in packed:
            data += unpacker.decompress(bytes((each,)))
    except zlib.error:
        pass
    return bytes(data)


@dataclass(slots=True)
class _Interface:
    """An interface of a pcapng section: how its frames are to be read."""

    number: int
    """Counted through all sections of the file."""
    link_type: int
    snaplen: int
    ticks: int = 1_000_000
    """Of its clock, in a second."""
    offset: int = 0
    """Seconds to add to its times."""


@dataclass(slots=True)
class CaptureFile:
    """An open capture file; iterate over it once for its frames, close it with `with`."""

    path: Path
    format: str
    """`pcap` or `pcapng`."""
    interfaces: list[str] = field(default_factory=list)
    """Their names, empty where the file gives none; complete after the iteration."""
    damage: Text | None = None
    """Where and how the file is cut short or broken; known after the iteration."""
    _source: _Source | None = None
    _buffer: bytes = b""
    _at: int = 0
    _passed: int = 0
    """Bytes of the file before the buffer."""

    def __iter__(self) -> Iterator[Frame]:
        try:
            yield from self._pcap() if self.format == "pcap" else self._pcapng()
        except _DamageError as damaged:
            self.damage = damaged.what
        if self._source is not None and self._source.broken is not None:
            self.damage = self._source.broken

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._source is not None:
            self._source.file.close()

    def has(self, size: int) -> bool:
        """Whether `size` bytes are in the buffer, read up where need be."""
        assert self._source is not None
        pieces = [self._buffer[self._at :]]
        have = len(pieces[0])
        while have < size and (more := self._source.read()):
            pieces.append(more)
            have += len(more)
        self._passed += self._at
        self._buffer, self._at = b"".join(pieces), 0
        return have >= size

    @property
    def consumed(self) -> int:
        """How many bytes of the file have been read, packed as they are."""
        assert self._source is not None
        return self._source.file.tell()

    @property
    def start(self) -> bytes:
        """As many of the first bytes as tell a capture's format; before the iteration."""
        return self._buffer[:PCAP_HEADER]

    def _place(self) -> int:
        return self._passed + self._at

    def _pcap(self) -> Iterator[Frame]:
        order, unit, head = PCAP_MAGIC[self._buffer[:4]]
        snaplen, link_type = struct.unpack_from(order + "II", self._buffer, 16)
        largest = max(LARGEST_FRAME, snaplen if snaplen <= LARGEST_SNAPLEN else 0)
        link_type &= 0xFFFF  # above are the length of the frame check sequence and reserved bits
        record = struct.Struct(order + "IIII").unpack_from
        self.interfaces.append("")
        self._at = PCAP_HEADER
        while True:
            buffer, at, end = self._buffer, self._at, len(self._buffer)
            while at + head <= end:
                seconds, fraction, captured, length = record(buffer, at)
                start = at + head
                if captured > largest:
                    self._at = at
                    raise _DamageError(_senseless(self._place()))
                if start + captured > end:
                    break
                at = start + captured
                yield seconds * BILLION + fraction * unit, 0, link_type, buffer[start:at], length
            self._at = at
            if not self.has(head):
                if self._buffer:
                    raise _DamageError(_cut(self._place()))
                return
            if not self.has(head + record(self._buffer, 0)[2]):
                raise _DamageError(_cut(self._place()))

    def _pcapng(self) -> Iterator[Frame]:
        order = "<"
        section: list[_Interface] = []
        while self.has(SMALLEST_BLOCK):
            if self._buffer.startswith(SECTION):
                order, section = self._order(), []
            kind, size = struct.unpack_from(order + "II", self._buffer)
            if size < SMALLEST_BLOCK or size > LARGEST_BLOCK:
                raise _DamageError(_senseless(self._place()))
            size += -size % 4
            if not self.has(size):
                raise _DamageError(_cut(self._place()))
            yield from self._blocks(order, section, kind, size)
        if self._buffer:
            raise _DamageError(_cut(self._place()))

    def _blocks(self, order: str, section: list[_Interface], kind: int, size: int) -> Iterator[Frame]:
        """Frames of the blocks that are whole in the buffer, as far as the next section."""
        head = struct.Struct(order + "II").unpack_from
        buffer, at, end = self._buffer, 0, len(self._buffer)
        while True:
            if head(buffer, at + size - 8)[1] != head(buffer, at)[1]:
                raise _DamageError(_senseless(self._passed + at))
            body = buffer[at + 8 : at + size - 4]
            try:
                if kind == INTERFACE_BLOCK:
                    section.append(self._interface(order, body))
                elif (frame := _frame(order, section, kind, body)) is not None:
                    yield frame
            except (struct.error, IndexError):
                raise _DamageError(_senseless(self._passed + at)) from None
            at += size
            self._at = at
            if at + SMALLEST_BLOCK > end or buffer.startswith(SECTION, at):
                return
            kind, size = head(buffer, at)
            size += -size % 4
            if size < SMALLEST_BLOCK or at + size > end:
                return

    def _order(self) -> str:
        order = BYTE_ORDER.get(self._buffer[8:12])
        if order is None:
            raise _DamageError(_senseless(self._place()))
        return order

    def _interface(self, order: str, body: bytes) -> _Interface:
        link_type, snaplen = struct.unpack_from(order + "HxxI", body)
        interface = _Interface(len(self.interfaces), link_type, snaplen)
        name = ""
        for code, value in options(order, body, 8):
            if code == IF_NAME:
                name = value.rstrip(b"\0").decode("utf-8", "replace")
            elif code == IF_TSRESOL and len(value) == 1:
                interface.ticks = 1 << (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
            elif code == IF_TSOFFSET and len(value) == OFFSET_LENGTH:
                (interface.offset,) = struct.unpack(order + "q", value)
        self.interfaces.append(name)
        return interface


def opened(path: Path) -> CaptureFile:
    """The capture file at `path`. Raises `CaptureFileError` where it is none, or cut inside its head."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise CaptureFileError(
            say("{path} cannot be read: {why}", "无法读取 {path}：{why}", path=path, why=why(error))
        ) from error
    try:
        return _recognised(path, file)
    except OSError as error:  # a directory opens on some systems, and fails here
        file.close()
        raise CaptureFileError(
            say("{path} cannot be read: {why}", "无法读取 {path}：{why}", path=path, why=why(error))
        ) from error
    except CaptureFileError:
        file.close()
        raise


def _recognised(path: Path, file: BinaryIO) -> CaptureFile:
    source = _Source(file)
    capture = CaptureFile(path, "pcap", _source=source)
    whole = capture.has(PCAP_HEADER)
    start = capture.start
    if not start:
        raise CaptureFileError(
            say("{path} is not a capture: {why}", "{path} 不是抓包文件：{why}", path=path, why=source.broken)
            if source.broken
            else say("{path} is empty", "{path} 是空文件", path=path)
        )
    if (packing := next((each for magic, each in PACKINGS.items() if start.startswith(magic)), None)) is not None:
        raise CaptureFileError(
            say("{path} is packed with {packing}", "{path} 由 {packing} 压缩", path=path, packing=packing),
            say("unpack it first, or pack it with gzip", "请先解压，或改用 gzip 压缩"),
        )
    if start[:4] == SECTION[: len(start)] and (len(start) < SMALLEST_BLOCK or start[8:12] in BYTE_ORDER):
        capture.format = "pcapng"
    elif not any(magic.startswith(start[:4]) for magic in PCAP_MAGIC):
        raise CaptureFileError(
            say("{path} is not a capture (pcap or pcapng)", "{path} 不是抓包文件（pcap 或 pcapng）", path=path)
        )
    if not whole:
        raise CaptureFileError(say("{path} is cut inside its header", "{path} 在文件头处被截断", path=path))
    return capture


def _frame(order: str, section: list[_Interface], kind: int, body: bytes) -> Frame | None:
    """The frame in the block `body`, None where its kind holds none. Raises IndexError, struct.error."""
    if kind == PACKET_BLOCK:
        number, high, low, captured, length = struct.unpack_from(order + "IIIII", body)
        start = 20
    elif kind == OLD_PACKET_BLOCK:
        number, high, low, captured, length = struct.unpack_from(order + "HxxIIII", body)
        start = 20
    elif kind == SIMPLE_BLOCK:
        (length,) = struct.unpack_from(order + "I", body)
        number = high = low = 0
        captured = min(length, section[0].snaplen or length, len(body) - 4)
        start = 4
    else:
        return None
    if start + captured > len(body):
        raise IndexError
    interface = section[number]
    ticks = high << 32 | low
    whole, part = divmod(ticks, interface.ticks)
    time = (whole + interface.offset) * BILLION + part * BILLION // interface.ticks
    if not 0 <= time < LARGEST_TIME:
        time = 0
    return time, interface.number, interface.link_type, body[start : start + captured], length


def options(order: str, body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The options of a block from `at` on: code and value, as far as they make sense."""
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        if code == END_OF_OPTIONS:
            return
        yield code, body[at + 4 : at + 4 + length]
        at += 4 + length + -length % 4


def _cut(place: int) -> Text:
    return say("cut short in what begins at byte {place}", "从第 {place} 字节开始的内容被截断", place=place)


def _senseless(place: int) -> Text:
    return say(
        "damaged at byte {place}: no packet begins there", "在第 {place} 字节处损坏：该处不是数据包的开头", place=place
    )
