import struct

import pytest
from wire import ACK, CLIENT, PSH, SERVER, START, conversations, ethernet, ipv4, ipv6, packed, pcap, tcp, udp

from lab.conversations import Endpoint
from lab.reader import Keep

SEGMENT = tcp(40000, 80, 100, 200, ACK | PSH, payload=b"hello")
PACKET = ipv4(SEGMENT, 6)
PACKET6 = ipv6(SEGMENT, 6)
LLC_SNAP = b"\xaa\xaa\x03\0\0\0"


def read(tmp_path, *frames, link_type=1, **more):
    return conversations(
        tmp_path, pcap([(START + n, each) for n, each in enumerate(frames)], link_type=link_type), **more
    )


def mpls(payload):
    return struct.pack(">II", 16 << 12, 17 << 12 | 0x100) + payload


@pytest.mark.parametrize(
    ("link_type", "frame"),
    [
        (1, ethernet(PACKET)),
        (1, ethernet(PACKET + b"\0" * 9)),
        (1, ethernet(PACKET6, 0x86DD)),
        (1, ethernet(b"\0\7\x08\0" + PACKET, 0x8100)),
        (1, ethernet(b"\0\7\x81\0\0\1\x08\0" + PACKET, 0x88A8)),
        (1, ethernet(b"\0\7\0\x50" + LLC_SNAP + b"\x08\0" + PACKET, 0x8100)),
        (1, ethernet(LLC_SNAP + b"\x08\0" + PACKET, 8 + len(PACKET))),
        (1, ethernet(b"\x06\x06\x03" + PACKET, 3 + len(PACKET))),
        (1, ethernet(mpls(PACKET), 0x8847)),
        (1, ethernet(struct.pack(">BBHHH", 0x11, 0, 1, len(PACKET) + 2, 0x21) + PACKET + b"pad", 0x8864)),
        (1, ethernet(ipv4(PACKET, 4))),
        (1, ethernet(ipv4(PACKET6, 41))),
        (1, ethernet(ipv4(b"\0\0\x08\0" + PACKET, 47))),
        (1, ethernet(b"\0" * 6 + b"\x08\0" + PACKET, 0x893F)),
        (1, ethernet(b"\0" * 4 + b"\x08\0" + PACKET, 0x8926)),
        (1, ethernet(b"\0" * 16 + b"\x08\0" + PACKET, 0x88E7)),
        (1, ethernet(ipv4(b"\x10\0\x88\xbe\0\0\0\1" + bytes(8) + ethernet(PACKET), 47))),
        (1, ethernet(ipv4(b"\0\0\x88\xbe" + ethernet(PACKET), 47))),
        (1, ethernet(ipv4(b"\x20\0\x65\x58\0\0\0\1" + ethernet(PACKET), 47))),
        (1, ethernet(ipv4(b"\x30\x01\x88\x0b\0\0\0\0\0\0\0\0\xff\x03\0\x21" + PACKET, 47))),
        (0, b"\2\0\0\0" + PACKET),
        (0, b"\0\0\0\2" + PACKET),
        (0, b"\x1e\0\0\0" + PACKET6),
        (108, b"\0\0\0\2" + PACKET),
        (9, b"\xff\x03\0\x21" + PACKET),
        (9, b"\x21" + PACKET),
        (10, b"\x50" + bytes(12) + LLC_SNAP + b"\x08\0" + PACKET),
        (50, b"\xff\x03\0\x57" + PACKET6),
        (51, struct.pack(">BBHHH", 0x11, 0, 1, len(PACKET) + 2, 0x21) + PACKET),
        (101, PACKET),
        (101, PACKET6),
        (104, b"\x0f\0\x08\0" + PACKET),
        (113, struct.pack(">HHH8sH", 0, 1, 6, bytes(8), 0x0800) + PACKET),
        (113, struct.pack(">HHH8sH", 0, 1, 6, bytes(8), 0x8100) + b"\0\7\x08\0" + PACKET),
        (166, b"\1\xff\x03\0\x21" + PACKET),
        (204, b"\0\x21" + PACKET),
        (12, PACKET),
        (14, PACKET6),
        (229, PACKET6),
        (113, struct.pack(">HHH8sH", 0, 1, 6, bytes(8), 4) + LLC_SNAP + b"\x08\0" + PACKET),
        (276, struct.pack(">HHIHBB8s", 0x86DD, 0, 1, 1, 0, 6, bytes(8)) + PACKET6),
        (228, PACKET),
    ],
)
def test_link_layers_and_tunnels(tmp_path, link_type, frame):
    (connection,) = read(tmp_path, frame, link_type=link_type).connections
    (segment,) = connection.segments
    assert segment.payload == b"hello"
    ends = {connection.client.endpoint, connection.server.endpoint}
    assert {each.port for each in ends} == {40000, 80}
    assert {each.address for each in ends} in ({CLIENT, SERVER}, {"fd00::1", "fd00::2"})


