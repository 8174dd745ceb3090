"""The exchange: the steps of a scenario done one after the other, each with a deadline, none with a sleep.

Everything that happens arrives in one inbox, is written into the logs of the programs, and told
to the reporter; a step waits until a condition on the logs holds, the program it concerns has
ended, or its deadline has passed. What programs do wrong is written down, never raised.
"""

from __future__ import annotations

import base64
import contextlib
import math
import queue
import time
from collections.abc import Callable, Iterable, Mapping

from lab.agent import Agent, AgentRefused, Event, Reply, lost
from lab.deadline import Deadline
from lab.errors import EngineError
from lab.observe import socket_table
from lab.output import ProgramLog
from lab.plan import Plan
from lab.record import KEPT, OUTPUT_LIMIT, HostState, StepFacts, Words
from lab.report import Reporter
from lab.report.ordered import HELD, Ordered
from lab.scenario import (
    CloseStep,
    Expect,
    ExpectStep,
    ObserveStep,
    OnSocket,
    SendStep,
    SignalStep,
    StartStep,
    Step,
    Until,
    WaitStep,
)
from lab.sentences import ready, typed_text, verb_of, what
from lab.text import Text, same, say
from lab.waiting import Tables, diagnosis

WITHIN = 5.0  # seconds a step may take that does not say
LAST_LINES = 5


class StepFailed(Exception):
    """A step did not come to its end; `actual` says what happened instead."""

    def __init__(self, actual: Text, program: str, *, fatal: bool = False) -> None:
        super().__init__(str(actual))
        self.actual = actual
        self.program = program
        self.fatal = fatal
        """Nothing that follows makes sense: a program did not start."""


