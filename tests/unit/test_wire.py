"""The steps on the wire as the tap is asked for them, and what the record says of faults."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import wire as packets
from fake_engine import FakeStream, FakeTap, pcap

from lab import plan
from lab.agent import Agent
from lab.record import FaultFacts
from lab.scenario import Scenario
from lab.steps import STEPS, Step, WireStep
from lab.text import Text
from lab.values import Words
from lab.wire import Wire, relayed

FAULT = {"fault": {"name": "lost", "into": "server", "drop": {"from": {"host": "alice"}, "skip": 1, "count": 2}}}
LOSE = {"fault": {"name": "some", "into": "server", "lose": {"share": 0.5}}}
RESET = {"inject": {"from": {"host": "alice"}, "to": {"host": "server"}, "tcp": {"flags": "RST"}, "network": "lan"}}


def step(told: dict[str, Any]) -> Step:
    return STEPS[next(iter(told))].model_validate(told)


class Lab:
    def __init__(self, *steps: dict[str, Any], seed: int = 0) -> None:
        scenario = Scenario(
            name="test",
            folder=Path("/nowhere"),
            title=Words(en="t", zh="t"),
            networks={"lan": {}},
            hosts={"server": {}, "alice": {}},
            programs={},
            steps=tuple(map(step, steps)),
            checks={},
            seed=seed,
        )
        self.plan = plan.make(scenario)
        self.tap = FakeTap()
        self.agent = Agent("tap", FakeStream(self.tap), queue.SimpleQueue())
        self.wire = Wire(self.agent, self.plan)

    def do(self, told: dict[str, Any]) -> Text | None:
        asked = step(told)
        assert isinstance(asked, WireStep)
        return self.wire.do(asked, lambda condition: condition())


@pytest.fixture
def lab() -> Iterator[Lab]:
    made = Lab()
    yield made
    made.agent.close()


def test_only_hosts_with_faults_are_relayed(lab: Lab) -> None:
    faulty = Lab(FAULT)
    assert (relayed(lab.plan), relayed(faulty.plan)) == (frozenset(), {"server"})
    faulty.agent.close()


def test_the_tap_is_told_of_a_fault_and_of_its_end(lab: Lab) -> None:
    assert lab.do(FAULT) is None
    told = lab.tap.faults["lost"]
    assert (told["into"], told["what"], told["skip"], told["count"]) == ("server", "drop", 1, 2)
    alice = lab.plan.hosts["alice"].facts.interfaces[0]
    assert told["choice"]["source"] == {"addresses": sorted([alice.ipv4, alice.ipv6]), "port": None}
    lab.do({"lift": "lost"})
    assert lab.tap.lifted == ["lost"]


def test_what_is_lost_at_random_is_drawn_by_the_seed_of_the_run() -> None:
    seeds = []
    for seed in (7, 7, 8):
        made = Lab(LOSE, seed=seed)
        made.do(LOSE)
        seeds.append(made.tap.faults["some"]["seed"])
        made.agent.close()
    assert seeds[0] == seeds[1] != seeds[2]


def test_a_connection_is_asked_for_where_a_segment_needs_one(lab: Lab) -> None:
    wanting = lab.do(RESET)
    assert wanting is not None
    assert "no connection" in wanting.en
    lab.tap.latest = packets.ethernet(packets.ipv4(packets.tcp(4000, 80, 5, 9, packets.ACK), 6))
    assert lab.do(RESET) is None
    ((network, frame),) = lab.tap.injected
    assert (network, frame[34:42]) == ("lan", bytes.fromhex("0fa0 0050 00000005"))


def facts(lab: Lab, folder: Path, frames: list[tuple[int, bytes]], acted: list[tuple[int, bytes]]) -> FaultFacts:
    lab.do(FAULT)
    told = [[when, sha256(frame).hexdigest()] for when, frame in acted]
    lab.tap.acted["lost"] = {"met": 5, "acted": len(acted), "packets": told}
    file = folder / "capture.pcap"
    file.write_bytes(pcap(frames))
    (found,) = lab.wire.numbered(lab.wire.done(), file)
    return found


def test_packets_have_the_numbers_of_the_capture(lab: Lab, tmp_path: Path) -> None:
    frames = [(10, b"a" * 14), (20, b"b" * 14), (30, b"a" * 14), (40, b"a" * 14)]
    found = facts(lab, tmp_path, frames, [(21, b"b" * 14), (31, b"a" * 14), (41, b"a" * 14)])
    assert (found.name, found.into, found.kind, found.met, found.acted, found.lost) == (
        "lost",
        "server",
        "drop",
        5,
        3,
        True,
    )
    assert found.packets == (2, 3, 4), "of equal frames the one that came last before"


def test_a_fault_that_met_nothing_has_no_packets(lab: Lab, tmp_path: Path) -> None:
    assert facts(lab, tmp_path, [(10, b"a" * 14)], []).packets == ()


def test_without_faults_the_tap_is_not_asked(lab: Lab, tmp_path: Path) -> None:
    assert lab.wire.numbered(lab.wire.done(), tmp_path / "missing") == ()
