"""Faults on a wire without a wire: what is let pass, in which order, at which moment."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import wire
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PORT = 53


def datagram(name: str, port: int = PORT) -> bytes:
    return wire.ethernet(wire.ipv4(wire.udp(4000, port, name.encode()), 17))


def name_of(data: bytes) -> str:
    return data[42:].decode(errors="replace")


class Line:
    """A wire with faults on datagrams to `PORT`, and what arrived at its end."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.arrived: list[bytes] = []
        self.wire = module.Wire(self.arrived.append)
        self.now = 100.0

    def fault(self, what: str, **told: Any) -> Any:
        known = {"skip": 0, "count": None, "seconds": 0.0, "rate": 0, "share": 0.0, "seed": 1}
        choice = {"target": {"addresses": None, "port": PORT}}
        fault = self.module.Fault({"name": what, "what": what, "choice": choice} | known | told)
        self.wire.faults.append(fault)
        return fault

    def come(self, *names: str, port: int = PORT) -> None:
        for name in names:
            self.wire.come(datagram(name, port), 7, self.now)

    @property
    def names(self) -> list[str]:
        return [name_of(data) for data in self.arrived]


@pytest.fixture
def line(load: Callable[[str, str], ModuleType]) -> Line:
    return Line(load("tap", "faults"))


def test_without_faults_all_pass(line: Line) -> None:
    line.come("a", "b")
    assert line.names == ["a", "b"]


def test_only_the_chosen_are_dropped(line: Line) -> None:
    fault = line.fault("drop", skip=1, count=2)
    line.come("a", "b")
    line.come("other", port=80)
    line.come("c", "d")
    assert line.names == ["a", "other", "d"]
    assert (fault.met, fault.acted) == (4, 2)
    assert fault.told == [[7, hashlib.sha256(datagram(name)).hexdigest()] for name in "bc"]


def test_a_fault_that_was_lifted_acts_on_nothing(line: Line) -> None:
    fault = line.fault("drop")
    line.come("a")
    line.wire.lift(fault)
    line.come("b")
    assert (line.names, fault.met, fault.acted) == (["b"], 1, 1)


def test_duplicates_follow_at_once(line: Line) -> None:
    line.fault("duplicate", count=1)
    line.come("a", "b")
    assert line.names == ["a", "a", "b"]


def test_two_are_swapped_whatever_lies_between(line: Line) -> None:
    fault = line.fault("swap", count=1)
    line.come("a")
    line.come("other", port=80)
    assert (line.names, fault.acted) == (["other"], 0), "it acts once the second is there"
    line.come("b", "c", "d")
    assert line.names == ["other", "b", "a", "c", "d"]
    assert (fault.acted, fault.told) == (1, [[7, hashlib.sha256(datagram("a")).hexdigest()]])


def test_pairs_are_swapped_until_the_fault_is_lifted(line: Line) -> None:
    fault = line.fault("swap")
    line.come(*"abcde")
    assert line.names == ["b", "a", "d", "c"]
    line.wire.lift(fault)
    line.come("f")
    assert line.names == ["b", "a", "d", "c", "e", "f"]
    assert (fault.met, fault.acted) == (5, 2)


def test_one_bit_of_the_payload_turns(line: Line) -> None:
    line.fault("corrupt", count=1)
    line.come("ab", "cd")
    assert line.names == ["ac", "cd"]  # b is 0x62
    assert line.arrived[0][:43] == datagram("ab")[:43]


def test_of_what_carries_nothing_the_checksum_turns(line: Line) -> None:
    line.fault("corrupt")
    line.come("")
    (arrived,) = line.arrived
    assert [at for at, (a, b) in enumerate(zip(arrived, datagram(""), strict=True)) if a != b] == [14 + 20 + 7]