class Exchange:
    """The state of the exchange: the programs' logs and the steps that were done.

    `clock` tells nanoseconds since the epoch on the capture's clock; `observe` keeps the state of hosts.
    """

    def __init__(
        self,
        plan: Plan,
        agents: Mapping[str, Agent],
        inbox: queue.SimpleQueue[Event],
        reporter: Reporter,
        observe: Callable[[ObserveStep], None],
        clock: Callable[[], int],
    ) -> None:
        self._scenario = plan.scenario
        self._host_of = {a: n for n, h in plan.hosts.items() for i in h.facts.interfaces for a in (i.ipv4, i.ipv6)}
        self._agents = agents
        self._inbox = inbox
        self._reporter = Ordered(reporter)
        self._observe = observe
        self._clock = clock
        self._origin = clock()
        self._over = time.monotonic() + plan.scenario.deadline
        self.logs = {name: ProgramLog(name, program, OUTPUT_LIMIT) for name, program in plan.scenario.programs.items()}
        self.steps: list[StepFacts] = []
        self._told_cut: set[str] = set()

    # The steps

    def run(self) -> None:
        """Do the steps; after one that leaves nothing to go on with, write down the rest as skipped."""
        over = False
        for index, step in enumerate(self._scenario.steps, 1):
            started = self._clock()
            failure = None
            if not over:
                failure = self._failure_of(step)
                over = failure is not None and (failure.fatal or time.monotonic() >= self._over)
            outcome = "failed" if failure is not None else "skipped" if over else "done"
            facts = StepFacts.model_validate(
                {
                    "index": index,
                    "verb": verb_of(step),
                    "outcome": outcome,
                    "started": started,
                    "ended": self._clock(),
                    "what": Words.of(what(step)),
                    "actual": None if failure is None else Words.of(failure.actual),
                }
            )
            self.steps.append(facts)
            if failure is not None:
                self._tell_failed(facts, failure.program)
        skipped = [facts.index for facts in self.steps if facts.outcome == "skipped"]
        if skipped:
            self._reporter.skipped(self._clock() - self._origin, skipped[0], skipped[-1])

    def _failure_of(self, step: Step) -> StepFailed | None:
        """Do a step; what kept it from its end, if anything did."""
        try:
            self._do(step)
        except StepFailed as failed:
            if time.monotonic() >= self._over:
                failed.actual += say(
                    "; the deadline of the whole exchange ({n:g} s) has passed",
                    "；整个交互的时限（{n:g} 秒）已到",
                    n=self._scenario.deadline,
                )
            return failed
        return None

    def _do(self, step: Step) -> None:
        deadline = self.deadline(step.within or WITHIN, self._over)
        match step:
            case StartStep():
                self._start(step, deadline)
            case SendStep():
                for name in step.send.to:
                    self._type(name, typed_text(step, self.logs[name].encoding))
            case ExpectStep():
                self._expect(step.expect.from_, step.expect, deadline)
            case CloseStep():
                for name in step.close:
                    self._close(name)
            case SignalStep():
                for name in step.signal.to:
                    self._ask(name, "signal", name=step.signal.name)
            case WaitStep():
                self._wait(step, deadline)
            case ObserveStep():
                self._observe(step)

    def _start(self, step: StartStep, deadline: Deadline) -> None:
        for name in step.start:
            self._start_one(name)
        if step.until is None:
            return
        self._until_all(step.start, step.until, deadline, fatal=True)

    def _start_one(self, name: str) -> None:
        program = self._scenario.programs[name]
        try:
            reply = self._agent(name).ask(
                "start",
                program=name,
                run=list(program.run),
                env=dict(program.env),
                terminal=program.terminal,
                limit=OUTPUT_LIMIT,
            )
        except AgentRefused as refused:
            if refused.errno is None:  # the only reason that is not the kernel's
                raise StepFailed(say("{program} still runs", "{program} 仍在运行", program=name), name) from refused
            self.logs[name].failure = str(refused.what)
            why = say(
                "`{command}` cannot be started: {why}",
                "无法启动 `{command}`：{why}",
                command=program.run[0],
                why=str(refused.what).partition(": ")[2],
            )
            raise StepFailed(why, name, fatal=True) from refused
        self.logs[name].start(reply["time"])

    def _until_all(self, names: Iterable[str], until: OnSocket, deadline: Deadline, *, fatal: bool = False) -> None:
        watches = {name: self._watch(name, until) for name in names}
        for name, watch in watches.items():
            if watch is not None:
                self._until_ready(name, until, watch, deadline, fatal=fatal)
            elif isinstance(until, Until):
                self._expect(name, until, deadline, fatal=fatal)

    def _watch(self, name: str, until: OnSocket) -> Reply | None:
        """Ask the host to say when the socket table shows it; output is waited for without asking."""
        for condition in OnSocket.model_fields:
            port = getattr(until, condition)
            if port is not None:
                want = {condition: port.transport, "port": port.port}
                return self._agent(name).tell("watch", want=want, program=name)
        return None

    def _until_ready(self, name: str, until: OnSocket, watch: Reply, deadline: Deadline, *, fatal: bool) -> None:
        if not self.until(lambda: watch.arrived, deadline):
            self._agent(name).ask("unwatch", watch=watch.number)
            runs = say(
                "{program} runs, but is not {ready}",
                "{program} 在运行，但没有{ready}",
                program=name,
                ready=ready(until),
            )
            instead = same("") if until.listening is None else self._bound(name)
            raise StepFailed(runs + instead + self._waiting(name), name, fatal=fatal)
        try:
            found = watch.wait()
        except AgentRefused as refused:
            raise EngineError(
                say("what {program} waits for cannot be seen", "无法看到 {program} 在等待什么", program=name),
                say(
                    "`receiving` needs x86-64 or ARM64, and a kernel that tells of system calls",
                    "`receiving` 需要 x86-64 或 ARM64，以及提供系统调用信息的内核",
                ),
            ) from refused
        if not found["met"]:
            self.until(lambda: self.logs[name].ended is not None, deadline)
            raise StepFailed(self._ended_text(name), name, fatal=fatal)
        at = found["time"] - self._origin
        if until.listening is not None:
            self._reporter.ready(at, name, until.listening)
        elif until.receiving is not None:
            self._reporter.receiving(at, name, until.receiving)
        else:
            for socket in found["sockets"]:
                self._reporter.connected(at, name, socket["local_port"], socket["remote"], socket["remote_port"])

    def _bound(self, name: str) -> Text:
        """What a program is bound to instead, if anything."""
        rows = self._agent(name).ask("sockets")["sockets"]
        ports = [f"{r['transport']} {r['local_port']}" for r in rows if r["program"] == name and not r["remote_port"]]
        if not ports:
            return same("")
        return say("; it is bound to {ports}", "；它绑定的是 {ports}", ports=", ".join(dict.fromkeys(ports)))

    def _waiting(self, name: str) -> Text:
        """What a program waits for on its sockets, if that can be told; to go on with after what did not happen."""
        host = self._scenario.programs[name].host
        waits = diagnosis(Tables(self._tables(), self._tables(), self._host_of.get), host, name)
        return same("") if waits is None else say("; ", "；") + waits

    def _tables(self) -> dict[str, HostState]:
        told = {host: agent.tell("sockets") for host, agent in self._agents.items()}
        return {host: socket_table(reply.wait()) for host, reply in told.items()}

    def _type(self, name: str, data: bytes) -> None:
        log = self.logs[name]
        log.flush()
        self._tell_lines(log)
        reply = self._ask(name, "write", data=base64.b64encode(data).decode())
        text = data.decode(log.encoding, "backslashreplace").rstrip("\n")
        log.typed(reply["time"], text)
        self._reporter.typed(reply["time"] - self._origin, name, text)

    def _close(self, name: str) -> None:
        if self.logs[name].ended is not None:
            return  # its input ended with it
        try:
            reply = self._ask(name, "close")
        except StepFailed:  # it ended in this very moment
            return
        self.logs[name].typed(reply["time"], None)
        self._reporter.typed(reply["time"] - self._origin, name, None)

    def _expect(self, name: str, wanted: Expect | Until, deadline: Deadline, *, fatal: bool = False) -> None:
        log = self.logs[name]
        found = self.until(lambda: log.find(wanted) or log.over, deadline)
        if log.find(wanted):
            log.take(wanted)
            return
        rest = [line.text for line in log.rest()]
        if found:
            actual = self._ended_text(name)
        elif rest:
            printed = "; ".join(f"`{text}`" for text in rest[-LAST_LINES:])
            actual = say("{program} printed {printed}", "{program} 打印了 {printed}", program=name, printed=printed)
        else:
            actual = say("{program} printed nothing more", "{program} 没有再打印任何内容", program=name)
        if not found:
            actual += self._waiting(name)
        if log.cut:
            actual += say("; its output is cut: only the first {n} is kept", "；其输出已截断：只保留前 {n}", n=KEPT)
        raise StepFailed(actual, name, fatal=fatal)

    def _wait(self, step: WaitStep, deadline: Deadline) -> None:
        if step.until is not None:
            self._until_all(step.wait, step.until, deadline)
            return
        for name in step.wait:
            if not self.until(lambda name=name: self.logs[name].ended is not None, deadline):  # type: ignore[misc]
                runs = say("{program} still runs", "{program} 仍在运行", program=name)
                raise StepFailed(runs + self._waiting(name), name)
        for name in step.wait:
            log = self.logs[name]
            if step.exit is not None and step.exit not in (log.exit, log.signal):
                raise StepFailed(self._ended_text(name), name)

    # What the steps are made of

    def _agent(self, program: str) -> Agent:
        return self._agents[self._scenario.programs[program].host]

    def _ask(self, program: str, do: str, **arguments: object) -> dict[str, int]:
        """Ask the program's host to do something to it; a program that has ended is a failed step."""
        try:
            return self._agent(program).ask(do, program=program, **arguments)
        except AgentRefused as refused:
            self.until(lambda: self.logs[program].ended is not None, self.deadline(1))
            if self.logs[program].ended is not None:
                raise StepFailed(self._ended_text(program), program) from refused
            raise StepFailed(refused.what, program) from refused

    def deadline(self, seconds: float, over: float = math.inf) -> Deadline:
        """That many seconds from now, and those that the machine keeps the programs waiting; no later than `over`."""
        return Deadline(seconds, self._delayed, over)

    def _delayed(self) -> float:
        told = [agent.tell("delayed") for agent in self._agents.values()]
        return sum(float(reply.wait()["delayed"]) for reply in told) / 1e9

    def until(self, condition: Callable[[], bool], deadline: Deadline) -> bool:
        """Take in what happens until the condition holds (True) or the deadline has passed (False)."""
        while True:
            self._take_in()
            if condition():
                return True
            remaining = deadline.remaining
            if remaining <= 0:
                self._take_in()
                return condition()
            self._reporter.release(self._clock() - self._origin)
            patience = min(remaining, HELD / 1e9) if self._reporter.holds else remaining
            with contextlib.suppress(queue.Empty):
                self._handle(self._inbox.get(timeout=patience))

    def finish(self) -> None:
        """The exchange is over: what still runs is the lab's to stop, what was printed is printed."""
        self._take_in()
        for log in self.logs.values():
            log.flush()
            self._tell_lines(log)
            log.stopped_by_lab = log.started is not None and log.ended is None
        self._reporter.release()

    def _take_in(self) -> None:
        """Handle everything that has happened, without waiting."""
        while True:
            try:
                self._handle(self._inbox.get_nowait())
            except queue.Empty:
                return

    def _handle(self, event: Event) -> None:
        if event.kind == "lost":
            raise lost(event.agent, event.body["said"])
        if event.kind == "output":
            log = self.logs[event.body["program"]]
            log.printed(
                event.body["time"], event.body["stream"], base64.b64decode(event.body["data"]), event.body["printed"]
            )
            self._tell_lines(log)
            self._tell_cut(log, event.body["time"])
        elif event.kind == "ended":
            log = self.logs[event.body["program"]]
            log.end(event.body["time"], event.body.get("exit"), event.body.get("signal"), event.body["printed"])
            self._tell_lines(log)
            self._tell_cut(log, event.body["time"])
            self._reporter.ended(event.body["time"] - self._origin, log.name, log.exit, log.signal)

    def _tell_lines(self, log: ProgramLog) -> None:
        for line in log.untold():
            self._reporter.said(line.time - self._origin, log.name, line)

    def _tell_cut(self, log: ProgramLog, time: int) -> None:
        if log.cut and log.name not in self._told_cut:
            self._told_cut.add(log.name)
            self._reporter.cut(time - self._origin, log.name)

    def _tell_failed(self, facts: StepFacts, program: str) -> None:
        last = tuple(line.text for line in self.logs[program].lines[-LAST_LINES:])
        self._reporter.step_failed(self._clock() - self._origin, facts, last)

    def _ended_text(self, name: str) -> Text:
        log = self.logs[name]
        if log.signal is not None:
            return say(
                "{program} was ended by SIG{signal}", "{program} 被 SIG{signal} 结束", program=name, signal=log.signal
            )
        told = say(
            "{program} had ended, exit {status}", "{program} 已结束，退出码 {status}", program=name, status=log.exit
        )
        complaints = [line.text for line in log.lines if line.stream == "err" and line.text.strip()]
        return told + same(f": {complaints[-1]}") if complaints and log.exit else told
