"""Blocks are taken apart here by the draft's own figures (draft-ietf-opsawg-pcapng), not by the lab's reader."""

from __future__ import annotations

import io
import ipaddress
import struct
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.capturefile import opened
from lab.pcapng import ISB_DROPPED, ISB_RECEIVED, Writer


@dataclass
class Block:
    kind: int
    body: bytes

    def options(self, at: int) -> dict[int, bytes]:
        found = {}
        while at < len(self.body):
            code, length = struct.unpack_from("<HH", self.body, at)
            if code == 0:
                assert at + 4 == len(self.body)
                return found
            found[code] = self.body[at + 4 : at + 4 + length]
            at += 4 + length + -length % 4
        return found


def blocks(data: bytes) -> list[Block]:
    found, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from("<LL", data, at)
        assert length % 4 == 0
        assert struct.unpack_from("<L", data, at + length - 4) == (length,)
        found.append(Block(kind, data[at + 8 : at + length - 4]))
        at += length
    return found


@pytest.fixture
def file() -> io.BytesIO:
    return io.BytesIO()


@pytest.fixture
def writer(file: io.BytesIO) -> Writer:
    return Writer(file, "socket-lab 1", "run one")


def test_section_header(file: io.BytesIO, writer: Writer) -> None:
    (section,) = blocks(file.getvalue())
    assert section.kind == 0x0A0D0D0A
    assert struct.unpack_from("<LHHq", section.body) == (0x1A2B3C4D, 1, 0, -1)
    assert section.options(16) == {1: b"run one", 4: b"socket-lab 1"}


def test_interface(file: io.BytesIO, writer: Writer) -> None:
    writer.interface("lan", 1518)
    interface = blocks(file.getvalue())[1]
    assert interface.kind == 1
    assert struct.unpack_from("<HHL", interface.body) == (1, 0, 1518)
    assert interface.options(8) == {2: b"lan", 9: b"\x09"}


def test_names(file: io.BytesIO, writer: Writer) -> None:
    writer.names([("alice", "10.77.0.11"), ("alice", "fd77::11")])
    names = blocks(file.getvalue())[1]
    assert names.kind == 4
    at, found = 0, []
    while (record := struct.unpack_from("<HH", names.body, at)) != (0, 0):
        kind, length = record
        value = names.body[at + 4 : at + 4 + length]
        size = {1: 4, 2: 16}[kind]
        found.append((str(ipaddress.ip_address(value[:size])), value[size:]))
        at += 4 + length + -length % 4
    assert at + 4 == len(names.body)
    assert found == [("10.77.0.11", b"alice\0"), ("fd77::11", b"alice\0")]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 60])
def test_packet_is_padded_to_32_bits(file: io.BytesIO, writer: Writer, size: int) -> None:
    time = 1_700_000_000_123_456_789
    writer.packet(2, time, b"\xaa" * size, 1500)
    packet = blocks(file.getvalue())[1]
    interface, high, low, captured, length = struct.unpack_from("<LLLLL", packet.body)
    assert (packet.kind, interface, high << 32 | low, captured, length) == (6, 2, time, size, 1500)
    assert packet.body[20:] == b"\xaa" * size + b"\0" * (-size % 4)


def test_packet_with_a_comment(file: io.BytesIO, writer: Writer) -> None:
    writer.packet(0, 1, b"abc", 3, "备注")
    assert blocks(file.getvalue())[1].options(24) == {1: "备注".encode()}


def test_statistics(file: io.BytesIO, writer: Writer) -> None:
    time = 1_700_000_000_000_000_000
    writer.statistics(1, time, {ISB_RECEIVED: 34, ISB_DROPPED: 0})
    statistics = blocks(file.getvalue())[1]
    interface, high, low = struct.unpack_from("<LLL", statistics.body)
    assert (statistics.kind, interface, high << 32 | low) == (5, 1, time)
    assert statistics.options(12) == {4: struct.pack("<Q", 34), 5: struct.pack("<Q", 0)}


def test_the_labs_reader_reads_it_back(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with path.open("wb") as file:
        writer = Writer(file, "lab", "run")
        writer.interface("lan", 65535)
        writer.interface("wan", 65535)
        writer.names([("alice", "10.77.0.11")])
        writer.packet(0, 10**18 + 7, b"first", 5, "comment")
        writer.packet(1, 10**18 + 9, b"second", 1500)
        writer.statistics(0, 10**18 + 10, {ISB_RECEIVED: 1})
    with opened(path) as capture:
        frames = list(capture)
    assert [(time, interface, data, length) for time, interface, _, data, length in frames] == [
        (10**18 + 7, 0, b"first", 5),
        (10**18 + 9, 1, b"second", 1500),
    ]
    assert capture.damage is None
    assert [link for _, _, link, _, _ in frames] == [1, 1]
