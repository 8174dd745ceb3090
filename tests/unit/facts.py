"""Hand-built runs for the tests of the checks: packets are numbered and timed as they are told, 1 ms apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import yaml

from lab.checks import KINDS
from lab.checks.facts import RunFacts
from lab.conversations import (
    Close,
    Connection,
    Conversations,
    Datagram,
    Endpoint,
    Handshake,
    Mark,
    Message,
    Role,
    Segment,
    Side,
    Stream,
)
from lab.record import (
    CaptureFacts,
    CaptureStatistics,
    EngineFacts,
    FaultFacts,
    HostFacts,
    HostState,
    Interface,
    LimitFacts,
    NetworkFacts,
    OutputLine,
    ProgramFacts,
    Record,
    Seconds,
    StepFacts,
    Words,
)
from lab.results import Finding

MS = 1_000_000
ADDRESSES = {"server": 10, "alice": 11, "bob": 12, "carol": 13}
PORTS = {"alice": 40112, "bob": 51544, "carol": 36210}
OTHER: dict[Role, Role] = {"client": "server", "server": "client"}


def ipv4(host: str) -> str:
    return f"10.77.4.{ADDRESSES[host]}"


def ipv6(host: str) -> str:
    return f"fd77:4::{ADDRESSES[host]}"


@dataclass
class Wire:
    """What was on the wire, told packet by packet."""

    talks: list[Talk] = field(default_factory=list)
    datagrams: list[Datagram] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    number: int = 0
    time: int = 0

    def next(self) -> int:
        self.number += 1
        self.time += MS
        return self.number

    def talk(self, client: str = "alice", server: str = "server", port: int = 8080, from_: int | None = None) -> Talk:
        """A connection, not yet begun; the addresses are IPv4."""
        talk = Talk(self, Endpoint(ipv4(client), from_ or PORTS[client]), Endpoint(ipv4(server), port))
        self.talks.append(talk)
        return talk

    def datagram(self, source: tuple[str, int], destination: tuple[str, int], payload: bytes) -> int:
        """A datagram between hosts; a destination that is no host's name is an address."""
        ends = [Endpoint(ipv4(name) if name in ADDRESSES else name, port) for name, port in (source, destination)]
        number = self.next()
        sent = Datagram(number, self.time, 0, ends[0], ends[1], payload, len(payload), checksum_ok=True)
        self.datagrams.append(sent)
        return number

    def message(self, protocol: str, source: str, destination: str, **fields: object) -> int:
        """An ARP, ICMP or DNS packet between addresses."""
        number = self.next()
        summary = f"{protocol} {fields}"
        self.messages.append(Message(number, self.time, 0, protocol, source, destination, summary, 60, fields))
        return number

    def conversations(self) -> Conversations:
        connections = [talk.connection(index) for index, talk in enumerate(self.talks, start=1)]
        return Conversations(connections, [], self.datagrams, self.messages, self.number)


@dataclass
class Talk:
    """One connection, told segment by segment; each method gives the number of its (last) packet."""

    wire: Wire
    client: Endpoint
    server: Endpoint
    segments: list[Segment] = field(default_factory=list)
    next_seq: dict[Role, int] = field(default_factory=dict)
    completeness: int = 31
    conn_state: str = "SF"

    def segment(  # noqa: PLR0913 - what differs between segments
        self,
        sender: Role,
        flags: str,
        payload: bytes = b"",
        marks: frozenset[Mark] = frozenset(),
        *,
        seq: int | None = None,
        window: int = 64240,
        after: int = 1,
    ) -> int:
        """A segment, `after` so many milliseconds; its sequence number follows the sender's last one if left out."""
        number = self.wire.next()
        self.wire.time += (after - 1) * MS
        at = self.next_seq.get(sender, 0) if seq is None else seq
        took = len(payload) + len({"SYN", "FIN"} & set(flags.split()))
        self.next_seq[sender] = max(self.next_seq.get(sender, 0), at + took)
        time = self.wire.time
        self.segments.append(
            Segment(number, time, sender, flags, at, 0, window, payload, len(payload), None, marks, "", "")
        )
        return number

    def syn(self) -> int:
        return self.segment("client", "SYN")

    def shake(self) -> int:
        self.syn()
        self.segment("server", "SYN ACK")
        return self.segment("client", "ACK")

    def asks(self, text: str | bytes, encoding: str = "utf-8") -> int:
        return self._data("client", text, encoding)

    def answers(self, text: str | bytes, encoding: str = "utf-8") -> int:
        return self._data("server", text, encoding)

    def again(self, sender: Role, mark: Mark = Mark.RETRANSMISSION) -> int:
        """The last data of `sender` once more."""
        last = next(s for s in reversed(self.segments) if s.sender == sender and s.payload)
        return self.segment(sender, "PSH ACK", last.payload, frozenset({mark}), seq=last.seq)

    def fin(self, sender: Role) -> int:
        return self.segment(sender, "FIN ACK")

    def rst(self, sender: Role) -> int:
        return self.segment(sender, "RST ACK")

    def close(self, first: Role = "client") -> int:
        self.fin(first)
        self.fin(OTHER[first])
        return self.segment(first, "ACK")

    def _data(self, sender: Role, text: str | bytes, encoding: str) -> int:
        return self.segment(sender, "PSH ACK", text if isinstance(text, bytes) else text.encode(encoding))

    def _first(self, flag: str, sender: Role) -> int | None:
        return next((s.number for s in self.segments if s.sender == sender and flag in s.flags.split()), None)

    def _side(self, role: Role, endpoint: Endpoint) -> Side:
        fresh = [s.payload for s in self.segments if s.sender == role and not s.marks]
        first = [s.number for s in self.segments if s.sender == role and not s.marks]
        offsets = accumulate(map(len, fresh), initial=0)
        pieces = [(at, len(data), number) for at, data, number in zip(offsets, fresh, first, strict=False) if data]
        return Side(
            endpoint,
            isn=None if self._first("SYN", role) is None else 0,
            fin_packet=self._first("FIN", role),
            rst_packet=self._first("RST", role),
            stream=Stream(bytearray(b"".join(fresh)), pieces),
        )

    def connection(self, index: int) -> Connection:
        client, server = self._side("client", self.client), self._side("server", self.server)
        shaken = client.isn is not None and server.isn is not None and len(self.segments) > 2
        fins = [n for n in (client.fin_packet, server.fin_packet) if n is not None]
        resets = [n for n in (client.rst_packet, server.rst_packet) if n is not None]
        closing = [s for s in self.segments if {"FIN", "RST"} & set(s.flags.split())]
        close = Close.FIN if len(fins) == 2 else Close.RST if resets else Close.OPEN
        return Connection(
            index=index,
            client=client,
            server=server,
            interface=0,
            first_packet=self.segments[0].number,
            last_packet=self.segments[-1].number,
            start=self.segments[0].time,
            end=self.segments[-1].time,
            packets=len(self.segments),
            completeness=self.completeness,
            conn_state=self.conn_state,
            history="",
            handshake=Handshake.COMPLETE if shaken else Handshake.HALF_OPEN,
            handshake_packets=tuple(s.number for s in self.segments[: 3 if shaken else 1]),
            established=self.segments[2].time if shaken else None,
            close=close,
            first_closer=closing[0].sender if closing else None,
            close_packets=tuple(s.number for s in closing),
            simultaneous_close=False,
            closed=closing[-1].time if close is not Close.OPEN else None,
            segments=self.segments,
        )


