"""Bytes as people write them and read them: text in an encoding, or hex."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

from lab.assistant.endpoint import Peer
from lab.errors import InputError
from lab.text import say
from lab.visible import visible

ENCODINGS = ("utf-8", "gbk")
ENDINGS: Mapping[str, bytes] = {"": b"", "LF": b"\n", "CRLF": b"\r\n"}
PORTS = 65535


def from_hex(written: str) -> bytes:
    r"""The bytes of `48 65 6c`, `48656c`, `0x48, 0x65`, `48:65:6c` or `\x48\x65`. Raises `InputError`."""
    found = bytearray()
    for group in re.finditer(r"[^\s,:;-]+", written):
        digits = re.sub(r"0[xX]|\\x", "", group[0])
        if wrong := re.search(r"[^0-9a-fA-F]", digits):
            raise InputError(
                say(
                    "`{it}` in `{group}` is no hex digit",
                    "`{group}` 中的 `{it}` 不是十六进制数字",
                    it=wrong[0],
                    group=group[0],
                )
            )
        if len(digits) % 2 or not digits:
            raise InputError(
                say(
                    "`{group}` is not whole bytes: each takes two hex digits, such as 0a",
                    "`{group}` 不是完整的字节：每个字节写两位十六进制数字，如 0a",
                    group=group[0],
                )
            )
        found += bytes.fromhex(digits)
    return bytes(found)


def from_text(written: str, encoding: str) -> bytes:
    """The bytes of `written`. Raises `InputError` where the encoding has none for a character."""
    try:
        return written.encode(encoding)
    except UnicodeEncodeError as error:
        raise InputError(
            say(
                "{encoding} has no `{it}`",
                "{encoding} 编码中没有 `{it}`",
                encoding=encoding,
                it=written[error.start : error.end],
            )
        ) from error


def as_hex(data: bytes) -> str:
    """`48 65 6c`."""
    return data.hex(" ")


def port_from(written: str, least: int = 1) -> int:
    """A port number. Raises `InputError`."""
    if not re.fullmatch(r"[0-9]{1,5}", written.strip()) or not least <= int(written) <= PORTS:
        raise InputError(
            say(
                "`{it}` is no port: {least} to {most}",
                "`{it}` 不是端口：应为 {least} 到 {most}",
                it=written,
                least=least,
                most=PORTS,
            )
        )
    return int(written)


def peer_from(written: str) -> Peer:
    """The peer of `host:port` or `[address]:port`. Raises `InputError`."""
    parts = re.fullmatch(r"\[([^\]]+)\]:(\S+)|([^:\s]+):(\S+)", written.strip())
    if parts is None:
        raise InputError(
            say("`{it}` is no HOST:PORT, such as server:8080", "`{it}` 不是 主机:端口，例如 server:8080", it=written)
        )
    return Peer(parts[1] or parts[3], port_from(parts[2] or parts[4]))


class Reading:
    """Pieces of streams as text: a character that comes in two pieces stands where its last byte came."""

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)
        self._streams: dict[object, codecs.IncrementalDecoder] = {}

    def text(self, data: bytes, stream: object = None) -> str:
        """A piece of a stream, or of none: a datagram, harmless to look at."""
        if stream is None:
            return visible(self._decoder("backslashreplace").decode(data, final=True))
        decoder = self._streams.setdefault(stream, self._decoder("backslashreplace"))
        return visible(decoder.decode(data))

    def over(self, stream: object) -> None:
        """The stream has ended: another one may come from there."""
        self._streams.pop(stream, None)
