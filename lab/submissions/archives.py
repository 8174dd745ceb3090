"""Archives, read in memory: no member is ever unpacked onto the disk, whatever it is called and whatever it is.

Bounds hold while an archive is read, not afterwards: an archive that would inflate to more is read to the bound.
Archives within archives are members like others; `find` tells which are opened.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO

from lab.limits import MIB
from lab.submissions.names import decoded, is_junk
from lab.submissions.submission import Refused
from lab.submissions.taking import (
    A_LINK,
    MOST_ENTRIES,
    NO_REGULAR_FILE,
    Member,
    Place,
    Taken,
    Unread,
    alone,
    take_all,
)
from lab.text import Text, say

CHUNK = 1 << 16
MOST_INFLATED = 200  # times the size of the archive, where that comes to more than LITTLE
LITTLE = 4 * MIB
MOST_ENDS = 8  # times that tarfile may read at the end: it passes over what a member claims to have bit by bit
MOST_MEMORY = 128 * MIB  # of the xz decoder; `xz -9` wants 65
LOCAL = b"PK\x03\x04"  # begins each member of a zip
CENTRAL = b"PK\x01\x02"  # begins each entry of its directory
ENTRY = 46  # bytes of an entry without its name
UTF8_FLAG = 0x08  # of the second byte of the flags of both
ENCRYPTED = 0x1
MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}
DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, struct.error, UnicodeError),
    *(OSError, EOFError, ValueError, OverflowError, RuntimeError, KeyError, IndexError),
)
"""What zipfile, tarfile and the decompressors raise of an archive that is damaged, or made to look so."""

IS_DAMAGED = say("the archive is damaged", "归档已损坏")
IS_NONE = say("it is no zip or tar archive, whatever its name says", "它不是 zip 或 tar 归档，尽管名字像")
IS_BOMB = say("it inflates to too much: the rest is left out", "解压后过大：其余部分未取用")
IS_ENCRYPTED = say("it is encrypted", "它已加密")
IS_PACKED_ODDLY = say("it is compressed in a way that zip files seldom are", "它采用了 zip 中少见的压缩方式")
TOO_MANY = say(
    "the archive has more than {n} members: the rest is left out", "归档成员超过 {n} 个：其余部分未取用", n=MOST_ENTRIES
)


def read_archive(content: bytes, name: str) -> tuple[dict[str, bytes], tuple[Refused, ...]]:
    """The files of a zip or a tar (compressed or not) by relative POSIX path, and what of it was not taken.

    `name` is what the archive is called where it itself is refused, in whole or from some member on.
    """
    taken = take(content, name).get("", Taken())
    return taken.files, taken.refused


def take(content: bytes, name: str, place: Place = alone) -> dict[str, Taken]:
    """What is taken of an archive of one or of several students, by `place`. Raises `InputError` as `take_all` does."""
    ended: list[Text] = []
    taken = take_all(_until_it_fails(content, ended), place)
    if ended:
        for each in taken.values() if taken else [taken.setdefault("", Taken())]:
            each.refuse(name, ended[0])
    return taken


def names(content: bytes) -> tuple[list[str], Text | None]:
    """The names of the members as they stand in the archive, those of folders with `/`; why there are no more of them.

    None: all are there.
    """
    ended: list[Text] = []
    found = [member.name for member in _until_it_fails(content, ended)]
    return found, ended[0] if ended else None


def _until_it_fails(content: bytes, ended: list[Text]) -> Iterator[Member]:
    """The members of an archive as far as it can be read; where that is not to its end, `ended` gets the reason."""
    try:
        for number, member in enumerate(_members(content)):
            if number >= MOST_ENTRIES:
                ended.append(TOO_MANY)
                return
            if not is_junk(member.name):
                yield member
    except _TooMuch:
        ended.append(IS_BOMB)
    except Unread as unread:
        ended.append(unread.why)
    except DAMAGED:
        ended.append(IS_DAMAGED)


def _members(content: bytes) -> Iterator[Member]:
    if content.startswith((LOCAL, b"PK\x05\x06")):
        yield from _of_zip(content)
        return
    kind = next((kind for magic, kind in MAGIC.items() if content.startswith(magic)), None)
    if kind is None and content[257:262] != b"ustar":
        raise Unread(IS_NONE)
    yield from _of_tar(_Inflated(_opened(content, kind), _bound(len(content))))


def _bound(packed: int) -> int:
    """The bytes that so many packed ones may inflate to."""
    return max(LITTLE, MOST_INFLATED * packed)


# zip


def _of_zip(content: bytes) -> Iterator[Member]:
    if content.count(CENTRAL) > MOST_ENTRIES:
        raise Unread(TOO_MANY)
    archive = _zip(content)
    for info in archive.infolist():
        name = info.orig_filename
        if not info.flag_bits & UTF8_FLAG << 8:
            name = decoded(name.encode("cp437"))
        yield _zipped(archive, info, name)


def _zip(content: bytes) -> zipfile.ZipFile:
    """The archive; where a name that claims to be UTF-8 is not, all names are taken as bytes."""
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except UnicodeDecodeError:
        changed = bytearray(content)
        at = changed.find(CENTRAL)
        while 0 <= at <= len(changed) - ENTRY:
            (local,) = struct.unpack_from("<I", changed, at + 42)
            changed[at + 9] &= ~UTF8_FLAG
            if changed.startswith(LOCAL, local):
                changed[local + 7] &= ~UTF8_FLAG
            at = changed.find(CENTRAL, at + 4)
        return zipfile.ZipFile(io.BytesIO(changed))


def _zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Member:
    kind = stat.S_IFMT(info.external_attr >> 16)
    refused = None
    if stat.S_ISLNK(kind):
        refused = A_LINK
    elif name.endswith(("/", "\\")) or stat.S_ISDIR(kind):
        return Member(name.rstrip("/\\") + "/", is_folder=True)
    elif kind and not stat.S_ISREG(kind):
        refused = NO_REGULAR_FILE
    elif info.flag_bits & ENCRYPTED:
        refused = IS_ENCRYPTED
    elif info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        refused = IS_PACKED_ODDLY  # zipfile inflates bzip2 and lzma without a bound
    elif info.file_size > _bound(info.compress_size):
        refused = IS_BOMB
    return Member(name, info.file_size, lambda: _inflated(archive, info), refused, modified=_seconds(info))


def _seconds(info: zipfile.ZipInfo) -> float:
    """When the member was modified; 0 where its date is none."""
    try:
        return datetime(*info.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return 0


def _inflated(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(info) as opened:
            while chunk := opened.read(CHUNK):
                yield chunk
    except DAMAGED as error:
        raise Unread(IS_DAMAGED) from error


# tar


class _TooMuch(Exception):
    """More has been inflated than may be."""


class _Inflated(io.RawIOBase):
    """A tar's bytes, so many and no more."""

    def __init__(self, stream: IO[bytes] | _Packed, most: int) -> None:
        self._stream = stream
        self._left = most
        self._ends = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(CHUNK if size < 0 else size)
        self._left -= len(data)
        self._ends += not data
        if self._left < 0:
            raise _TooMuch
        if self._ends > MOST_ENDS:
            raise EOFError
        return data


