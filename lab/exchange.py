"""The exchange: the steps of a scenario done one after the other, each with a deadline, none with a sleep.

A step waits until a condition on what happened (`lab.events`) holds, the program it concerns has
ended, or its deadline has passed. What programs do wrong is written down, never raised.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable, Iterable, Mapping

from lab.agent import Agent, AgentRefused, Reply
from lab.deadline import Deadline
from lab.errors import EngineError
from lab.events import Events, LimitHit
from lab.limits import MIB, limit_words
from lab.observe import socket_table
from lab.plan import Plan
from lab.record import CALLS_LIMIT, KEPT, OUTPUT_LIMIT, HostState, LimitFacts, StepFacts, Words
from lab.sentences import ready, typed_text, verb_of, what
from lab.steps import (
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
    WireStep,
)
from lab.text import Text, same, say
from lab.trace.told import method
from lab.waiting import Tables, diagnosis
from lab.wire import Wire

NEARLY = 1e-6  # seconds, which adding up floats may cost
LAST_LINES = 5
LAST_CALLS = 1.0  # seconds


class StepFailed(Exception):
    """A step did not come to its end; `actual` says what happened instead."""

    def __init__(self, actual: Text, program: str | None, *, fatal: bool = False) -> None:
        super().__init__(str(actual))
        self.actual = actual
        self.program = program
        self.fatal = fatal
        """Nothing that follows makes sense: a program did not start."""


class Exchange:
    """The state of the exchange: what happened, and the steps that were done.

    `wire` acts on the networks, `observe` keeps the state of hosts.

    The steps together may wait for the scenario's `patience`. What the machine keeps their programs waiting is not
    counted, nor what the lab itself takes: with enough for every step none is cut short, whatever the others took.
    """

    def __init__(
        self,
        plan: Plan,
        agents: Mapping[str, Agent],
        events: Events,
        wire: Wire,
        observe: Callable[[ObserveStep], None],
    ) -> None:
        self._scenario = plan.scenario
        self._host_of = {a: n for n, h in plan.hosts.items() for i in h.facts.interfaces for a in (i.ipv4, i.ipv6)}
        self._agents = agents
        self._wire = wire
        self._observe = observe
        self._clock = events.clock
        self._left = plan.scenario.patience
        self.overdue: float | None = None
        """The seconds that the steps had together, where that cut one short and so ended the exchange."""
        self.events = events
        self.logs = events.logs
        for name in plan.traced:
            self.logs[name].trace = method(plan.scenario.programs[name].run)
        self._reporter = events.reporter
        self.steps: list[StepFacts] = []

    # The steps

    def run(self) -> None:
        """Do the steps; after one that leaves nothing to go on with, write down the rest as skipped."""
        over = False
        for index, step in enumerate(self._scenario.steps, 1):
            started = self._clock()
            failure = None
            if not over:
                failure = self._failure_of(step)
                over = self.events.fatal is not None or (failure is not None and failure.fatal)
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
            self._reporter.skipped(self.events.now, skipped[0], skipped[-1])

    def _failure_of(self, step: Step) -> StepFailed | None:
        """Do a step; what kept it from its end, if anything did."""
        cut_short = self._left < step.patience - NEARLY
        deadline = self.deadline(min(step.patience, self._left))
        failure = None
        try:
            with self.events.losses():
                try:
                    self._do(step, deadline)
                except StepFailed as failed:
                    failure = failed
                self._left -= deadline.spent
                self.events.take_in()
        except LimitHit as hit:
            return self._ended_by(hit.facts)
        if failure is not None and cut_short and deadline.passed:
            self.overdue = self._scenario.patience
            failure.actual += say(
                "; the deadline of the whole exchange ({n:g} s) has passed",
                "；整个交互的时限（{n:g} 秒）已到",
                n=self.overdue,
            )
            failure.fatal = True
        return failure

    def _ended_by(self, facts: LimitFacts) -> StepFailed:
        near = [name for name, program in self._scenario.programs.items() if program.host == facts.host]
        return StepFailed(limit_words(facts), facts.program or near[0], fatal=True)

    def _do(self, step: Step, deadline: Deadline) -> None:
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
            case WireStep():
                actual = self._wire.do(step, lambda condition: self.until(condition, deadline))
                if actual is not None:
                    raise StepFailed(actual, None)

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
                most=self._scenario.limits.of_program(OUTPUT_LIMIT) | {"calls": CALLS_LIMIT},
                **({} if self.logs[name].trace is None else {"trace": self.logs[name].trace}),
                **({"capabilities": list(program.capabilities)} if program.capabilities else {}),
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
        at = found["time"] - self.events.origin
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
        self.events.tell_lines(log)
        reply = self._ask(name, "write", data=base64.b64encode(data).decode())
        text = data.decode(log.encoding, "backslashreplace").rstrip("\n")
        log.typed(reply["time"], text)
        self._reporter.typed(reply["time"] - self.events.origin, name, text)

    def _close(self, name: str) -> None:
        if self.logs[name].ended is not None:
            return  # its input ended with it
        try:
            reply = self._ask(name, "close")
        except StepFailed:  # it ended in this very moment
            return
        self.logs[name].typed(reply["time"], None)
        self._reporter.typed(reply["time"] - self.events.origin, name, None)

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

    def deadline(self, seconds: float) -> Deadline:
        """That many seconds from now, and those that the machine keeps the programs waiting."""
        return Deadline(seconds, self._delayed)

    def _delayed(self) -> float:
        told = [agent.tell("delayed") for agent in self._agents.values()]
        return sum(float(reply.wait()["delayed"]) for reply in told) / 1e9

    def until(self, condition: Callable[[], bool], deadline: Deadline) -> bool:
        """`Events.until`."""
        return self.events.until(condition, deadline)

    def look_at_limits(self) -> None:
        """Let every host tell of the limits that it ran into and that nothing has told of yet."""
        size = self._scenario.limits.file_size * MIB
        for host in self.hosts:
            with contextlib.suppress(LimitHit), self.events.losses():
                self._agents[host].ask("limits", file_size=size)
        self.events.take_in()

    @property
    def hosts(self) -> list[str]:
        """Those that are still there."""
        return [host for host in self._agents if host not in self.events.gone]

    def finish(self) -> None:
        """The exchange is over."""
        self.events.finish()

    def take_in_calls(self) -> None:
        """Let everything come that was told of the calls of traced programs that have ended.

        A process that such a program left behind holds the pipe open; `LAST_CALLS` bounds the wait for it.
        """
        ended = [log for log in self.logs.values() if log.trace is not None and log.ended is not None]
        with contextlib.suppress(LimitHit):
            self.until(lambda: all(log.calls_over for log in ended), self.deadline(LAST_CALLS))

    def _tell_failed(self, facts: StepFacts, program: str | None) -> None:
        lines = self.logs[program].lines if program is not None else []
        last = tuple(line.text for line in lines[-LAST_LINES:])
        self._reporter.step_failed(self.events.now, facts, last)

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
