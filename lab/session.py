r"""The hosts of a scenario for use by hand: up, with their files, the capture running, and no program started.

::

    with session.opened(scenario, reporter, agreed) as live:     # a Reporter, told of packets, limits and progress
        shell = live.start("alice", ["bash"], terminal=(24, 80))  # on a terminal that echoes, of 24 rows and 80 columns
        server = live.start("server", ["python3", "server.py"])   # on pipes
        live.write(shell, b"ls\n")
        for each in live.take(within=0.1):                        # Printed, Ended and Woken, in the order they came
            ...

The block may be left in any way: what is still running is ended with its host, containers are removed, and the run
directory has capture and record as that of any run; the record has no steps. Ctrl-C in the block leaves it likewise.
`LabError` passes through: after it there is no record. A session is to end after some time: `Left` tells of it.

`take` is to be called again and again, by one thread; the other methods may be called by any, meanwhile too.
Who has something else to wait for calls `wake` from another thread. What else hosts can be asked: `live.agents`.
"""

from __future__ import annotations

import base64
import queue
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import arguments, doctor, kept, plan, runner, runs
from lab.agent import Agent, AgentRefused, Event
from lab.interrupts import undisturbed
from lab.output import ProgramLog
from lab.places import RUNS
from lab.record import END, OUTPUT_LIMIT
from lab.report import Reporter
from lab.runner import Following, Run
from lab.scenario import Program, Scenario
from lab.terminal import as_seen
from lab.text import Text

UNBOUNDED = 1 << 62  # bytes of output: what is passed on is not kept
TOGETHER = 1000  # events that are taken in at most before somebody is told of them
WOKEN = "woken"  # the kind of the events that are the caller's own
TYPED = "typed"  # of those that tell what was typed to a program
LAST_MINUTES = 5  # of a session, when it is said that it ends


