"""The kinds on a capture file of real frames, through the reader: what the hand-built runs cannot show."""

import ipaddress
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from facts import RunFacts, find, ipv4, ipv6, run

from lab import reader

SYN, ACK, PSH, FIN, RST = 2, 16, 8, 1, 4
SERVER = "to: {host: server, port: 8080}"


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    return 0xFFFF - (total & 0xFFFF) - (total >> 16)


def address(host: str) -> bytes:
    return bytes(int(part) for part in ipv4(host).split("."))


def packet(source: str, destination: str, protocol: int, body: bytes) -> bytes:
    head = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0, address(source), address(destination)
    )
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return bytes(12) + b"\x08\x00" + head + body


class Talk:
    """A connection of a client to server:8080 as frames."""

    def __init__(self, client: str, port: int) -> None:
        self.client = client
        self.port = port
        self.seq = {client: 1000, "server": 5000}

    def frame(self, sender: str, flags: int, payload: bytes = b"") -> bytes:
        receiver = "server" if sender == self.client else self.client
        ports = (self.port, 8080) if sender == self.client else (8080, self.port)
        ack = self.seq[receiver] if flags & ACK else 0
        body = struct.pack(">HHIIBBHHH", *ports, self.seq[sender], ack, 0x50, flags, 64240, 0, 0) + payload
        self.seq[sender] += len(payload) + (1 if flags & (SYN | FIN) else 0)
        return packet(sender, receiver, 6, body)

    def shake(self) -> Iterator[bytes]:
        yield self.frame(self.client, SYN)
        yield self.frame("server", SYN | ACK)
        yield self.frame(self.client, ACK)

    def chat(self) -> Iterator[bytes]:
        yield self.frame(self.client, PSH | ACK, "你好".encode("gbk"))
        yield self.frame("server", PSH | ACK, "数据".encode("gbk"))

    def close(self) -> Iterator[bytes]:
        yield self.frame(self.client, FIN | ACK)
        yield self.frame("server", FIN | ACK)
        yield self.frame(self.client, ACK)


def saved(folder: Path, frames: list[bytes]) -> RunFacts:
    """The run whose capture holds the frames, 1 ms apart."""
    file = folder / "capture.pcap"
    content = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)
    for number, data in enumerate(frames, start=1):
        content += struct.pack("<IIII", 0, number * 1_000_000, len(data), len(data)) + data
    file.write_bytes(content)
    facts = run(capture=file, encoding="gbk")
    return RunFacts(facts.record, reader.read(file), file, folder)


@pytest.fixture
def at_once(tmp_path: Path) -> RunFacts:
    alice, bob = Talk("alice", 40112), Talk("bob", 51544)
    frames = [*alice.shake(), *bob.shake(), *alice.chat(), *bob.chat(), *alice.close()]
    return saved(tmp_path, [*frames, bob.frame("bob", FIN | ACK), bob.frame("server", RST | ACK)])


def test_one_exchange_by_many_kinds(at_once: RunFacts):
    handshake = find(at_once, "tcp.handshake", f"{{{SERVER}, complete: 2, half_open: 0}}")
    assert handshake.ok
    assert handshake.packets == ((1, 2, 3), (4, 5, 6))
    overlap = find(at_once, "tcp.overlap", f"{{{SERVER}, count: 2}}")
    assert overlap.actual.en == "2 conversations open together for 5.0 ms, data from the server on each"
    assert find(at_once, "tcp.payload", f"{{{SERVER}, sent_by: server, text: 数据}}").ok
    assert find(at_once, "tcp.payload", f"{{{SERVER}, sent_by: client, text: 你好}}").ok
    assert find(at_once, "tcp.connections", "{conn_state: SF, completeness: complete with data, count: 1}").ok
    assert find(at_once, "tcp.retransmissions", "{count: 0}").ok
    assert find(at_once, "packets", "{filter: 'tcp[tcpflags] & tcp-rst != 0 and src host {server}', count: 1}").ok
    close = find(at_once, "tcp.close", f"{{{SERVER}, kind: fin, by: client}}")
    assert not close.ok
    assert [d.en for d in close.details] == ["bob: the client sent FIN at packet 14; the server sent RST at packet 15"]
    first = "first: {data: {from: {host: alice}, sent_by: server}}"
    assert find(at_once, "order", f"{{{first}, then: {{closed: {{from: {{host: alice}}}}}}}}").ok


def test_one_client_after_the_other(tmp_path: Path):
    alice, bob = Talk("alice", 40112), Talk("bob", 51544)
    frames = [*alice.shake(), *bob.shake(), *alice.chat(), *alice.close(), *bob.chat(), *bob.close()]
    finding = find(saved(tmp_path, frames), "tcp.overlap", f"{{{SERVER}, at_least: 2}}")
    assert not finding.ok
    assert finding.details[1].en == (
        "bob's first answer came at packet 13, after the first FIN of alice's conversation (9)"
    )


def test_icmp_and_dns(tmp_path: Path):
    question = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + b"\x06server\x00\x00\x01\x00\x01"
    query = packet("alice", "server", 17, struct.pack(">HHHH", 4000, 53, 8 + len(question), 0) + question)
    error = packet("server", "alice", 1, b"\x03\x03" + bytes(6) + query[14:42])
    facts = saved(tmp_path, [query, error])
    assert find(facts, "dns", "{message: query, name: server, type: A, from: {host: alice}, count: 1}").ok
    assert find(facts, "icmp", "{type: port-unreachable, about: {host: server, port: 53}, count: 1}").ok
    assert find(facts, "udp.datagrams", "{to: {host: server, port: 53}, count: 1}").ok


def test_arp(tmp_path: Path):
    body = struct.pack(">HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, bytes(6), address("alice"), bytes(6), address("server"))
    facts = saved(tmp_path, [b"\xff" * 6 + bytes(6) + b"\x08\x06" + body])
    assert find(facts, "arp", "{operation: request, from: {host: alice}, asks: {host: server}, count: 1}").ok


def test_ipv6_hosts_are_recognised(tmp_path: Path):
    ends = b"".join(ipaddress.ip_address(ipv6(host)).packed for host in ("alice", "server"))
    body = struct.pack(">HHHH", 4000, 9999, 9, 0) + b"x"
    head = struct.pack(">IHBB", 0x60000000, len(body), 17, 64)
    facts = saved(tmp_path, [bytes(12) + b"\x86\xdd" + head + ends + body])
    assert find(facts, "udp.datagrams", "{from: {host: alice}, to: {host: server, port: 9999}, count: 1}").ok
    assert find(facts, "packets", "{filter: 'ip6 dst host {server.ipv6}', count: 1}").ok