class _Packed:
    """What a bzip2 or xz stream, or several one after the other, inflate to, as much at a time as is asked for."""

    def __init__(self, content: bytes, kind: str) -> None:
        self._source = io.BytesIO(content)
        self._kind = kind
        self._decoder = self._new()

    def _new(self) -> bz2.BZ2Decompressor | lzma.LZMADecompressor:
        return bz2.BZ2Decompressor() if self._kind == "bzip2" else lzma.LZMADecompressor(memlimit=MOST_MEMORY)

    def read(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            if self._decoder.eof:
                self._source.seek(-len(self._decoder.unused_data), io.SEEK_CUR)
                self._decoder = self._new()
            packed = self._source.read(CHUNK) if self._decoder.needs_input else b""
            if not packed and self._decoder.needs_input:
                break
            found += self._decoder.decompress(packed, size - len(found))
        return bytes(found)


def _opened(content: bytes, kind: str | None) -> IO[bytes] | _Packed:
    if kind is None:
        return io.BytesIO(content)
    return gzip.GzipFile(fileobj=io.BytesIO(content)) if kind == "gzip" else _Packed(content, kind)  # type: ignore[return-value]


def _of_tar(stream: _Inflated) -> Iterator[Member]:
    """The members as the stream passes by: each is to be read before the next is asked for."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        while (info := archive.next()) is not None:
            vars(archive)["members"].clear()  # it would remember all of them
            yield _tarred(archive, info, decoded(info.name.encode("utf-8", "surrogateescape")))


def _tarred(archive: tarfile.TarFile, info: tarfile.TarInfo, name: str) -> Member:
    if info.isdir():
        return Member(name.rstrip("/") + "/", is_folder=True)
    refused = A_LINK if info.islnk() or info.issym() else None
    if refused is None and (not info.isreg() or info.issparse() or info.size < 0):
        refused = NO_REGULAR_FILE
    return Member(name, max(info.size, 0), lambda: _passing(archive, info), refused, modified=info.mtime)


def _passing(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    opened = archive.extractfile(info)
    assert opened is not None, "it is a regular file"
    try:
        while chunk := opened.read(CHUNK):
            yield chunk
    except _TooMuch as much:
        raise Unread(IS_BOMB) from much
    except DAMAGED as error:
        raise Unread(IS_DAMAGED) from error