def test_what_is_delayed_arrives_in_its_time(line: Line) -> None:
    line.fault("delay", seconds=0.5, count=2)
    line.come("a", "b", "c")
    assert (line.names, line.wire.due()) == (["c"], 100.5)
    line.wire.pass_due(100.4)
    assert line.names == ["c"]
    line.wire.pass_due(100.5)
    assert (line.names, line.wire.due()) == (["c", "a", "b"], None)


def test_a_slow_wire_carries_one_after_the_other(line: Line) -> None:
    size = len(datagram("a"))
    line.fault("rate", rate=size * 10)
    line.come("a", "b")
    line.now = 100.15
    line.come("c")
    assert line.wire.due() == pytest.approx(100.1)
    for now, names in [(100.09, ""), (100.11, "a"), (100.21, "ab"), (100.29, "ab"), (100.31, "abc")]:
        line.wire.pass_due(now)
        assert line.names == list(names)


def test_a_slow_wire_that_was_idle_saves_nothing_up(line: Line) -> None:
    line.fault("rate", rate=len(datagram("a")) * 10)
    line.come("a")
    line.now = 200.0
    line.come("b", "c")
    line.wire.pass_due(200.11)
    assert line.names == ["a", "b"]


def test_so_many_wait_and_no_more(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line.module, "HELD", 2)
    line.fault("delay", seconds=1)
    line.come("a", "b", "c")
    line.wire.pass_due(1000.0)
    assert line.names == ["a", "b"]


def test_a_seed_loses_the_same(line: Line) -> None:
    names = [str(number) for number in range(200)]
    arrived = {}
    for seed in (1, 1, 2):
        line.wire.faults.clear()
        line.arrived.clear()
        fault = line.fault("lose", share=0.25, seed=seed)
        line.come(*names)
        assert len(line.names) + fault.acted == fault.met == 200
        assert arrived.setdefault(seed, line.names) == line.names
    assert arrived[1] != arrived[2]
    assert 25 < 200 - len(arrived[1]) < 75


def test_the_first_fault_that_takes_a_packet_keeps_it(line: Line) -> None:
    drop, twice = line.fault("drop", count=1), line.fault("duplicate")
    line.come("a", "b")
    assert (line.names, drop.acted, twice.met) == (["b", "b"], 1, 1)


def test_very_many_are_counted_and_not_told_of(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line.module, "MOST_TOLD", 2)
    fault = line.fault("drop")
    line.come("a", "b", "c")
    assert (fault.acted, len(fault.told)) == (3, 2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    what=st.sampled_from(["drop", "lose", "duplicate", "swap", "corrupt", "delay", "rate"]),
    to=st.lists(st.booleans(), max_size=30),
    skip=st.integers(0, 5),
    count=st.none() | st.integers(1, 5),
)
def test_others_pass_in_their_order_and_none_is_made_up(
    line: Line, what: str, to: list[bool], skip: int, count: int | None
) -> None:
    line.wire = line.module.Wire(line.arrived.append)
    line.arrived.clear()
    fault = line.fault(what, skip=skip, count=count, seconds=1, rate=1000, share=0.5)
    for number, chosen in enumerate(to):
        line.come(f"{number:03}", port=PORT if chosen else 80)
    line.wire.lift(fault)
    line.wire.pass_due(1e9)
    sent = Counter(datagram(f"{number:03}", PORT if chosen else 80) for number, chosen in enumerate(to))
    others = [f"{number:03}" for number, chosen in enumerate(to) if not chosen]
    assert [name_of(data) for data in line.arrived if data[37] == 80] == others
    assert fault.met == sum(to)
    assert fault.acted <= (count if count is not None else fault.met)
    more, fewer = Counter(line.arrived) - sent, sent - Counter(line.arrived)
    expected = {"drop": (0, 1), "lose": (0, 1), "duplicate": (1, 0), "corrupt": (1, 1)}.get(what, (0, 0))
    assert (more.total(), fewer.total()) == (expected[0] * fault.acted, expected[1] * fault.acted)
