"""The assistant on a host of a scenario: its sockets are there, its screen is here.

Hosts are brought up as for `lab shell` (`lab.session`): no program is started but those asked for, which run beside.
"""

from __future__ import annotations

import codecs
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from lab import arguments, interrupts, record, session
from lab.agent import AgentRefused
from lab.assistant.app import AssistantApp
from lab.assistant.endpoint import (
    Again,
    Began,
    Ended,
    Event,
    Gone,
    Printed,
    Remark,
    Request,
    Type,
    Typed,
    heard,
    line_of,
)
from lab.assistant.writing import ENCODINGS, from_text
from lab.errors import EngineError, InputError, LabError
from lab.reading.faults import suggestion
from lab.report.assisting import AssistingReporter
from lab.report.inside import lasts, left_words
from lab.scenario import Scenario
from lab.session import Session
from lab.text import Language, Text, same, say

PROGRAM = ("python3", "-I", "-S", "/lab/assistant.py")
TICK = 0.2  # seconds between two looks at nothing
LONGEST = 1 << 20  # bytes of a line of a program that are kept together
WINDOW = (24, 80)  # rows and columns of the terminal of a program that wants one
COMPLAINTS = 4096  # bytes that are kept of what the endpoint says against its own working


class Beside:
    """A program of the scenario that runs beside: its output as lines."""

    def __init__(self, name: str, encoding: str) -> None:
        self.name = name
        decoder = codecs.getincrementaldecoder(encoding)
        self._decoders = {stream: decoder("backslashreplace") for stream in ("out", "err")}
        self._rests = {"out": "", "err": ""}

    def printed(self, moment: int, stream: str, data: bytes) -> list[Printed]:
        """The lines that are complete now."""
        *lines, rest = (self._rests[stream] + self._decoders[stream].decode(data)).split("\n")
        if len(rest) > LONGEST:
            lines, rest = [*lines, rest], ""
        self._rests[stream] = rest
        return [Printed(time=moment, program=self.name, text=line.removesuffix("\r")) for line in lines]

    def ended(self, ended: session.Ended) -> list[Event]:
        """What it had left to say, and how it ended."""
        rests = [Printed(time=ended.time, program=self.name, text=rest) for rest in self._rests.values() if rest]
        how = f"exit {ended.exit}" if ended.signal is None else f"SIG{ended.signal}"
        return [*rests, Ended(time=ended.time, program=self.name, how=how)]


class Hosted:
    """An endpoint on a host of a session, and programs of its scenario beside: an `Endpoint`.

    Raises `AgentRefused` where something cannot be started. `close` it within the session.
    """

    def __init__(self, live: Session, host: str, beside: Sequence[str] = ()) -> None:
        self._live = live
        self._host = host
        self._beside: dict[str, Beside] = {}
        self._ended = list(beside)
        self._lock = threading.Lock()  # what a program prints comes after it is known who it is
        self._began = self._start_again()
        self._command = live.start(host, PROGRAM)
        self._rest = b""
        self._complaints = b""
        self._lost = False
        self.timed_out = False
        """Whether the time of the session is up."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="assistant", daemon=True)
        self._tell: Callable[[Event], None] = lambda _: None

    def start(self, tell: Callable[[Event], None]) -> None:
        """Tell what happens from now on, and what has happened since it was made."""
        self._tell = tell
        for event in self._began:
            tell(event)
        self.remark(lasts(self._live.minutes), calm=True)
        self._thread.start()

    def ask(self, request: Request) -> None:
        """Ask the endpoint on the host; or do what is to be done to the programs beside."""
        match request:
            case Type():
                self._type(request)
            case Again():
                for event in self._start_again():
                    self._tell(event)
            case _:
                try:
                    self._live.write(self._command, line_of(request))
                except AgentRefused as refused:
                    raise _gone(self._host) from refused

    def remark(self, words: Text, *, calm: bool = False) -> None:
        """Tell something that the lab has to say."""
        self._tell(Remark(time=time.time_ns(), words=words, calm=calm))

    def close(self) -> None:
        """Tell no more."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _start_again(self) -> list[Began]:
        """Start the programs that do not run; which they are."""
        started = []
        with self._lock:
            while self._ended:
                name = self._ended[0]
                command = self._live.start_program(name, WINDOW)
                self._ended.remove(name)
                self._beside[command] = Beside(name, self._live.scenario.programs[name].encoding or "utf-8")
                started.append(Began(time=time.time_ns(), program=name))
        return started

    def _type(self, request: Type) -> None:
        with self._lock:
            command = next((c for c, each in self._beside.items() if each.name == request.program), None)
        if command is None:  # it has ended in this very moment
            return
        data = from_text(request.line + "\n", self._live.scenario.programs[request.program].encoding or "utf-8")
        self._live.write(command, data)
        self._tell(Typed(time=time.time_ns(), program=request.program, text=request.line))

    def _listen(self) -> None:
        try:
            while not self._over.is_set():
                for happening in self._live.take(TICK):
                    with self._lock:
                        self._handle(happening)
                if self._host in self._live.lost and not self._lost:
                    self._lost = True
                    self._tell(Gone(time=time.time_ns(), why=_gone(self._host)))
        except LabError as error:
            self._tell(Gone(time=time.time_ns(), why=error))

    def _handle(self, happening: session.Happening) -> None:
        match happening:
            case session.Printed(command=command) if command in self._beside:
                for line in self._beside[command].printed(happening.time, happening.stream, happening.data):
                    self._tell(line)
            case session.Ended(command=command) if command in self._beside:
                program = self._beside.pop(command)
                self._ended.append(program.name)
                for event in program.ended(happening):
                    self._tell(event)
            case session.Printed(command=self._command, stream="out", data=data):
                *told, self._rest = (self._rest + data).split(b"\n")
                for each in told:
                    self._tell(heard(each))
            case session.Printed(command=self._command, data=data):
                self._complaints = (self._complaints + data)[-COMPLAINTS:]
            case session.Ended(command=self._command):
                self._tell(Gone(time=happening.time, why=_gone(self._host, self._complaints)))
            case session.Left(minutes=minutes):
                self._left(minutes)
            case _:
                pass

    def _left(self, minutes: int) -> None:
        if minutes:
            self.remark(left_words(minutes))
        else:
            self.timed_out = True
            self._tell(Gone(time=time.time_ns(), why=None))


