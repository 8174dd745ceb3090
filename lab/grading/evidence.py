"""What a clue stands on: a file that was handed in, the programs that run it, and what the run shows of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lab.checks.facts import RunFacts
from lab.conversations import Connection, Endpoint, Handshake, Role, Side
from lab.grading import source
from lab.grading.programs import Crash, crash_of
from lab.grading.source import Source
from lab.record import ProgramFacts, SocketFacts
from lab.results import Result, Verdict
from lab.scenario import Scenario, program_files
from lab.steps import SignalStep
from lab.submissions import Handed

ACCEPTING = ("accept", "socketserver", "start_server")
CONNECTING = ("connect", "connect_ex", "create_connection", "open_connection")
LOOPBACK = ("127.", "::1", "::ffff:127.")
UNREACHABLE = {"icmp": (3, 3), "icmpv6": (1, 4)}
"""Type and code of "port unreachable"."""


@dataclass(frozen=True, slots=True)
class Handled:
    """A file of the submission, its text if it is Python, and the programs that run it."""

    name: str
    content: bytes
    text: Source | None
    programs: Mapping[str, ProgramFacts]
    facts: RunFacts
    scenario: Scenario
    handed: Handed
    failed: tuple[Result, ...]
    """The failed checks that may be about its programs; all of them where none is."""

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that its programs are on."""
        return frozenset(program.host for program in self.programs.values())

    @property
    def arguments(self) -> frozenset[str]:
        """What its programs are given on the command line."""
        return frozenset(argument for name in self.programs for argument in self.scenario.programs[name].run)

    def failed_of(self, *kinds: str) -> tuple[str, ...]:
        """The ids of the failed checks of these kinds; of any kind where none is given."""
        return tuple(result.id for result in self.failed if not kinds or result.kind in kinds)

    def served(self) -> list[Connection]:
        """The connections to its hosts, in the order of their first packets."""
        return [c for c in self.facts.conversations.connections if self._ours(c.server)]

    def sides(self) -> Iterator[tuple[Connection, Role, Side, Side]]:
        """Each connection with a host of its programs: the role of ours, its side, and the other's.

        Other programs may be on the same host: the role must be one that the text can have.
        """
        for connection in self.facts.conversations.connections:
            if self._ours(connection.server) and self._may(ACCEPTING):
                yield connection, "server", connection.server, connection.client
            if self._ours(connection.client) and self._may(CONNECTING):
                yield connection, "client", connection.client, connection.server

    def refused(self) -> list[int]:
        """The ports at which its hosts refused somebody."""
        ports = [
            c.server.endpoint.port
            for c in self.served()
            if c.handshake is not Handshake.COMPLETE and c.server.rst_packet is not None
        ]
        for message in self.facts.conversations.messages:
            kind = (message.fields.get("type"), message.fields.get("code"))
            about = message.fields.get("about")
            if UNREACHABLE.get(message.protocol) == kind and isinstance(about, Mapping):
                asked = about.get("destination")
                if isinstance(asked, Endpoint) and self.facts.host(asked.address) in self.hosts:
                    ports.append(asked.port)
        return ports

    def sockets(self) -> Iterator[SocketFacts]:
        """The sockets of its programs, at every observation."""
        for observation in self.facts.record.observations.values():
            for host in self.hosts & observation.keys():
                yield from (s for s in observation[host].sockets if s.program in self.programs)

    def sent(self) -> Iterator[bytes]:
        """What its hosts sent: the bytes of each connection and of each datagram."""
        for _, _, ours, _ in self.sides():
            if ours.stream is not None and ours.stream.data:
                yield bytes(ours.stream.data)
        for datagram in self.facts.conversations.datagrams:
            if self.facts.host(datagram.source.address) in self.hosts:
                yield datagram.payload

    def printed(self, stream: str | None = None) -> Iterator[str]:
        """The lines that its programs printed."""
        for program in self.programs.values():
            yield from (line.text for line in program.output if stream in (None, line.stream))

    def crashes(self) -> Iterator[Crash]:
        """The tracebacks of its programs, but for those of Ctrl-C."""
        for program in self.programs.values():
            crash = crash_of(program, self.handed)
            if crash is not None and crash.raised != "KeyboardInterrupt":
                yield crash

    def survived_interrupt(self) -> bool:
        """Whether one of its programs was still there some time after Ctrl-C."""
        record = self.facts.record
        for step, done in zip(self.scenario.steps, record.steps, strict=False):
            if isinstance(step, SignalStep) and step.signal.name == "INT" and done.outcome == "done":
                for name in self.programs.keys() & set(step.signal.to):
                    later = [o for o in record.observations.values() if any(s.time > done.ended for s in o.values())]
                    there = any(p.program == name for o in later for s in o.values() for p in s.processes)
                    if there or self.programs[name].stopped_by_lab:
                        return True
        return False

    def _may(self, names: tuple[str, ...]) -> bool:
        return self.text is None or any(map(self.text.mentions, names))

    def _ours(self, side: Side) -> bool:
        return self.facts.host(side.endpoint.address) in self.hosts


def handled(scenario: Scenario, handed: Handed, facts: RunFacts, results: Iterable[Result]) -> Iterator[Handled]:
    """Each file of the submission that a program of the run was started from."""
    failed = [result for result in results if result.verdict is Verdict.FAILED]
    programs_of = {name: _programs(name, scenario, handed, facts) for name in handed.files}
    names = {
        file: {*programs, *(program.host for program in programs.values())} for file, programs in programs_of.items()
    }
    for name, content in handed.files.items():
        if programs_of[name]:
            others = set().union(*(names[other] for other in names if other != name)) - names[name]
            about = tuple(r for r in failed if _about(scenario, r, names[name], others)) or tuple(failed)
            text = source.read(content) if name.endswith(".py") else None
            yield Handled(name, content, text, programs_of[name], facts, scenario, handed, about)


def _programs(file: str, scenario: Scenario, handed: Handed, facts: RunFacts) -> dict[str, ProgramFacts]:
    return {
        name: facts.record.programs[name]
        for name, program in scenario.programs.items()
        if name in facts.record.programs
        and (file in handed.run.get(name, ()) or file in program_files(scenario, program))
    }


def _about(scenario: Scenario, result: Result, ours: set[str], others: set[str]) -> bool:
    """Whether a check may be about our programs: it names one of them or their hosts, or none of the `others`."""
    check = scenario.checks.get(result.id)
    if check is None:
        return True
    named = set(_words(check.params.model_dump()))
    return bool(named & ours) or not named & others


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _words(each)
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for each in value:
            yield from _words(each)
