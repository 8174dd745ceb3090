"""`lab shell`: somebody at a terminal inside the hosts of a scenario, a prompt a host.

The bytes of the terminal go to the shell of one host and back, as they are. Ctrl-] and a key speak to the lab instead:
another host, the packets since the last look, the way out. The shells of the other hosts stay as they were left; who
draws on the whole screen gives it back meanwhile, and draws anew. The record has each shell as a program, `alice-sh`.
"""

from __future__ import annotations

import os
import select
import signal
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab import arguments, interrupts, record, session
from lab.agent import AgentLost, AgentRefused
from lab.errors import InputError
from lab.report.inside import InsideReporter
from lab.scenario import Program, Scenario
from lab.session import Ended, Left, Printed, Session, Woken
from lab.terminal import Modes
from lab.text import Text, say

ESCAPE = 0x1D  # Ctrl-], as of telnet(1)
CTRL_C = b"\x03"
SHELL = ("bash", "--noprofile", "--norc", "-i")
SURROUNDINGS = {"PS1": r"\[\e[1m\]\h\[\e[0m\]:\w\$ ", "HISTFILE": "", "TERM": "xterm-256color"}
TAIL = 4096  # bytes of an unfinished line, a prompt, that are shown again when somebody comes back to it
MISSED = 1 << 16  # bytes that a host printed last, shown when somebody comes back to it
CHUNK = 4096
USUAL = 24, 80  # rows and columns of a terminal that does not tell
TWICE = 2  # times Ctrl-C in a row, after which one is told how to leave
IDLE = 1.0  # seconds between two looks at nothing


