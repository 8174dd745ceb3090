"""The kinds that read the capture itself, on files of crafted frames."""

import struct
from pathlib import Path

import pytest
import wire
from facts import RunFacts, find, ipv4, ipv6, lines, run

from lab.checksums import folded
from lab.errors import CaptureFileError, LabError

ALICE, BOB, SERVER = ipv4("alice"), ipv4("bob"), ipv4("server")


def segment(payload: bytes, *, source: str = ALICE, right: bool = True, partial: bool = False) -> bytes:
    raw = wire.tcp(40112, 8080, 1, 1, 24, payload=payload)
    pseudo = wire.packed(source) + wire.packed(SERVER) + struct.pack(">II", len(raw), 6)
    total = folded(pseudo) if partial else folded(pseudo + raw) ^ 0xFFFF
    raw = raw[:16] + struct.pack(">H", total if right else total ^ 0x0101) + raw[18:]
    return wire.ethernet(wire.ipv4(raw, 6, source, SERVER))


def datagram(payload: bytes, *, source: str = ALICE, right: bool = True) -> bytes:
    raw = wire.udp(5000, 9999, payload, right=right, between=(source, SERVER))
    return wire.ethernet(wire.ipv4(raw, 17, source, SERVER))


def split(payload: bytes, size: int, protocol: int = 17, source: str = ALICE, identification: int = 7) -> list[bytes]:
    raw = wire.udp(5000, 9999, payload, between=(source, SERVER)) if protocol == 17 else payload
    return [
        wire.ethernet(
            wire.ipv4(
                raw[at : at + size], protocol, source, SERVER,
                identification=identification, offset=at, more=at + size < len(raw),
            )
        )
        for at in range(0, len(raw), size)
    ]  # fmt: skip


def saved(folder: Path, *frames: bytes) -> RunFacts:
    file = folder / "capture.pcap"
    file.write_bytes(wire.pcap([(wire.START + n, frame) for n, frame in enumerate(frames)]))
    return run(capture=file)


def test_wrong_checksums(tmp_path: Path):
    facts = saved(
        tmp_path,
        segment(b"hello"),
        segment(b"hello", right=False),
        datagram(b"hi", right=False),
        datagram(b"hi", source=BOB, right=False),
        datagram(b"hi"),
        wire.ethernet(wire.ipv4(struct.pack(">HHHH", 5000, 9999, 10, 0) + b"no", 17, ALICE, SERVER)),  # without one
    )
    assert find(facts, "checksum", "{count: 3}").packets == ((2, 3, 4),)
    assert find(facts, "checksum", "{protocol: tcp, count: 1}").packets == ((2,),)
    assert find(facts, "checksum", "{protocol: udp, from: {host: alice}, to: {port: 9999}, count: 1}").ok
    finding = find(facts, "checksum", "{protocol: tcp, to: {host: server, port: 8080}, at_least: 2}")
    assert not finding.ok
    assert finding.expected.en == "at least 2 segments with a wrong checksum to server:8080"
    assert finding.expected.zh == "到 server:8080 的至少 2 个校验和错误的报文段"
    assert "packet 2, alice:40112 to server:8080" in lines(finding)
    assert "of 1 the checksum was right" in lines(finding)
    assert find(facts, "checksum", "{from: {host: carol}, count: 0}").ok


def test_what_a_network_card_fills_in_cannot_be_known(tmp_path: Path):
    facts = saved(tmp_path, segment(b"hello", partial=True), segment(b"bye", right=False), segment(b"x", source=BOB))
    assert find(facts, "checksum", "{from: {host: alice}}").ok  # one at least, whatever the other is
    assert find(facts, "checksum", "{from: {host: bob}, count: 0}").ok
    with pytest.raises(LabError, match="that the checksum of packet 1 is right cannot be known"):
        find(facts, "checksum", "{from: {host: alice}, count: 1}")


def test_a_checksum_of_what_came_in_fragments(tmp_path: Path):
    facts = saved(tmp_path, *split(b"x" * 100, 64))
    assert find(facts, "checksum", "{count: 0}").ok


def test_datagrams_in_fragments(tmp_path: Path):
    six = wire.udp(5000, 9999, b"y" * 100, between=(ipv6("alice"), ipv6("server")))
    head = [struct.pack(">BBHI", 17, 0, at | (at + 64 < len(six)), 9) for at in range(0, len(six), 64)]
    frames6 = [
        wire.ethernet(wire.ipv6(head[n] + six[n * 64 : n * 64 + 64], 44, ipv6("alice"), ipv6("server")), 0x86DD)
        for n in range(2)
    ]
    lost = split(b"z" * 100, 48, identification=8)[:-1]
    frames = [*split(b"x" * 120, 48), datagram(b"whole"), *frames6, *split(bytes(100), 56, 1, BOB), *lost]
    facts = saved(tmp_path, *frames)
    assert find(facts, "fragments", "{count: 3}").packets == ((1, 2, 3), (5, 6), (7, 8))
    assert find(facts, "fragments", "{protocol: udp, fragments: 3, from: {host: alice}, count: 1}").ok
    assert find(facts, "fragments", "{protocol: icmp, from: {host: bob}, fragments: 2, count: 1}").ok
    assert find(facts, "fragments", "{to: {host: server, port: 9999}, count: 2}").ok
    finding = find(facts, "fragments", "{protocol: udp, fragments: 4}")
    assert not finding.ok
    assert finding.expected.en == "at least 1 UDP datagram in 4 fragments"
    assert finding.expected.zh == "至少 1 个分成 4 片的 UDP 数据报"
    assert "alice to server in 3 fragments (packets 1, 2, 3)" in lines(finding)


@pytest.mark.parametrize("kind", ["checksum", "fragments"])
def test_a_capture_that_is_damaged(tmp_path: Path, kind: str):
    facts = saved(tmp_path, datagram(b"hi"), datagram(b"ho"))
    facts.capture.write_bytes(facts.capture.read_bytes()[:-3])
    with pytest.raises(CaptureFileError, match="is damaged"):
        find(facts, kind, "{}")