@pytest.mark.parametrize(
    ("port", "payload"),
    [
        (4789, b"\x08\0\0\0\0\0\1\0" + ethernet(PACKET)),
        (6081, b"\1\0\x65\x58\0\0\1\0" + b"\0\1\2\0" + ethernet(PACKET)),
        (2152, struct.pack(">BBHI", 0x30, 255, len(PACKET), 1) + PACKET),
        (2152, struct.pack(">BBHIHBBBBBB", 0x34, 255, len(PACKET) + 8, 1, 0, 0, 0x85, 1, 0, 9, 0) + PACKET),
        (3544, b"\0\0" + bytes(6) + PACKET6),
        (4754, b"\0\0\x08\0" + PACKET),
    ],
)
def test_tunnels_over_udp_are_both_a_datagram_and_what_they_carry(tmp_path, port, payload):
    found = read(tmp_path, ethernet(ipv4(udp(5000, port, payload), 17)))
    assert found.datagrams[0].destination == Endpoint(SERVER, port)
    assert found.connections[0].segments[0].payload == b"hello"


def test_the_length_of_pppoe_limits_that_of_ip(tmp_path):
    padded = ipv4(SEGMENT, 6, total=len(PACKET) + 6) + bytes(6)
    frame = ethernet(struct.pack(">BBHHH", 0x11, 0, 1, len(PACKET) + 2, 0x21) + padded, 0x8864)
    assert read(tmp_path, frame).connections[0].segments[0].length == 5


def test_ip_options_are_skipped(tmp_path):
    (connection,) = read(tmp_path, ethernet(ipv4(SEGMENT, 6, options=b"\1" * 8))).connections
    assert connection.segments[0].payload == b"hello"


def test_ipv6_extension_headers_are_skipped(tmp_path):
    chain = (
        bytes((43, 0, 1, 4, 0, 0, 0, 0))
        + bytes((51, 0))
        + bytes(6)
        + bytes((60, 1))
        + bytes(10)
        + bytes((6, 0))
        + bytes(6)
    )
    (connection,) = read(tmp_path, ethernet(ipv6(chain + SEGMENT, 0), 0x86DD)).connections
    assert connection.segments[0].payload == b"hello"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (0, 0, 1, 2)])
def test_fragments_of_ipv4_come_together_in_any_order(tmp_path, order):
    whole = udp(1, 2, bytes(range(100)) * 3)
    pieces = [ethernet(ipv4(whole[at : at + 104], 17, offset=at, more=at < 208)) for at in (0, 104, 208)]
    (datagram,) = read(tmp_path, *(pieces[each] for each in order)).datagrams
    assert datagram.payload == bytes(range(100)) * 3
    assert datagram.number == len(order)


def test_fragments_of_ipv6_come_together(tmp_path):
    whole = udp(1, 2, bytes(200))
    pieces = [
        ethernet(ipv6(struct.pack(">BBHI", 17, 0, at | (at < 104), 77) + whole[at : at + 104], 44), 0x86DD)
        for at in (0, 104)
    ]
    (datagram,) = read(tmp_path, *pieces).datagrams
    assert datagram.payload == bytes(200)


