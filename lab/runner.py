"""A run from plan to record: bring up, exchange, settle, end the capture, clean up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lab import __version__, doctor, hosts
from lab.capture import Capture
from lab.engine import Engine
from lab.errors import Interrupted
from lab.exchange import Exchange
from lab.hosts import Bench
from lab.interrupts import undisturbed
from lab.observe import observe
from lab.output import ProgramLog
from lab.plan import Plan
from lab.record import END, CaptureFacts, HostState, Record, Seconds, StepFacts, Words, save
from lab.report import Reporter
from lab.runs import labels_of
from lab.scenario import ObserveStep
from lab.text import say

THERE_AND_BACK = 2
SETTLE = 3.0  # seconds that connections may take to finish closing once the steps are over


@dataclass(slots=True)
class Happened:
    """What an exchange left, as it comes about."""

    logs: dict[str, ProgramLog]
    steps: list[StepFacts]
    observations: dict[str, dict[str, HostState]] = field(default_factory=dict)
    capture: CaptureFacts | None = None
    interrupted: bool = False


class Laps:
    """Wall time of the phases of a run, each from the end of the one before."""

    def __init__(self, began: float) -> None:
        self._began = began
        self.seconds = Seconds()

    def end(self, phase: str) -> None:
        """`phase` ends now."""
        now = time.monotonic()
        self.seconds = self.seconds.model_copy(update={phase: now - self._began})
        self._began = now


def run(engine: Engine, plan: Plan, folder: Path, reporter: Reporter, began: float) -> Record:
    """Run `plan` and save its record, capture and outputs in `folder` (`lab.runs` made it).

    `began` is the monotonic time when the set-up began. Raises `LabError` where the lab or the
    engine fails, and `Interrupted` after Ctrl-C; by then everything is cleaned up, and after
    Ctrl-C what there was of record and capture is saved.
    """
    laps = Laps(began)
    wanted = sorted({host.facts.image for host in plan.hosts.values()} | {hosts.TAP})
    digests = doctor.ensure_images(engine, wanted, reporter.doing)
    with hosts.up(engine, plan, folder.name, labels_of(plan.scenario, folder)) as bench:
        capture = Capture(bench.tap.agent)
        laps.end("setup")
        reporter.up(plan.networks, {n: h.facts for n, h in plan.hosts.items()}, laps.seconds.setup)
        happened = _exchange(bench, plan, reporter, _clock_from(capture.started))
        with undisturbed():  # what happened is written down, and that is bounded
            happened.capture = capture.finish(engine, bench.tap.id, folder, plan.names)
            laps.end("exchange")
            record = _record(engine, plan, folder, digests, happened)
            save(record, folder)
            _save_outputs(happened, folder)
    laps.end("cleanup")
    record = record.model_copy(update={"seconds": laps.seconds})
    save(record, folder)
    if happened.interrupted:
        raise Interrupted(
            say(
                "interrupted; what happened until then is in {folder}",
                "已中断；此前的内容保存在 {folder}",
                folder=folder,
            )
        )
    return record


def settle(bench: Bench, exchange: Exchange) -> None:
    """Wait until no host has a connection that is being opened or closed, nor data on its way.

    A connection that one side never closes does not come to rest; `SETTLE` bounds the wait for it.
    Two rounds must find every host at rest, since what leaves one host arrives at another.
    """
    deadline = exchange.deadline(SETTLE)
    rounds = 0
    while rounds < THERE_AND_BACK:
        watches = {name: agent.tell("watch", want={"quiet": True}) for name, agent in bench.agents.items()}
        if not exchange.until(lambda: all(w.arrived for w in watches.values()), deadline):  # noqa: B023 - called at once
            for name, watch in watches.items():
                bench.agents[name].ask("unwatch", watch=watch.number)
            return
        rounds += 1


def _exchange(bench: Bench, plan: Plan, reporter: Reporter, clock: Callable[[], int]) -> Happened:
    """Do the steps and let the wire come to rest; Ctrl-C ends it early and is written down."""
    scenario = plan.scenario

    def keep(step: ObserveStep) -> None:
        seen = step.observe
        happened.observations[seen.name] = observe(scenario, seen.name, seen.hosts, bench.agents, seen.files)

    exchange = Exchange(plan, bench.agents, bench.inbox, reporter, keep, clock)
    happened = Happened(exchange.logs, exchange.steps)
    try:
        exchange.run()
        settle(bench, exchange)
        happened.observations[END] = observe(scenario, END, plan.hosts, bench.agents)
    except KeyboardInterrupt:
        happened.interrupted = True
    with undisturbed():
        exchange.finish()
    return happened


def _clock_from(engine_time: int) -> Callable[[], int]:
    """A clock that goes with the engine machine's, which may be another machine than this one."""
    offset = engine_time - time.time_ns()
    return lambda: time.time_ns() + offset


def _record(engine: Engine, plan: Plan, folder: Path, digests: dict[str, str], happened: Happened) -> Record:
    assert happened.capture is not None
    scenario = plan.scenario
    return Record(
        lab=__version__,
        scenario=scenario.name,
        source=str(scenario.folder),
        title=Words(en=scenario.title.en, zh=scenario.title.zh),
        run=folder.name,
        started=happened.capture.started,
        encoding=scenario.encoding,
        engine=engine.facts(),
        images=digests,
        networks=plan.networks,
        hosts={name: host.facts for name, host in plan.hosts.items()},
        programs={name: log.facts() for name, log in happened.logs.items()},
        steps=tuple(happened.steps),
        observations=happened.observations,
        capture=happened.capture,
        seconds=Seconds(),
        submission=None if plan.submission is None else str(plan.submission),
        interrupted=happened.interrupted,
    )


def _save_outputs(happened: Happened, folder: Path) -> None:
    """Each program's output as it printed it, byte for byte."""
    for name, log in happened.logs.items():
        if log.raw:
            (folder / f"{name}.out").write_bytes(log.raw)
