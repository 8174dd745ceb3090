"""What the hosts and the tap tell by themselves: written into the programs' logs and the limits, and told on.

Everything arrives in one inbox. Whoever waits, waits here: for a condition on what was written down.
"""

from __future__ import annotations

import base64
import contextlib
import math
import queue
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lab.agent import AgentLost, Event, lost
from lab.deadline import Deadline
from lab.limits import FATAL
from lab.output import ProgramLog
from lab.passing import Passing
from lab.record import OUTPUT_LIMIT, LimitFacts
from lab.report import Reporter
from lab.report.ordered import HELD_FOR_PACKETS, Ordered
from lab.scenario import Scenario


class LimitHit(Exception):
    """A host ran into a limit that ends the exchange."""

    def __init__(self, facts: LimitFacts) -> None:
        super().__init__(facts.what)
        self.facts = facts


class Events:
    """The logs of the programs and the limits that were hit, as they come about.

    `clock` tells nanoseconds since the epoch on the capture's clock; `reporter` is told in the order of time.
    `killed` tells of a host that is lost whether its memory had run out. `journal` is told what `reporter` is.
    """

    def __init__(
        self,
        scenario: Scenario,
        inbox: queue.SimpleQueue[Event],
        reporter: Reporter,
        clock: Callable[[], int],
        killed: Callable[[str], bool],
        journal: Callable[..., None] | None = None,
    ) -> None:
        self.logs = {name: ProgramLog(name, program, OUTPUT_LIMIT) for name, program in scenario.programs.items()}
        self.limits: list[LimitFacts] = []
        self.reporter = Ordered(reporter, journal)
        self.origin = clock()
        self.gone: set[str] = set()
        """The hosts that were lost when their memory had run out."""
        self._scenario = scenario
        self._inbox = inbox
        self.clock = clock
        self._killed = killed
        self._passing: Passing | None = None

    def expect_packets(self, networks: Iterable[str]) -> None:
        """The tap follows, or will follow, the captures of these `networks`, in the order of the record."""
        self._passing = Passing(networks)

    @property
    def now(self) -> int:
        """Nanoseconds since the exchange began."""
        return self.clock() - self.origin

    @property
    def fatal(self) -> LimitFacts | None:
        """The limit that ended the exchange, if one did."""
        return next((facts for facts in self.limits if facts.ended), None)

    def until(self, condition: Callable[[], bool], deadline: Deadline) -> bool:
        """Take in what happens until the condition holds (True) or the deadline has passed (False).

        Raises `LimitHit` once a host ran into a limit that leaves nothing to wait for.
        """
        while True:
            self.take_in()
            if self.fatal is not None:
                raise LimitHit(self.fatal)
            if condition():
                return True
            remaining = deadline.remaining
            if remaining <= 0:
                self.take_in()
                return condition()
            self.release()
            with contextlib.suppress(queue.Empty):
                self.handle(self._inbox.get(timeout=min(remaining, self.patience)))

    def release(self) -> None:
        """Let the reporter be told of what was held back for long enough."""
        self.reporter.release(self.now)

    @property
    def patience(self) -> float:
        """Seconds until `release` may have something to do."""
        return self.reporter.span / 1e9 if self.reporter.holds else math.inf

    @contextlib.contextmanager
    def losses(self) -> Iterator[None]:
        """What is asked of hosts: `LimitHit` instead of `AgentLost` where one is lost because its memory ran out."""
        try:
            yield
        except AgentLost as gone:
            self.take_in()
            if self.fatal is None or gone.agent not in self.gone:
                raise
            raise LimitHit(self.fatal) from gone

    def take_in(self) -> None:
        """Handle everything that has happened, without waiting."""
        while True:
            try:
                self.handle(self._inbox.get_nowait())
            except queue.Empty:
                return

    def finish(self) -> None:
        """The exchange is over: what still runs is the lab's to stop, what was printed is printed."""
        self.take_in()
        for log in self.logs.values():
            log.flush()
            self.tell_lines(log)
            log.stopped_by_lab = log.started is not None and log.ended is None
        if self.reporter.span != HELD_FOR_PACKETS:
            self.reporter.release()

    def finish_packets(self) -> None:
        """The capture is over: what was told of it after the exchange is told on."""
        while True:
            try:
                event = self._inbox.get_nowait()
            except queue.Empty:
                break
            if event.kind == "frames":
                self._passed(event.body)
        self.reporter.release()

    def tell_lines(self, log: ProgramLog) -> None:
        """Tell the lines of a program that came since."""
        for line in log.untold():
            self.reporter.said(line.time - self.origin, log.name, line)

    def handle(self, event: Event) -> None:
        """Take in an event of the inbox."""
        body = event.body
        if event.kind == "lost":
            self._lost(event.agent, body["said"])
        if event.kind == "limit":
            what, host = body["what"], body.get("host", event.agent)
            limit = getattr(self._scenario.limits, what)
            self._hit(what, host, body.get("program"), limit, body["time"], ended=what in FATAL)
        elif event.kind == "frames":
            self._passed(body)
        elif body.get("program") not in self.logs:  # a reply, or a command that was started by hand
            return
        elif event.kind == "output":
            log = self.logs[body["program"]]
            log.printed(body["time"], body["stream"], base64.b64decode(body["data"]), body["printed"])
            self._tell(log, body["time"])
        elif event.kind == "calls":
            data = base64.b64decode(body["data"])
            self.logs[body["program"]].called(data, cut=body["cut"], over=body["over"])
        elif event.kind == "ended":
            log = self.logs[body["program"]]
            log.end(body["time"], body.get("exit"), body.get("signal"), body["printed"])
            self._tell_end(log, body["time"])

    def _passed(self, told: Mapping[str, Any]) -> None:
        assert self._passing is not None
        self.reporter.span = HELD_FOR_PACKETS
        packets = list(self._passing.take(told))
        if told["left_out"]:
            time = packets[0].time - self.origin if packets else self.now
            self.reporter.left_out(time, told["left_out"])
        for packet in packets:
            self.reporter.passed(packet.time - self.origin, packet)

    def _tell_end(self, log: ProgramLog, time: int) -> None:
        self._tell(log, time)
        self.reporter.ended(time - self.origin, log.name, log.exit, log.signal)

    def _tell(self, log: ProgramLog, time: int) -> None:
        self.tell_lines(log)
        told = any((facts.what, facts.program) == ("output", log.name) for facts in self.limits)
        if log.cut and not told:
            self._hit("output", log.program.host, log.name, OUTPUT_LIMIT >> 10, time)

    def _lost(self, agent: str, said: str) -> None:
        """Where a host's memory ran out and its first process had to go, all of its programs went with it."""
        if said or agent not in self._scenario.hosts or not self._killed(agent):
            raise lost(agent, said)
        self.gone.add(agent)
        now = self.clock()
        self._hit("memory", agent, None, self._scenario.limits.memory, now, ended=True)
        for log in self.logs.values():
            if log.program.host == agent and log.started is not None and log.ended is None:
                log.end(now, None, "KILL", log.printed_bytes)
                self._tell_end(log, now)

    def _hit(self, what: str, host: str, program: str | None, limit: int, time: int, *, ended: bool = False) -> None:
        facts = LimitFacts.model_validate(
            {"what": what, "host": host, "program": program, "limit": limit, "time": time, "ended": ended}
        )
        self.limits.append(facts)
        self.reporter.limit(time - self.origin, facts)