def test_an_atomic_fragment_is_a_packet(tmp_path):
    (datagram,) = read(
        tmp_path, ethernet(ipv6(struct.pack(">BBHI", 17, 0, 0, 7) + udp(1, 2, b"x"), 44), 0x86DD)
    ).datagrams
    assert datagram.payload == b"x"


def test_fragments_of_different_datagrams_are_kept_apart(tmp_path):
    one, other = udp(1, 2, b"a" * 100), udp(1, 2, b"b" * 100)
    found = read(
        tmp_path,
        ethernet(ipv4(one[:56], 17, more=True, identification=1)),
        ethernet(ipv4(other[:56], 17, more=True, identification=2)),
        ethernet(ipv4(other[56:], 17, offset=56, identification=2)),
        ethernet(ipv4(one[56:], 17, offset=56, identification=1)),
    )
    assert [each.payload for each in found.datagrams] == [b"b" * 100, b"a" * 100]


def test_a_missing_fragment_yields_nothing(tmp_path):
    whole = udp(1, 2, bytes(200))
    found = read(tmp_path, ethernet(ipv4(whole[:104], 17, more=True)))
    assert not found.datagrams
    assert not found.exchanges


def test_offloaded_segments_of_length_zero_reach_to_the_end_of_the_frame(tmp_path):
    segment = tcp(40000, 80, 100, 200, ACK, payload=bytes(70_000))
    (connection,) = read(tmp_path, ethernet(ipv4(segment, 6, total=0))).connections
    assert connection.segments[0].length == 70_000


def test_a_short_snap_length_keeps_the_lengths(tmp_path):
    data = pcap([(START, ethernet(ipv4(tcp(40000, 80, 1, 1, ACK, payload=bytes(1000)), 6)))], snaplen=60)
    (connection,) = conversations(tmp_path, data).connections
    (segment,) = connection.segments
    assert (segment.length, len(segment.payload)) == (1000, 6)
    assert connection.client.stream.gap


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\0" * 13,
        ethernet(b""),
        ethernet(b"\x45" + bytes(10)),
        ethernet(b"\x41" + PACKET[1:]),
        ethernet(ipv4(b"", 6)),
        ethernet(ipv4(SEGMENT[:12], 6)),
        ethernet(ipv4(b"\0\1", 17)),
        ethernet(ipv6(bytes(4), 43), 0x86DD),
        ethernet(b"\0\1", 0x8100),
        ethernet(b"\x42\x42\x03" + bytes(35), 38),
        ethernet(ipv4(b"\0\0", 47)),
        ethernet(b"\0\0\0\0", 0x8847),
    ],
)
def test_what_cannot_be_read_is_kept_as_other(tmp_path, frame):
    found = read(tmp_path, frame)
    assert [each.protocol for each in found.messages] == ["other"]
    assert not found.connections


def test_a_header_shorter_than_a_header_can_be_only_counts(tmp_path):
    short = bytearray(SEGMENT)
    short[12] = 0x40
    (connection,) = read(tmp_path, ethernet(ipv4(bytes(short), 6)), keep=Keep.TABLES).connections
    assert (connection.packets, connection.completeness) == (1, 0)


def test_tunnels_that_never_end_are_left(tmp_path):
    packet = PACKET
    for _ in range(40):
        packet = ipv4(packet, 4)
    found = read(tmp_path, ethernet(packet))
    assert not found.connections
    assert found.messages[0].protocol == "other"


def test_an_unknown_link_type_is_other(tmp_path):
    assert read(tmp_path, b"whatever", link_type=147).messages[0].protocol == "other"


def test_addresses_are_in_canonical_form(tmp_path):
    packet = ipv6(SEGMENT, 6, "2001:db8:0:0:1::1", "::1")
    assert packed("::1") in packet
    (connection,) = read(tmp_path, ethernet(packet, 0x86DD)).connections
    assert {connection.client.endpoint.address, connection.server.endpoint.address} == {"2001:db8::1:0:0:1", "::1"}
