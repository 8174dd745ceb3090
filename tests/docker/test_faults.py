"""Faults on real wires: the capture shows what was sent, the programs what arrived."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from driving import TCP, Frame, Ran


def heard(ran: Ran, program: str, version: int, port: int) -> list[str]:
    """What arrived at a port, in its order."""
    start = f"{version} {port} "
    return [line.removeprefix(start) for line in ran.said(program) if line.startswith(start)]


def segments(ran: Ran, port: int) -> list[Frame]:
    """The segments with payload to a port."""
    return [f for f in ran.frames if f.packet is not None and f.packet[2] == TCP and payload(f, port)]


def payload(frame: Frame, port: int) -> bytes:
    assert frame.packet is not None
    segment = frame.packet[3]
    return segment[(segment[12] >> 4) * 4 :] if int.from_bytes(segment[2:4], "big") == port else b""


def test_every_kind_of_fault_meets_the_chosen_packets_and_no_others(run: Callable[..., Ran]) -> None:
    ran, again = run("faults"), run("faults")
    for each in (ran, again):
        assert each.steps == [*["done"] * (len(each.steps) - 1), "failed"]
        assert each.told(len(each.steps)) == "3 of them passed"
        assert each.record.capture.whole
    faults = {fault.name: fault for fault in ran.record.faults}
    acted = dict.fromkeys(["drop", "duplicate", "swap", "corrupt", "delay", "turned", "swapped"], 1)
    assert {name: fault.acted for name, fault in faults.items() if name not in {"lose", "rate"}} == acted | {
        "drop6": 2,
        "lost": 3,
    }

    # UDP, on two networks: all was on the wire, once to each of the three
    assert ran.datagrams(7001).count(b"0") == ran.datagrams(7001).count(b"2") == 3
    assert heard(ran, "catch", 4, 7001) == ["0", "2"]
    assert heard(ran, "catch", 6, 7001) == ["2"]
    assert heard(ran, "catch", 4, 7002) == ["0", "0", "1"]
    assert heard(ran, "catch", 4, 7003) == ["1", "0", "2"]
    assert heard(ran, "catch", 4, 7004) == ["1"]
    assert heard(ran, "catch", 4, 7005) == ["1", "0"]
    assert ran.said("catch").index("4 7000 end") < ran.said("catch").index("4 7005 0"), "others passed meanwhile"
    lost = faults["lose"]
    assert len(heard(ran, "catch", 4, 7006)) == 20 - lost.acted
    assert 0 < lost.acted < 20
    assert heard(ran, "catch", 4, 7006) == heard(again, "catch", 4, 7006), "the same packets for the same seed"
    assert heard(ran, "catch", 4, 7007) == [str(number) for number in range(10)]
    for version, program in ((6, "catch"), (4, "other")):
        assert heard(ran, program, version, 7006) == [str(number) for number in range(20)]
    assert heard(ran, "other", 4, 7001) == ["0", "1", "2"], "another host is untouched"

    # the record names them by their numbers in the capture
    told = [ran.frames[number - 1].udp(7006) for number in lost.packets]
    assert [text for text in map(str, range(20)) if text not in heard(ran, "catch", 4, 7006)] == [
        data.decode() for data in told if data is not None
    ]

    # TCP mends it: a probe (RFC 8985, 7), then by a timer that doubles (RFC 6298, 5.5) and never runs out early
    probe, first, second = (b.time - a.time for a, b in pairwise(segments(ran, 8001)))
    assert min(probe, first) > 0.19e9
    assert second > 0.38e9
    assert [payload(frame, 8002) for frame in segments(ran, 8002)] == [b"one", b"one"]
    assert [payload(frame, 8003) for frame in segments(ran, 8003)][:2] == [b"one", b"two"], "on the wire in their order"
    assert all(frame.checksum_right for port in (8001, 8002, 8003) for frame in segments(ran, port))
    assert [ran.said(name) for name in ("lost", "turned", "swapped")] == [["answered"]] * 3

    # packets of the lab's own
    assert "8004 ConnectionResetError" in ran.said("serve")
    assert heard(ran, "catch", 6, 7000) == ["end", "made"]

    # a program sees its own interfaces and may not touch the wire
    assert ran.said("catch")[0] == "PermissionError eth0 eth1 lo"