def printed(*lines: str, stream: str = "out", since: int = 0) -> tuple[OutputLine, ...]:
    """Lines of output, 1 ms apart."""
    return tuple(
        OutputLine.model_validate({"time": since + n * MS, "stream": stream, "text": line})
        for n, line in enumerate(lines, start=1)
    )


def program(host: str, **facts: object) -> ProgramFacts:
    return ProgramFacts.model_validate({"host": host, "run": ("program",), "started": 0, **facts})


def step(outcome: str = "done", what: str = "a step", actual: str | None = None) -> StepFacts:
    words = None if actual is None else Words(en=actual, zh=f"zh {actual}")
    return StepFacts.model_validate(
        {
            "index": 1,
            "verb": "wait",
            "outcome": outcome,
            "started": 0,
            "ended": 1,
            "what": Words(en=what, zh=f"zh {what}"),
            "actual": words,
        }
    )


def run(  # noqa: PLR0913  what differs between runs
    wire: Wire | None = None,
    *,
    programs: dict[str, ProgramFacts] | None = None,
    observations: dict[str, dict[str, HostState]] | None = None,
    steps: tuple[StepFacts, ...] = (),
    encoding: str = "utf-8",
    lost: int = 0,
    limits: tuple[LimitFacts, ...] = (),
    overdue: float | None = None,
    faults: tuple[FaultFacts, ...] = (),
    capture: Path = Path("capture.pcapng"),
    folder: Path = Path("scenario"),
) -> RunFacts:
    """A run of four hosts on one network."""
    record = Record(
        lab="1",
        scenario="test",
        title=Words(en="test", zh="测试"),
        run="1",
        started=0,
        encoding=encoding,
        engine=EngineFacts(name="none", version="", kernel="", architecture=""),
        images={},
        networks={"net": NetworkFacts(ipv4="10.77.4.0/24", ipv6="fd77:4::/64")},
        hosts={
            name: HostFacts(
                image="host",
                interfaces=(
                    Interface(
                        name="eth0", network="net", mac=f"02:00:00:00:00:{n:02x}", ipv4=ipv4(name), ipv6=ipv6(name)
                    ),
                ),
            )
            for name, n in ADDRESSES.items()
        },
        programs=programs or {},
        steps=steps,
        observations=observations or {},
        limits=limits,
        faults=faults,
        overdue=overdue,
        capture=CaptureFacts(
            started=0,
            ended=0,
            packets=0,
            networks={"net": CaptureStatistics(captured=100 - lost, received=100, dropped=0)},
        ),
        seconds=Seconds(),
    )
    return RunFacts(record, (wire or Wire()).conversations(), capture, folder)


def find(facts: RunFacts, kind: str, params: str) -> Finding:
    """What the kind finds, with its parameters in YAML as in a scenario file."""
    return KINDS[kind].find(facts, KINDS[kind].params.model_validate(yaml.safe_load(params)))


def lines(finding: Finding) -> str:
    """The details in both languages, for `in`."""
    return "\n".join(f"{d.en}\n{d.zh}" for d in finding.details)
