"""What the tests of stories and comparisons are told about: hand-built captures with a record and calls beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from facts import ipv4, program, run
from wire import CLIENT, MILLISECOND, SERVER, START, ethernet, pcap, udp
from wire import Talk as Wired
from wire import ipv4 as packet

from lab.conversations import Connection, Exchange, Role
from lab.explain import explain
from lab.reader import Keep, read
from lab.record import ProgramFacts, Record
from lab.seen import Seen, Sentence
from lab.text import Language
from lab.trace.beside import Beside
from lab.trace.call import SocketCall


def wired(
    client: str = "alice", server: str = "server", ports: tuple[int, int] = (40112, 8080), **more: object
) -> Wired:
    """A conversation between two hosts of the run that `facts.run` builds."""
    return Wired(addresses=(ipv4(client), ipv4(server)), ports=ports, **more)


def record(programs: dict[str, ProgramFacts] | None = None, **more: object) -> Record:
    """A run of four hosts; on alice and on the server runs a program each."""
    there = {"client": program("alice"), "service": program("server")} if programs is None else programs
    return replace(run(programs=there, **more), folder=Path()).record


def seen(frames: list[tuple[int, bytes]], folder: Path, recorded: Record | None = None, **more: object) -> Seen:
    """What there is to see of frames."""
    file = folder / "capture.pcap"
    file.write_bytes(pcap(frames))
    keep = more.pop("keep", Keep.ALL)
    return Seen(file, read(file, keep=keep), recorded, **more)


def datagram(
    ports: tuple[int, int], payload: bytes, time: int = START, ends: tuple[str, str] = (CLIENT, SERVER)
) -> tuple[int, bytes]:
    """A frame with a datagram."""
    return time, ethernet(packet(udp(*ports, payload, between=ends), 17, *ends))


def told(sentences: Iterable[Sentence], language: Language = "en") -> list[str]:
    """The sentences with the numbers of their packets and calls: `it happened [1,2] (3)`."""
    lines = []
    for each in sentences:
        packets = f" [{','.join(map(str, each.packets))}]" if each.packets else ""
        calls = f" ({','.join(map(str, each.calls))})" if each.calls else ""
        lines.append(each.text.in_(language) + packets + calls)
    return lines


def story(shown: Seen, language: Language = "en") -> list[str]:
    """The whole story."""
    return told(explain(shown), language)


@dataclass
class Calls:
    """The calls on the sockets of one conversation, told one after the other, a millisecond apart."""

    conversation: Connection | Exchange
    began: int = START
    beside: list[Beside] = field(default_factory=list)

    def call(  # noqa: PLR0913 - as many as a call has
        self,
        role: Role,
        name: str,
        arguments: str = "",
        *,
        at: int | None = None,
        took: int | None = MILLISECOND,
        caused: tuple[int, ...] = (),
        woken_by: tuple[int, ...] = (),
        **more: object,
    ) -> Beside:
        """A call of `role`; `at` are milliseconds after the first packet, `took` is None where it never returned."""
        number = len(self.beside) + 1
        started = self.began + (number if at is None else at) * MILLISECOND
        facts = {
            "number": number,
            "program": {"client": "client", "server": "service"}[role],
            "process": {"client": 10, "server": 20}[role],
            "thread": 1,
            "name": name,
            "arguments": arguments,
            "started": started,
            "ended": None if took is None else started + took,
            "descriptor": 3,
            "file": f"/lab/{role}.py",
            "line": number,
            **more,
        }
        made = Beside(SocketCall.model_validate(facts), self.conversation, role, caused, woken_by)
        self.beside.append(made)
        return made
