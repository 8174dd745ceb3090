"""Blocks are taken apart here by the draft's own figures (draft-ietf-opsawg-pcapng), not by the lab's reader."""

from __future__ import annotations

import contextlib
import io
import ipaddress
import struct
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import block, interface, option, packet, section

from lab.capturefile import opened
from lab.pcapng import ISB_DROPPED, ISB_RECEIVED, Writer, commented


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


def test_interface_with_a_description(file: io.BytesIO, writer: Writer) -> None:
    writer.interface("lan", 1518, "10.77.0.0/24 · fd77::/64")
    assert blocks(file.getvalue())[1].options(8) == {
        2: b"lan",
        3: "10.77.0.0/24 · fd77::/64".encode(),
        9: b"\x09",
    }


def told(data: bytes, comments: dict[int, list[str]], stale: str = "old") -> bytes:
    out = io.BytesIO()
    commented(io.BytesIO(data), out, comments, lambda comment: comment.startswith(stale))
    return out.getvalue()


def comments_of(data: bytes, order: str = "<") -> list[list[str]]:
    """Of each frame in an enhanced packet block, by tshark's names opt_comment."""
    found, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from(order + "LL", data, at)
        if kind == 6:
            place = at + 28 + (size := struct.unpack_from(order + "L", data, at + 20)[0]) + -size % 4
            texts = []
            while place < at + length - 4:
                code, size = struct.unpack_from(order + "HH", data, place)
                texts += [data[place + 4 : place + 4 + size].decode()] if code == 1 else []
                place += 4 + size + -size % 4
            found.append(texts)
        at += length
    return found


PLAIN = section() + interface() + packet(1, b"abc") + block(0xBAD, b"?") + packet(2, b"abcd")


def test_comments_are_added_to_their_frames_and_all_else_stays() -> None:
    done = told(PLAIN, {2: ["one", "二"]})
    assert comments_of(done) == [[], ["one", "二"]]
    assert done.startswith(PLAIN[: -len(packet(2, b"abcd"))])
    assert told(PLAIN, {}) == PLAIN


def test_old_comments_are_replaced_and_those_of_others_stay() -> None:
    first = told(told(PLAIN, {1: ["of Wireshark"]}), {1: ["old one"], 2: ["old two"]})
    assert comments_of(first) == [["of Wireshark", "old one"], ["old two"]]
    again = told(first, {2: ["old three"]})
    assert comments_of(again) == [["of Wireshark"], ["old three"]]
    assert told(again, {2: ["old three"]}) == again
    assert told(again, {}) == told(PLAIN, {1: ["of Wireshark"]})


def test_comments_in_the_byte_order_of_each_section() -> None:
    foreign = section(">") + interface(order=">") + packet(1, b"abcde", order=">")
    done = told(PLAIN + foreign, {1: ["x"], 3: ["y"]})
    assert comments_of(done[: len(told(PLAIN, {1: ["x"]}))]) == [["x"], []]
    assert comments_of(done[len(told(PLAIN, {1: ["x"]})) :], ">") == [["y"]]


def test_other_options_of_a_frame_stay(tmp_path: Path) -> None:
    flags = option(2, struct.pack("<I", 1)) + option(0, b"")
    frame = block(6, struct.pack("<LLLLL", 0, 0, 1, 3, 3) + b"abc\0" + flags)
    done = told(section() + interface() + frame, {1: ["x"]})
    assert option(2, struct.pack("<I", 1)) + option(1, b"x") + option(0, b"") in done


def test_frames_are_counted_in_blocks_of_every_kind() -> None:
    simple = block(3, struct.pack("<I", 4) + b"abcd")
    assert comments_of(told(section() + interface() + simple + packet(1, b"abc"), {1: ["x"], 2: ["y"]})) == [["y"]]


@pytest.mark.parametrize(
    "data",
    [
        b"\xd4\xc3\xb2\xa1" + bytes(20),
        PLAIN[:-3],
        PLAIN + b"\0",
        PLAIN[:-4] + bytes(4),
        section() + block(6, bytes(8)),
        section() + block(6, struct.pack("<LLLLL", 0, 0, 0, 99, 99)),
    ],
)
def test_what_is_no_pcapng_or_damaged_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\d"):
        told(data, {1: ["x"]})


@given(st.binary(max_size=200))
def test_any_bytes_are_copied_or_refused(tail: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert told(section() + tail, {}) == section() + tail
