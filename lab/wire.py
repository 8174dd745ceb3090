"""What the lab does on the wire of a run by itself: faults, packets of its own, and waiting for packets to pass."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from lab import crafting, wirefaults
from lab.agent import Agent
from lab.capturefile import opened
from lab.crafting import Inject, Peer
from lab.ends import Place
from lab.plan import Plan
from lab.record import FaultFacts, Words
from lab.steps import FaultStep, InjectStep, LiftStep, PassedStep, WireStep
from lab.text import Text, say
from lab.variants import drawn
from lab.wirefaults import Fault, Packets, Passed

SEEDS = 1 << 32
Until = Callable[[Callable[[], bool]], bool]
"""Waits until a condition holds or the step's deadline has passed; whether it holds."""


@dataclass(frozen=True, slots=True)
class Acted:
    """A packet that a fault acted on: when it came, in nanoseconds of the capture's clock, and its frame's SHA-256."""

    time: int
    digest: str


class Wire:
    """The wires of a run, in the hands of its tap."""

    def __init__(self, tap: Agent, plan: Plan) -> None:
        self._tap = tap
        self._plan = plan
        self._addresses = {
            name: frozenset(a for i in host.facts.interfaces for a in (i.ipv4, i.ipv6))
            for name, host in plan.hosts.items()
        }
        self.faults: dict[str, Fault] = {}
        self._acted: dict[str, list[Acted]] = {}

    def do(self, step: WireStep, until: Until) -> Text | None:
        """Do a step; what kept it from its end, if anything did."""
        match step:
            case FaultStep():
                self._put(step.fault)
            case LiftStep():
                self._tap.ask("lift", name=step.lift)
            case PassedStep():
                return self._wait(step.passed, until)
            case InjectStep():
                return self._inject(step.inject)
        return None

    def _put(self, fault: Fault) -> None:
        """Put a fault on the wires into its host."""
        chosen = fault.chosen
        self.faults[fault.name] = fault
        self._tap.ask(
            "fault",
            into=fault.into,
            name=fault.name,
            what=fault.kind,
            choice=wirefaults.for_tap(chosen, self._addresses),
            skip=chosen.skip,
            count=chosen.count,
            seconds=getattr(chosen, "by", 0.0),
            rate=getattr(chosen, "bytes", 0),
            share=getattr(chosen, "share", 0.0),
            seed=drawn(self._plan.scenario.seed, f"fault {fault.name}", SEEDS),
        )

    def _wait(self, passed: Passed, until: Until) -> Text | None:
        """Wait for packets that the tap tells of once they have passed."""
        watch = self._tap.tell("passed", choice=wirefaults.for_tap(passed, self._addresses), count=passed.count)
        if until(lambda: watch.arrived):
            return None
        found = self._tap.ask("unwatch", watch=watch.number)["found"]
        return say("{n} of them passed", "只出现了 {n} 个", n=found)

    def _inject(self, inject: Inject) -> Text | None:
        """Send crafted packets."""
        network = inject.network or next(iter(self._plan.networks))
        hosts = {name: host.facts for name, host in self._plan.hosts.items()}
        try:
            made = [base64.b64encode(f).decode() for f in crafting.frames(inject, hosts, network, self._latest(inject))]
        except crafting.Wanting as wanting:
            return wanting.what
        self._tap.ask("inject", network=network, frames=made)
        return None

    def _latest(self, inject: Inject) -> crafting.Seen | None:
        """What the sender of a segment would say next, by the latest segment that it sent to the other end."""
        if inject.tcp is None:
            return None
        ends = Packets.model_validate({"from": _place(inject.from_), "to": _place(inject.to), "protocol": "tcp"})
        choice = wirefaults.for_tap(ends, self._addresses)
        told = self._tap.ask("latest", choice=choice)["frame"]
        return None if told is None else crafting.next_of(base64.b64decode(told))

    def done(self) -> list[FaultFacts]:
        """What the faults did, but for the numbers of the packets, which `numbered` finds in the capture."""
        if not self.faults:
            return []
        told = self._tap.ask("faults")["faults"]
        self._acted = {name: [Acted(*packet) for packet in told[name]["packets"]] for name in self.faults}
        return [self._facts(fault, told[name]) for name, fault in self.faults.items()]

    def _facts(self, fault: Fault, told: Mapping[str, Any]) -> FaultFacts:
        return FaultFacts(
            name=fault.name,
            into=fault.into,
            kind=fault.kind,
            what=Words.of(wirefaults.words(fault.chosen)),
            met=told["met"],
            acted=told["acted"],
            lost=fault.kind in {"drop", "lose"},
        )

    def numbered(self, done: Iterable[FaultFacts], capture: Path) -> tuple[FaultFacts, ...]:
        """`done` with the numbers of the packets in the capture: of equal frames the one that came last before."""
        wanted = {acted.digest for packets in self._acted.values() for acted in packets}
        if not wanted:
            return tuple(done)
        at: dict[str, list[tuple[int, int]]] = {}
        with opened(capture) as frames:
            for number, (time, _, _, data, _) in enumerate(frames, 1):
                digest = sha256(data).hexdigest()
                if digest in wanted:
                    at.setdefault(digest, []).append((time, number))
        return tuple(
            facts.model_copy(update={"packets": tuple(_numbers(self._acted[facts.name], at))}) for facts in done
        )


def _numbers(packets: Iterable[Acted], at: Mapping[str, list[tuple[int, int]]]) -> Iterator[int]:
    for acted in packets:
        there = at.get(acted.digest, [])
        before = [place for place in there if place[0] <= acted.time] or there[:1]
        if before:
            place = before[-1]
            there.remove(place)
            yield place[1]


def relayed(plan: Plan) -> frozenset[str]:
    """The hosts into which a step of the plan's scenario puts a fault: their wires pass through the tap."""
    return frozenset(step.fault.into for step in plan.scenario.steps if isinstance(step, FaultStep))


def _place(peer: Peer) -> Place:
    return Place(host=peer.host, address=peer.address, port=peer.port)
