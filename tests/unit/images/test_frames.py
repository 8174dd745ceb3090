"""What the tap reads of a frame to choose packets."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import wire
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ANYWHERE = {"addresses": None, "port": None}
SEGMENT = wire.ethernet(
    wire.ipv4(wire.tcp(4000, 80, 7, 9, wire.PSH | wire.ACK, window=5, payload=b"abc", options=bytes(8)), 6) + b"padding"
)
DATAGRAM6 = wire.ethernet(wire.ipv6(wire.udp(5000, 53, b"abcd"), 17), 0x86DD)
BEHIND_OPTIONS = wire.ethernet(wire.ipv6(b"\x11\x00" + bytes(6) + wire.udp(5000, 53, b"abcd"), 0), 0x86DD)
LATER_FRAGMENT = wire.ethernet(wire.ipv4(bytes(24), 17, offset=1480))
ARP = wire.ethernet(
    bytes.fromhex("0001080006040001020000000001") + bytes([10, 0, 0, 1]) + bytes(6) + bytes([10, 0, 0, 2]), 0x0806
)
MARKER = wire.ethernet(b"socket-lab start".ljust(46, b"\0"), 0x88B5)


@pytest.fixture
def frames(load: Callable[[str, str], ModuleType]) -> ModuleType:
    return load("tap", "frames")


def test_a_segment(frames: ModuleType) -> None:
    frame = frames.Frame(SEGMENT)
    assert (frame.protocol, frame.source, frame.target) == ("tcp", wire.CLIENT, wire.SERVER)
    assert (frame.source_port, frame.target_port, frame.window) == (4000, 80, 5)
    assert frame.flags == {"PSH", "ACK"}
    assert SEGMENT[frame.payload : frame.end] == b"abc", "padding is none of it"
    assert frame.size == 3


@pytest.mark.parametrize("data", [DATAGRAM6, BEHIND_OPTIONS])
def test_a_datagram_of_ipv6(frames: ModuleType, data: bytes) -> None:
    frame = frames.Frame(data)
    assert (frame.protocol, frame.source, frame.target) == ("udp", "fd00::1", "fd00::2")
    assert (frame.source_port, frame.target_port, data[frame.payload : frame.end]) == (5000, 53, b"abcd")
    assert frame.flags is None


def test_a_later_fragment_has_no_ports(frames: ModuleType) -> None:
    frame = frames.Frame(LATER_FRAGMENT)
    assert (frame.protocol, frame.source_port, frame.size) == ("udp", None, 0)


def test_a_question_of_arp(frames: ModuleType) -> None:
    frame = frames.Frame(ARP)
    assert (frame.protocol, frame.source, frame.target) == ("arp", "10.0.0.1", "10.0.0.2")


def test_where_the_checksum_ends(frames: ModuleType) -> None:
    assert frames.Frame(SEGMENT).checksum == 14 + 20 + 17
    assert frames.Frame(DATAGRAM6).checksum == 14 + 40 + 7
    assert frames.Frame(ARP).checksum == len(ARP) - 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80), st.sampled_from([b"", b"\x08\x00", b"\x86\xdd", b"\x08\x06"]))
def test_any_bytes_are_a_frame(frames: ModuleType, data: bytes, kind: bytes) -> None:
    frame = frames.Frame(bytes(12) + kind + data)
    assert frame.size >= 0
    assert frames.Choice(ANYWHERE, ANYWHERE, "tcp", ["SYN"], payload=True, window=0).fits(frame) in {True, False}


def at(*addresses: str, port: int | None = None) -> dict[str, Any]:
    return {"addresses": list(addresses) or None, "port": port}


@pytest.mark.parametrize(
    ("choice", "fits"),
    [
        ({}, True),
        ({"source": at(wire.CLIENT)}, True),
        ({"source": at("10.0.0.9", wire.CLIENT, port=4000)}, True),
        ({"source": at(port=80)}, False),
        ({"source": at(wire.SERVER)}, False),
        ({"target": at(port=80)}, True),
        ({"protocol": "udp"}, False),
        ({"flags": ["ACK"]}, True),
        ({"flags": ["ACK", "PSH"]}, True),
        ({"flags": ["ACK", "URG"]}, False),
        ({"flags": ["PSH"]}, False),
        ({"flags": []}, False),
        ({"flags": ["SYN", "ACK"]}, False),
        ({"payload": True}, True),
        ({"payload": False}, False),
        ({"window": 5}, True),
        ({"window": 0}, False),
        ({"source": at(wire.CLIENT), "window": 0}, False),
    ],
)
def test_a_choice_is_of_packets_of_which_everything_holds(
    frames: ModuleType, choice: dict[str, Any], fits: bool
) -> None:
    assert frames.Choice(**choice).fits(frames.Frame(SEGMENT)) is fits


def test_what_is_not_of_tcp_has_no_flags_to_choose_by(frames: ModuleType) -> None:
    assert not frames.Choice(flags=[]).fits(frames.Frame(DATAGRAM6))


def test_the_lab_s_own_frames_are_never_chosen(frames: ModuleType) -> None:
    assert not frames.Choice().fits(frames.Frame(MARKER))
