"""Packets of the lab's own: what their fields say, read with scapy itself."""

from __future__ import annotations

from typing import Any

import pytest
import wire
from pydantic import ValidationError
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from lab import crafting
from lab.crafting import Inject, Wanting
from lab.record import HostFacts, Interface


def host(number: int, *networks: str) -> HostFacts:
    faces = [
        Interface(
            name=f"eth{n}",
            network=network,
            mac=f"02:77:00:00:{n:02x}:{number:02x}",
            ipv4=f"10.7{n}.0.{number}",
            ipv6=f"fd7{n}::{number}",
        )
        for n, network in enumerate(networks)
    ]
    return HostFacts(image="host", interfaces=tuple(faces))


HOSTS = {"server": host(10, "lan", "dmz"), "alice": host(11, "lan")}
SEEN = crafting.Seen(source_port=4000, target_port=80, sequence=0xFFFFFFFF, acknowledgment=77)


def made(told: dict[str, Any], seen: crafting.Seen | None = None, network: str = "lan") -> list[Any]:
    ends = {"from": {"host": "alice"}, "to": {"host": "server"}}
    inject = Inject.model_validate(ends | told)
    return [Ether(frame) for frame in crafting.frames(inject, HOSTS, network, seen)]


def test_a_reset_that_is_accepted() -> None:
    (packet,) = made({"tcp": {"flags": "RST"}}, SEEN)
    assert (packet.src, packet.dst) == ("02:77:00:00:00:0b", "02:77:00:00:00:0a")
    assert (packet[IP].src, packet[IP].dst, packet[IP].ttl) == ("10.70.0.11", "10.70.0.10", 64)
    segment = packet[TCP]
    assert (segment.sport, segment.dport, segment.seq, segment.ack, str(segment.flags)) == (
        4000,
        80,
        0xFFFFFFFF,
        0,
        "R",
    )


def test_what_is_given_is_taken() -> None:
    tcp = {"flags": ["PSH", "ACK"], "sequence": 5, "acknowledgment": 6, "window": 7}
    ends = {"from": {"host": "alice", "port": 1}, "to": {"host": "server", "port": 2}}
    (packet,) = made({"tcp": tcp, "hex": "00 ff", "ttl": 3, **ends}, SEEN)
    segment = packet[TCP]
    assert (segment.sport, segment.dport, segment.seq, segment.ack, segment.window) == (1, 2, 5, 6, 7)
    assert (str(segment.flags), bytes(segment.payload), packet[IP].ttl) == ("PA", b"\x00\xff", 3)


def test_each_comes_from_the_next_port() -> None:
    ends = {"from": {"address": "10.70.0.99", "port": 65535}, "to": {"host": "server", "port": 80}}
    packets = made({"tcp": {"flags": "SYN"}, "count": 3, **ends})
    assert [packet[TCP].sport for packet in packets] == [65535, 1, 2]
    assert {packet.src for packet in packets} == {crafting.NOBODY}


def test_a_datagram_of_ipv6_on_another_network() -> None:
    ends = {"from": {"address": "fd71::99", "port": 1}, "to": {"address": "fd71::10", "port": 2}}
    (packet,) = made({"udp": True, "ipv6": True, "text": "好", **ends}, network="dmz")
    assert (packet.dst, packet[IPv6].dst) == ("02:77:00:00:01:0a", "fd71::10"), "an address of a host is the host"
    assert bytes(packet[UDP].payload) == "好".encode()


def test_icmp_of_both_versions() -> None:
    (old,) = made({"icmp": [3, 13]})
    (new,) = made({"icmp": [200, 4], "ipv6": True, "text": "x"})
    assert (old[ICMP].type, old[ICMP].code) == (3, 13)
    assert (new[IPv6].nh, bytes(new)[54:56], bytes(new)[58:]) == (58, bytes([200, 4]), b"x")


@pytest.mark.parametrize(
    ("address", "hardware"),
    [
        ("224.128.1.2", "01:00:5e:00:01:02"),
        ("ff02::1:3", "33:33:00:01:00:03"),
        ("10.70.0.255", crafting.TO_ALL),
    ],
)
def test_where_frames_to_groups_and_to_nobody_go(address: str, hardware: str) -> None:
    ends = {"from": {"host": "alice", "port": 1}, "to": {"address": address, "port": 2}}
    (packet,) = made({"udp": True, "ipv6": ":" in address, **ends})
    assert packet.dst == hardware


@pytest.mark.parametrize(
    "told",
    [
        {"tcp": {"flags": "RST"}},
        {"tcp": {"flags": "SYN"}},
        {"tcp": {"flags": "ACK"}, "from": {"host": "alice", "port": 1}, "to": {"host": "server", "port": 2}},
    ],
)
def test_numbers_of_a_connection_that_was_not_seen_are_wanting(told: dict[str, Any]) -> None:
    with pytest.raises(Wanting, match="no connection"):
        made(told)


@pytest.mark.parametrize(
    ("flags", "payload", "more"), [(wire.SYN, b"", 1), (wire.ACK, b"abc", 3), (wire.FIN, b"ab", 3)]
)
@pytest.mark.parametrize("version", [4, 6])
def test_what_the_sender_would_say_next(flags: int, payload: bytes, more: int, version: int) -> None:
    segment = wire.tcp(4000, 80, 0xFFFFFFFF, 9, flags, payload=payload)
    frame = (
        wire.ethernet(wire.ipv4(segment, 6) + b"pad") if version == 4 else wire.ethernet(wire.ipv6(segment, 6), 0x86DD)
    )
    seen = crafting.next_of(frame)
    assert (seen.source_port, seen.target_port, seen.sequence, seen.acknowledgment) == (4000, 80, more - 1, 9)


def test_too_much_of_one_thing_is_refused() -> None:
    with pytest.raises(ValidationError):
        made({"udp": True, "icmp": [8, 0]})
