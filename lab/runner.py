"""A run from plan to record: bring up, exchange, settle, end the capture, clean up."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from lab import __version__, doctor, hosts
from lab.capture import Capture, Known
from lab.engine import Engine
from lab.errors import Interrupted
from lab.events import Events, LimitHit
from lab.exchange import Exchange
from lab.hosts import Bench
from lab.interrupts import undisturbed
from lab.observe import observe
from lab.onlooking import Journal, asked
from lab.output import ProgramLog
from lab.plan import Plan
from lab.record import END, CaptureFacts, FaultFacts, HostState, LimitFacts, Record, Seconds, StepFacts, Words, save
from lab.report import Reporter
from lab.runs import labels_of
from lab.scenario import Scenario
from lab.steps import ObserveStep
from lab.text import say
from lab.trace import SocketCall, told
from lab.trace import save as save_calls
from lab.wire import Wire

THERE_AND_BACK = 2
SETTLE = 3.0  # seconds that connections may take to finish closing once the steps are over


@dataclass(slots=True)
class Happened:
    """What an exchange left, as it comes about."""

    logs: dict[str, ProgramLog]
    limits: list[LimitFacts]
    steps: list[StepFacts] = field(default_factory=list)
    overdue: float | None = None
    observations: dict[str, dict[str, HostState]] = field(default_factory=dict)
    capture: CaptureFacts | None = None
    faults: tuple[FaultFacts, ...] = ()
    interrupted: bool = False


class Following(Enum):
    """Whether packets are told of as they pass."""

    NEVER = auto()
    ON_REQUEST = auto()
    """Once somebody looks on (`lab.onlooking`)."""
    FROM_START = auto()


class Run:
    """A run whose hosts are up. It has a `record` when it is over."""

    def __init__(self, engine: Engine, bench: Bench, plan: Plan, events: Events) -> None:
        self.engine = engine
        self.bench = bench
        self.plan = plan
        self.events = events
        self.wire = Wire(bench.tap.agent, plan)
        self.happened = Happened(events.logs, events.limits)
        self.record: Record | None = None


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


def run(
    engine: Engine,
    plan: Plan,
    folder: Path,
    reporter: Reporter,
    began: float,
    following: Following = Following.NEVER,
) -> Record:
    """Run `plan` and save its record, capture and outputs in `folder` (`lab.runs` made it).

    `began` is the monotonic time when the set-up began. Raises `LabError` where the lab or the
    engine fails, and `Interrupted` after Ctrl-C; by then everything is cleaned up, and after
    Ctrl-C what there was of record and capture is saved.
    """
    with going(engine, plan, folder, reporter, began, following) as run:
        _exchange(run)
    assert run.record is not None
    if run.record.interrupted:
        raise Interrupted(
            say(
                "interrupted; what happened until then is in {folder}",
                "已中断；此前的内容保存在 {folder}",
                folder=folder,
            )
        )
    return run.record


@contextmanager
def going(
    engine: Engine, plan: Plan, folder: Path, reporter: Reporter, began: float, following: Following
) -> Iterator[Run]:
    """A run while its hosts are up; after the block it has a record, and all of it is saved. Arguments as of `run`."""
    laps = Laps(began)
    wanted = sorted({host.facts.image for host in plan.hosts.values()} | {hosts.TAP})
    digests = doctor.ensure_images(engine, wanted, reporter.doing)
    with hosts.up(engine, plan, folder.name, labels_of(plan.scenario, folder)) as bench:
        capture = Capture(bench.tap.agent)
        laps.end("setup")
        up = (plan.networks, {n: h.facts for n, h in plan.hosts.items()}, laps.seconds.setup)
        reporter.up(*up)
        with _followed(bench, folder, following) as journal:
            if journal is not None:
                journal("started", plan.scenario.model_copy(update={"steps": (), "checks": {}}), plan.submission)
                journal("up", *up)
            run = Run(engine, bench, plan, _events(engine, bench, plan, reporter, capture.ahead, journal))
            yield run
            with undisturbed():  # what happened is written down, and that is bounded
                prefixes = {name: " · ".join(filter(None, (n.ipv4, n.ipv6))) for name, n in plan.networks.items()}
                known = Known(plan.names, prefixes)
                faults = run.wire.done()
                run.happened.capture = capture.finish(engine, bench.tap.id, folder, known)
                run.happened.faults = run.wire.numbered(faults, folder / run.happened.capture.file)
                run.events.finish_packets()
                laps.end("exchange")
                calls = _calls(run.happened)
                record = _record(run, folder, digests, calls)
                save(record, folder)
                if plan.traced:
                    save_calls(calls, folder)
                _save_outputs(run.happened, folder)
    laps.end("cleanup")
    run.record = record.model_copy(update={"seconds": laps.seconds})
    save(run.record, folder)


@contextmanager
def _followed(bench: Bench, folder: Path, following: Following) -> Iterator[Callable[..., None] | None]:
    """Who writes down what is told of a run for those who look on, if anybody may."""
    if following is Following.NEVER:
        yield None
        return
    journal = Journal(folder)
    try:
        with asked(folder, bench.tap.agent):
            if following is Following.FROM_START:
                bench.tap.agent.ask("follow")
            yield journal.tell
    finally:
        journal.close()


def _events(
    engine: Engine,
    bench: Bench,
    plan: Plan,
    reporter: Reporter,
    ahead: int,
    journal: Callable[..., None] | None,
) -> Events:
    def killed(host: str) -> bool:
        return engine.killed(bench.hosts[host].id)

    events = Events(plan.scenario, bench.inbox, reporter, _clock_ahead(ahead), killed, journal)
    events.expect_packets(plan.networks)
    return events


def settle(bench: Bench, exchange: Exchange) -> None:
    """Wait until no host has a connection that is being opened or closed, nor data on its way.

    A connection that one side never closes does not come to rest; `SETTLE` bounds the wait for it.
    Two rounds must find every host at rest, since what leaves one host arrives at another. After a limit that
    ended the exchange nothing is waited for.
    """
    deadline = exchange.deadline(SETTLE)
    with suppress(LimitHit), exchange.events.losses():
        for _ in range(THERE_AND_BACK):
            watches = {name: agent.tell("watch", want={"quiet": True}) for name, agent in bench.agents.items()}
            if not exchange.until(lambda: all(w.arrived for w in watches.values()), deadline):  # noqa: B023 - called at once
                for name, watch in watches.items():
                    bench.agents[name].ask("unwatch", watch=watch.number)
                return


def _exchange(run: Run) -> None:
    """Do the steps and let the wire come to rest; Ctrl-C ends it early and is written down."""
    scenario, happened, agents = run.plan.scenario, run.happened, run.bench.agents

    def keep(step: ObserveStep) -> None:
        seen = step.observe
        happened.observations[seen.name] = observe(scenario, seen.name, seen.hosts, agents, seen.files)

    exchange = Exchange(run.plan, agents, run.events, run.wire, keep)
    happened.steps = exchange.steps
    try:
        exchange.run()
        happened.overdue = exchange.overdue
        settle(run.bench, exchange)
        run.bench.tap.agent.ask("limits")
        exchange.look_at_limits()
        happened.observations[END] = last_look(run.bench, scenario, run.events)
        exchange.take_in_calls()
    except KeyboardInterrupt:
        happened.interrupted = True
    with undisturbed():
        exchange.finish()


def last_look(bench: Bench, scenario: Scenario, events: Events) -> dict[str, HostState]:
    """The state of every host when all is over: nothing of those that are lost."""
    there = [host for host in bench.agents if host not in events.gone]
    seen: dict[str, HostState] = {}
    with suppress(LimitHit), events.losses():
        seen = observe(scenario, END, there, bench.agents)
    if not seen and events.gone.intersection(there):
        return last_look(bench, scenario, events)
    return {host: seen.get(host) or HostState(time=events.clock()) for host in bench.agents}


def _clock_ahead(ahead: int) -> Callable[[], int]:
    """The clock of the engine's machine, which may be another machine than this one."""
    return lambda: time.time_ns() + ahead