@dataclass(frozen=True, slots=True)
class Printed:
    """A command printed `data` on `out` or `err`; on a terminal all is `out`. `time` on the capture's clock."""

    command: str
    stream: str
    data: bytes
    time: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A command ended by itself (`exit` is its status) or by a signal (its name without SIG)."""

    command: str
    exit: int | None
    signal: str | None
    time: int


@dataclass(frozen=True, slots=True)
class Woken:
    """`Session.wake` was called with `what`."""

    what: object


@dataclass(frozen=True, slots=True)
class Left:
    """So many minutes of the session are left; with none the caller is to leave it."""

    minutes: int


Happening = Printed | Ended | Woken | Left


class Session:
    """Hosts that are up. Commands go by the names that `start` gives them."""

    def __init__(self, run: Run, folder: Path, minutes: int) -> None:
        self.scenario = run.plan.scenario
        self.plan = run.plan
        self.folder = folder
        """The run directory: `lab watch` shows what happens there."""
        self.agents: Mapping[str, Agent] = run.bench.agents
        """Host -> the conversation with its first process."""
        self.minutes = minutes
        self._run = run
        end = time.monotonic() + 60 * minutes
        self._left = deque((end - 60 * left, left) for left in (LAST_MINUTES, 0) if left < minutes or not left)
        self._inbox = run.bench.inbox
        self._hosts: dict[str, str] = {}
        self._started = 0

    @property
    def lost(self) -> frozenset[str]:
        """The hosts that are gone, as their memory had run out."""
        return frozenset(self._run.events.gone)

    def start(
        self,
        host: str,
        run: Sequence[str],
        *,
        terminal: tuple[int, int] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> str:
        """Start a command on a host as the student, under the scenario's limits; the name that it goes by from then on.

        With a `terminal`, its rows and columns, it is on one that a person sits at. Raises `AgentRefused` where it
        cannot be started.
        """
        self._started += 1
        command = f"{host}/{self._started}"
        self._start(command, host, run, terminal, env or {})
        return command

    def start_program(self, name: str, terminal: tuple[int, int]) -> str:
        """Start a program of the scenario, which the record then has; on a `terminal` if it wants one. Likewise."""
        program = self.scenario.programs[name]
        self._start_recorded(self._run.events.logs[name], terminal if program.terminal else None)
        return name

    def start_recorded(self, name: str, program: Program, terminal: tuple[int, int]) -> str:
        """Start a command on a terminal that the record has among the programs of the scenario. Likewise."""
        log = ProgramLog(name, program, OUTPUT_LIMIT, seen=as_seen)
        self._start_recorded(self._run.events.logs.setdefault(name, log), terminal)
        return name

    def _start_recorded(self, log: ProgramLog, terminal: tuple[int, int] | None) -> None:
        log.start(self._run.events.clock())  # what it prints may come before the reply
        try:
            log.started = self._start(log.name, log.program.host, log.program.run, terminal, log.program.env)
        except AgentRefused as refused:
            log.started, log.failure = None, str(refused.what)
            raise

    def _start(
        self, command: str, host: str, run: Sequence[str], terminal: tuple[int, int] | None, env: Mapping[str, str]
    ) -> int:
        self._hosts[command] = host
        reply = self.agents[host].ask(
            "start",
            program=command,
            run=list(run),
            env=dict(env),
            terminal=terminal or False,
            most=self.scenario.limits.of_program(UNBOUNDED),
        )
        return int(reply["time"])

    def write(self, command: str, data: bytes) -> None:
        """Type `data` to a command. Raises `AgentRefused` where it has ended, as the others that follow."""
        reply = self._ask(command, "write", data=base64.b64encode(data).decode())
        if command in self.scenario.programs:
            self._inbox.put(Event("", TYPED, {"program": command, "time": reply["time"], "data": data}))

    def close(self, command: str) -> None:
        """End a command's input."""
        self._ask(command, "close")

    def signal(self, command: str, name: str) -> None:
        """Send a command the signal `name`, without SIG."""
        self._ask(command, "signal", name=name)

    def resize(self, command: str, rows: int, columns: int) -> None:
        """The terminal of a command has another size."""
        self._ask(command, "resize", window=(rows, columns))

    def wake(self, what: object) -> None:
        """Let `take` return `Woken(what)`; for other threads and signal handlers."""
        self._inbox.put(Event("", WOKEN, {"what": what}))

    def take(self, within: float) -> list[Happening]:
        """What has happened, at the latest after `within` seconds; the reporter is told of the rest meanwhile."""
        events = self._run.events
        until = time.monotonic() + within
        found: list[Happening] = []
        if self._left and time.monotonic() >= self._left[0][0]:
            found.append(Left(self._left.popleft()[1]))
        while not found:
            events.release()
            left = until - time.monotonic()
            try:
                self._handle(self._inbox.get(timeout=max(0.0, min(left, events.patience))), found)
                for _ in range(TOGETHER):
                    self._handle(self._inbox.get_nowait(), found)
            except queue.Empty:
                if left <= 0:
                    break
        return found

    def finish(self) -> None:
        """Nothing more is asked: what has happened is written down, and the state that the hosts are left in."""
        while self.take(0):
            pass
        events = self._run.events
        self._run.happened.observations[END] = runner.last_look(self._run.bench, self.scenario, events)
        events.finish()

    def _handle(self, event: Event, found: list[Happening]) -> None:
        body, events = event.body, self._run.events
        log = events.logs.get(body.get("program", ""))
        if event.kind == WOKEN:
            found.append(Woken(body["what"]))
        elif event.kind == "output":
            data = base64.b64decode(body["data"])
            found.append(Printed(body["program"], body["stream"], data, body["time"]))
            if log is not None:
                kept = data[: max(0, log.limit - len(log.raw))]
                events.handle(Event(event.agent, event.kind, {**body, "data": base64.b64encode(kept).decode()}))
        elif event.kind == "ended":
            found.append(Ended(body["program"], body.get("exit"), body.get("signal"), body["time"]))
            events.handle(event)
        elif event.kind == TYPED and log is not None:
            text = body["data"].decode(log.encoding, "backslashreplace").removesuffix("\n")
            log.typed(body["time"], text)
            events.reporter.typed(body["time"] - events.origin, log.name, text)
        elif event.kind == "limit" and log is None:  # of a command that the record does not know
            events.handle(Event(event.agent, event.kind, {**body, "program": None}))
        else:
            events.handle(event)

    def _ask(self, command: str, do: str, **values: object) -> Mapping[str, Any]:
        return self.agents[self._hosts[command]].ask(do, program=command, **values)


@contextmanager
def opened(
    scenario: Scenario,
    reporter: Reporter,
    may_mend: Callable[[Text], bool],
    submission: Path | None = None,
    *,
    minutes: int,
) -> Iterator[Session]:
    """The hosts of `scenario`, brought up for use by hand for so long; its files, or a `submission`'s, lie on them.

    Raises `InputError` and `EngineError` as a run does.
    """
    began = time.monotonic()
    handed = arguments.submission(submission, scenario)
    planned = plan.make(scenario, handed, None if submission is None else str(submission))
    reporter.started(scenario, planned.submission)
    engine = doctor.ready(reporter.doing, may_mend)
    with (
        runs.new_folder(RUNS, scenario.name, kept.files_of(scenario)) as folder,
        runner.going(engine, planned, folder, reporter, began, Following.FROM_START) as run,
    ):
        live = Session(run, folder, minutes)
        with suppress(KeyboardInterrupt):
            yield live
        with undisturbed():
            live.finish()
