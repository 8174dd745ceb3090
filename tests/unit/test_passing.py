from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

from fake_engine import marker, records
from wire import CLIENT, MILLISECOND, SERVER, START, Talk, ethernet, ipv4, ipv6, pcap, udp

from lab.conversations import Endpoint
from lab.passing import Passed, Passing
from lab.reader import read

BEGIN = (START - MILLISECOND, marker("socket-lab start lan 00"))
SOLICITATION = bytes([133, 0, 0, 0, 0, 0, 0, 0])
ARP = bytes.fromhex("0001080006040001" + "027700000001" + "0a000001" + "000000000000" + "0a000002")


def told(*frames: tuple[int, bytes], network: str = "lan", order: str = "<") -> dict[str, Any]:
    data = base64.b64encode(records(list(frames), order)).decode()
    return {"order": "little" if order == "<" else "big", "networks": {network: data}, "left_out": 0}


def passed(*frames: tuple[int, bytes]) -> list[Passed]:
    return list(Passing(["lan"]).take(told(BEGIN, *frames)))


def greeting() -> Talk:
    talk = Talk()
    talk.open()
    talk.client.says(b"hello")
    talk.client.says(b"hello", seq=talk.client.seq - 5)
    talk.close()
    return talk


def test_segments_are_those_of_the_whole_capture(tmp_path: Path) -> None:
    """However the frames are told: numbers, marks and states are those that are read from the file later.

    But for the state of a server that has not answered yet: that the SYN came to it is known by its answer.
    """
    talk = greeting()
    file = tmp_path / "whole.pcap"
    file.write_bytes(pcap([BEGIN, *talk.frames]))
    (connection,) = read(file).connections
    for size in (1, 3, 100):
        passing = Passing(["lan"])
        frames = [BEGIN, *talk.frames]
        packets = [p for at in range(0, len(frames), size) for p in passing.take(told(*frames[at : at + size]))]
        first, *others = [p.segment for p in packets]
        assert connection.segments is not None
        assert first == replace(connection.segments[0], server_state="LISTEN")
        assert others == connection.segments[1:]
    assert packets[4].segment is not None
    assert packets[4].segment.marks
    assert {(p.conversation, p.client, p.server) for p in packets} == {
        ("1", Endpoint(CLIENT, 40000), Endpoint(SERVER, 8080))
    }


def test_what_was_before_the_capture_began_is_not_of_it() -> None:
    talk = greeting()
    passing = Passing(["lan"])
    begin = (talk.frames[2][0] + 1, BEGIN[1])
    assert list(passing.take(told(*talk.frames[:3], begin))) == []
    (packet,) = passing.take(told(talk.frames[3]))
    assert packet.segment is not None
    assert packet.segment.number == 2


def test_datagrams_have_their_exchange_and_sender() -> None:
    def sent(payload: bytes, source: int, destination: int, ends: tuple[str, str], at: int) -> tuple[int, bytes]:
        return START + at, ethernet(ipv4(udp(source, destination, payload), 17, *ends))

    there, back = (CLIENT, SERVER), (SERVER, CLIENT)
    packets = passed(
        sent(b"hi", 5000, 7000, there, 0), sent(b"other", 5001, 7000, there, 1), sent(b"you", 7000, 5000, back, 2)
    )
    assert [(p.conversation, p.sender, p.payload, p.length) for p in packets] == [
        ("u1", "client", b"hi", 2),
        ("u2", "client", b"other", 5),
        ("u1", "server", b"you", 3),
    ]
    assert {p.server for p in packets} == {Endpoint(SERVER, 7000)}


def test_a_dns_query_is_told_in_its_terms() -> None:
    query = bytes.fromhex("123401000001000000000000") + b"\x06server\0\0\x01\0\x01"
    (packet,) = passed((START, ethernet(ipv4(udp(5000, 53, query), 17))))
    assert (packet.protocol, packet.summary) == ("dns", "query A server")


def test_other_packets_are_told_but_for_markers_and_what_ipv6_sends_unasked() -> None:
    idle = ethernet(ipv6(SOLICITATION, 58), 0x86DD)
    packets = passed((START, ethernet(ARP, 0x0806)), (START + 1, idle), (START + 2, marker("socket-lab end lan 01")))
    assert [(p.protocol, p.summary, p.conversation, p.source, p.destination) for p in packets] == [
        ("arp", "who has 10.0.0.2? tell 10.0.0.1", "", "10.0.0.1", "10.0.0.2")
    ]


def test_several_networks_are_in_the_order_of_time() -> None:
    passing = Passing(["lan", "wan"])
    one = Talk()
    one.open()
    other = Talk(start=START + MILLISECOND // 2, ports=(40001, 8080))
    other.open()
    both = told(BEGIN, *one.frames)
    begin = (START - MILLISECOND, marker("socket-lab start wan 00"))
    both["networks"] |= told(begin, *other.frames, network="wan")["networks"]
    assert [p.conversation for p in passing.take(both)] == ["1", "2", "1", "2", "1", "2"]


def test_frames_of_a_machine_of_the_other_byte_order() -> None:
    (packet,) = Passing(["lan"]).take(told(BEGIN, greeting().frames[0], order=">"))
    assert packet.segment is not None
    assert packet.segment.flags == "SYN"


def test_a_packet_can_be_written_down_and_read_back() -> None:
    for packet in passed(*greeting().frames):
        assert Passed.model_validate_json(packet.model_dump_json()) == packet
    (bytes_,) = passed((START, ethernet(ipv4(udp(5000, 7000, b"\xff\x00"), 17))))
    assert Passed.model_validate_json(bytes_.model_dump_json()) == bytes_