def assist(  # noqa: PLR0913, PLR0917 - what its verb was given
    scenario: Scenario,
    host: str | None,
    beside: Sequence[str],
    reporter: AssistingReporter,
    may_mend: Callable[[Text], bool],
    language: Language,
    minutes: int,
) -> None:
    """Bring up the hosts of `scenario`, the assistant on `host`, the first unless given, and show its screen.

    It ends when somebody leaves it, or `minutes` have passed.

    Raises `InputError` where there is no terminal, host or program of that name, else what `session.opened` raises,
    and, once the run is saved, `EngineError` where the endpoint was lost.
    """
    if not all(map(os.isatty, range(3))):
        raise InputError(say("`lab assistant` needs a terminal", "`lab assistant` 需要终端"))
    where = next(iter(scenario.hosts)) if host is None else host
    if where not in scenario.hosts:
        raise InputError(say("no host `{host}`", "没有主机 `{host}`", host=where) + suggestion(where, scenario.hosts))
    for name in beside:
        if name not in scenario.programs:
            unknown = say("no program `{name}`", "没有程序 `{name}`", name=name)
            raise InputError(unknown + suggestion(name, scenario.programs))
    interrupts.heed()
    with session.opened(scenario, reporter, may_mend, minutes=minutes) as live:
        hosted = Hosted(live, where, beside)
        encoding = scenario.encoding if scenario.encoding in ENCODINGS else ENCODINGS[0]
        app = AssistantApp(hosted, _place(live, where), names_of(live), live.folder, language, encoding)
        reporter.beside = hosted.remark
        with _ended_by_signals(app, reporter):
            failure = app.run()
        hosted.close()
        reporter.beside = None
    if hosted.timed_out:
        reporter.left(0)
    recorded = record.load(live.folder)
    reporter.outside(recorded, live.folder, arguments.look_into(recorded, live.folder))
    if failure is not None:
        raise failure


def names_of(live: Session) -> dict[str, str]:
    """Address -> the name of its host."""
    return {a: name for name, host in live.plan.hosts.items() for i in host.facts.interfaces for a in (i.ipv4, i.ipv6)}


def _place(live: Session, host: str) -> Text:
    addresses = (address for i in live.plan.hosts[host].facts.interfaces for address in (i.ipv4, i.ipv6))
    return same(" ".join([host, *addresses]))


def _gone(host: str, complaints: bytes = b"") -> EngineError:
    words = complaints.decode(errors="replace").strip().rpartition("\n")[2]
    return EngineError(
        say("the assistant on {host} has ended", "{host} 上的助手已结束", host=host),
        say("it said: {words}", "它的最后输出：{words}", words=words) if words else None,
    )


@contextmanager
def _ended_by_signals(app: AssistantApp, reporter: AssistingReporter) -> Iterator[None]:
    """SIGTERM, and a terminal that is gone, end the screen as its key does."""

    def end(number: int, _frame: object) -> None:
        if number == signal.SIGHUP:
            reporter.gone()
        app.exit()

    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