def _calls(happened: Happened) -> list[SocketCall]:
    """The calls of all programs that were traced."""
    return told.calls((name, log.trace, bytes(log.calls)) for name, log in happened.logs.items() if log.trace)


def _record(run: Run, folder: Path, digests: dict[str, str], calls: Sequence[SocketCall]) -> Record:
    happened, plan = run.happened, run.plan
    assert happened.capture is not None
    scenario = plan.scenario
    made = Counter(call.program for call in calls)
    return Record(
        lab=__version__,
        scenario=scenario.name,
        source=str(scenario.folder),
        title=Words(en=scenario.title.en, zh=scenario.title.zh),
        run=folder.name,
        started=happened.capture.started,
        encoding=scenario.encoding,
        engine=run.engine.facts(),
        images=digests,
        networks=plan.networks,
        hosts={name: host.facts for name, host in plan.hosts.items()},
        programs={name: log.facts(made[name]) for name, log in happened.logs.items()},
        steps=tuple(happened.steps),
        observations=happened.observations,
        capture=happened.capture,
        limits=tuple(happened.limits),
        faults=happened.faults,
        seconds=Seconds(),
        seed=scenario.seed,
        submission=plan.submission,
        overdue=happened.overdue,
        interrupted=happened.interrupted,
    )


def _save_outputs(happened: Happened, folder: Path) -> None:
    """Each program's output as it printed it, byte for byte."""
    for name, log in happened.logs.items():
        if log.raw:
            (folder / f"{name}.out").write_bytes(log.raw)