@dataclass(frozen=True, slots=True)
class Typed:
    """Bytes from the terminal; none: it is gone."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Resized:
    """The terminal has another size."""


@dataclass(slots=True)
class Prompt:
    """The shell of one host."""

    command: str
    tail: bytes = b""
    """What it printed since its last line end."""
    missed: bytearray = field(default_factory=bytearray)
    """What it printed while somebody was elsewhere."""
    modes: Modes = field(default_factory=Modes)

    def printed(self, data: bytes) -> None:
        """It printed something that is shown."""
        self.tail = (self.tail + data).rpartition(b"\n")[2][-TAIL:]

    def again(self) -> bytes:
        """What shows it to somebody who comes back."""
        text = b"" if self.modes.draws else self.tail + self.missed
        self.printed(bytes(self.missed))
        self.missed.clear()
        return self.modes.redo + text


class Keys:
    """Tells what is typed for a host from what is typed for the lab."""

    def __init__(self) -> None:
        self._escaped = False

    def split(self, data: bytes) -> Iterator[bytes | str]:
        """What goes to the host as bytes, and keys after Ctrl-] as characters; twice Ctrl-] is one for the host."""
        plain = bytearray()
        for byte in data:
            if self._escaped and byte != ESCAPE:
                self._escaped = False
                yield bytes(plain)
                plain.clear()
                yield chr(byte)
            elif byte == ESCAPE and not self._escaped:
                self._escaped = True
            else:
                self._escaped = False
                plain.append(byte)
        yield bytes(plain)


class Inside:
    """Somebody at the shells of the hosts of a session; `write` puts bytes on the terminal, `size` tells its own."""

    def __init__(
        self,
        live: Session,
        reporter: InsideReporter,
        write: Callable[[bytes], object],
        size: Callable[[], tuple[int, int]],
    ) -> None:
        self._live = live
        self._reporter = reporter
        self._write = write
        self._size = size
        self._hosts = list(live.scenario.hosts)
        self._prompts: dict[str, Prompt] = {}
        self._host = ""
        self._keys = Keys()
        self._aside = True
        """The lab has the terminal, not the host."""
        self._interrupted = 0
        """How often in a row nothing but Ctrl-C was typed."""
        self._over = False

    def stay(self, host: str) -> None:
        """Be at the shell of `host` first, until somebody leaves or the time is up."""
        try:
            self._go_to(host)
            while not self._over:
                for each in self._live.take(IDLE):
                    self._handle(each)
                for lost in self._live.lost & self._prompts.keys():
                    self._step_aside()
                    del self._prompts[lost]
                    self._reporter.lost(lost)
                    self._show_prompt()
        finally:
            self._step_aside()

    def _handle(self, happening: session.Happening) -> None:
        match happening:
            case Printed():
                self._printed(happening)
            case Ended():
                self._ended(happening)
            case Left(minutes=minutes):
                self._over = self._over or not minutes
                self._tell(lambda: self._reporter.left(minutes))
            case Woken(what=Typed(data=data)):
                self._typed(data)
            case Woken():
                for prompt in self._prompts.values():
                    self._resize(prompt, *self._size())

    def _typed(self, data: bytes) -> None:
        if not data:
            self._reporter.gone()
            self._over = True
        for piece in self._keys.split(data):
            if self._over:
                return
            if isinstance(piece, str):
                self._key(piece)
            elif piece and self._aside:
                self._show_prompt()
            elif piece:
                self._type(piece)

    def _type(self, data: bytes) -> None:
        prompt = self._prompts.get(self._host)
        if prompt is None:
            return
        with suppress(AgentRefused, AgentLost):  # it has just ended; `take` tells
            self._live.write(prompt.command, data)
        self._interrupted = self._interrupted + 1 if data == CTRL_C else 0
        if self._interrupted == TWICE and not prompt.modes.draws:
            self._tell(self._reporter.way_out)

    def _key(self, key: str) -> None:
        """A key after Ctrl-]."""
        if key in {"q", "\x04"}:
            self._over = True
        elif key == "l":
            self._tell(self._reporter.show_packets)
        elif (host := self._meant(key)) is not None:
            self._go_to(host)
        else:
            self._tell(self._reporter.help)

    def _meant(self, key: str) -> str | None:
        """The host of a number, or the next one that begins with a letter."""
        if key.isdecimal():
            return self._hosts[int(key) - 1] if 1 <= int(key) <= len(self._hosts) else None
        place = self._hosts.index(self._host) + 1
        return next((host for host in self._hosts[place:] + self._hosts[:place] if host[0] == key), None)

    def _go_to(self, host: str) -> None:
        self._step_aside()
        self._host = host
        self._reporter.at(host)
        if host in self._live.lost:
            self._reporter.lost(host)
        elif host not in self._prompts:
            program = Program(host=host, run=SHELL, env=SURROUNDINGS)
            name = name_of(host, self._live.scenario)
            self._aside = False
            self._prompts[host] = Prompt(self._live.start_recorded(name, program, self._size()))
        else:
            self._show_prompt()

    def _tell(self, tell: Callable[[], None]) -> None:
        """Let the lab say something; what it says to somebody before a drawing stands there until a key is typed."""
        prompt = self._prompts.get(self._host)
        self._step_aside()
        tell()
        if prompt is not None and prompt.modes.draws and not self._over:
            self._reporter.any_key(self._host)
        else:
            self._show_prompt()

    def _step_aside(self) -> None:
        """The host gives the terminal back."""
        if not self._aside and self._host in self._prompts:
            self._write(self._prompts[self._host].modes.undo)
        self._aside = True

    def _show_prompt(self) -> None:
        """What stands at the shell of this host, and what it printed meanwhile; a drawing is drawn anew."""
        self._aside = False
        prompt = self._prompts.get(self._host)
        if prompt is None or self._over:
            return
        self._write(prompt.again())
        if prompt.modes.draws:
            rows, columns = self._size()
            self._resize(prompt, max(1, rows - 1), columns)
            self._resize(prompt, rows, columns)

    def _resize(self, prompt: Prompt, rows: int, columns: int) -> None:
        with suppress(AgentRefused, AgentLost):
            self._live.resize(prompt.command, rows, columns)

    def _printed(self, printed: Printed) -> None:
        host = self._of(printed.command)
        if host is None:
            return
        prompt = self._prompts[host]
        prompt.modes.take(printed.data)
        if host == self._host and not self._aside:
            self._write(printed.data)
            prompt.printed(printed.data)
        else:
            prompt.missed += printed.data
            del prompt.missed[:-MISSED]

    def _ended(self, ended: Ended) -> None:
        """Who leaves a shell leaves; one that was killed, as at a limit, makes room for another."""
        host = self._of(ended.command)
        if host is None:
            return
        if host == self._host:
            self._step_aside()
        del self._prompts[host]
        if host != self._host:
            return
        if ended.signal is None:
            self._over = True
        else:
            self._reporter.killed(host)
            self._go_to(host)

    def _of(self, command: str) -> str | None:
        return next((host for host, prompt in self._prompts.items() if prompt.command == command), None)


def name_of(host: str, scenario: Scenario) -> str:
    """What the shell of a host is called in the record: as no program of the scenario is."""
    name = f"{host}-sh"
    while name in scenario.programs:
        name += "-"
    return name


def shell(
    scenario: Scenario,
    host: str | None,
    reporter: InsideReporter,
    may_mend: Callable[[Text], bool],
    submission: Path | None,
    minutes: int,
) -> None:
    """Bring up the hosts of `scenario` and let whoever sits at this terminal into them, `host` first, for so long.

    Raises `InputError` where there is no terminal or no such host, else what `session.opened` raises.
    """
    if not (os.isatty(0) and os.isatty(1)):
        raise InputError(
            say("`lab shell` needs a terminal", "`lab shell` 需要终端"),
            say("`lab run {name}` needs none", "`lab run {name}` 不需要", name=scenario.name),
        )
    first = host or next(iter(scenario.hosts))
    if first not in scenario.hosts:
        there = ", ".join(scenario.hosts)
        raise InputError(
            say("no host `{host}`; there is {there}", "没有主机 `{host}`；有 {there}", host=first, there=there)
        )
    interrupts.heed()
    with session.opened(scenario, reporter, may_mend, submission, minutes=minutes) as live:
        reporter.inside(live.scenario, live.folder, minutes)
        with reporter.raw(), _at_terminal(live):
            Inside(live, reporter, _put, _size).stay(first)
    recorded = record.load(live.folder)
    reporter.outside(recorded, live.folder, arguments.look_into(recorded, live.folder))


@contextmanager
def _at_terminal(live: Session) -> Iterator[None]:
    """The terminal gives every byte as it is typed; what it gives, and its size, wake the session."""
    stop, stopped = os.pipe()

    def read() -> None:
        while stop not in select.select([0, stop], [], [])[0]:
            try:
                data = os.read(0, CHUNK)
            except OSError:
                data = b""
            live.wake(Typed(data))
            if not data:
                return

    with ExitStack() as undo:
        undo.callback(os.close, stop)
        undo.callback(_give_back, termios.tcgetattr(0))
        undo.callback(signal.signal, signal.SIGWINCH, signal.signal(signal.SIGWINCH, lambda *_: live.wake(Resized())))
        undo.callback(signal.signal, signal.SIGHUP, signal.signal(signal.SIGHUP, signal.SIG_IGN))  # it reads an end
        tty.setraw(0, termios.TCSAFLUSH)
        reader = threading.Thread(target=read, name="terminal", daemon=True)
        reader.start()
        undo.callback(reader.join)
        undo.callback(os.close, stopped)
        yield


def _give_back(attributes: list[Any]) -> None:
    """Let the terminal be as it was."""
    with suppress(termios.error):  # it is gone
        termios.tcsetattr(0, termios.TCSAFLUSH, attributes)


def _put(data: bytes) -> None:
    with suppress(OSError):  # the terminal is gone, which whoever reads from it tells
        while data:
            data = data[os.write(1, data) :]


def _size() -> tuple[int, int]:
    size = os.get_terminal_size(0)
    return size.lines or USUAL[0], size.columns or USUAL[1]
