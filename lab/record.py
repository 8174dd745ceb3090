"""The facts of one run, saved as `record.json`.

All times are nanoseconds since the epoch on the capture's clock (the engine machine's
CLOCK_REALTIME), so that what a program printed and what was on the wire stand in one order.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lab import saved
from lab.text import Text, say

OUTPUT_LIMIT = 1 << 20  # bytes of a program's output that are kept
KEPT = "1 MiB"
"""`OUTPUT_LIMIT` as people read it."""
CALLS_LIMIT = 8 << 20  # bytes of what is told of a program's calls that are kept: about 20,000 calls
FORMAT = 1  # of record.json; raised when a reader of the old one would misread the new one


class Fact(BaseModel):
    """What all records share: immutable, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Words(Fact):
    """A `Text` as it is saved."""

    en: str
    zh: str

    @classmethod
    def of(cls, text: Text) -> Words:
        """`text`, to be saved."""
        return cls(en=text.en, zh=text.zh)

    @property
    def text(self) -> Text:
        """As the `Text` that the rest of the lab speaks in."""
        return Text(self.en, self.zh)


class Interface(Fact):
    """A host's plug into a network."""

    name: str
    network: str
    mac: str
    ipv4: str
    ipv6: str


class HostFacts(Fact):
    """A host of the run and where it could be reached."""

    image: str
    interfaces: tuple[Interface, ...]


class NetworkFacts(Fact):
    """A network of the run with its prefixes."""

    ipv4: str
    ipv6: str


class OutputLine(Fact):
    r"""A line that a program printed, when its last byte was read, without its line ending.

    `complete` is false for text that no newline followed: a prompt, or the end of the output.
    Bytes that are not in the program's encoding appear as `\xNN`.
    """

    time: int
    stream: Literal["out", "err"]
    text: str
    complete: bool = True


class InputLine(Fact):
    """What the lab typed to a program; `text` is None where the input was closed."""

    time: int
    text: str | None


class ProgramFacts(Fact):
    """What became of one program. `exit` is its status; `signal` names the signal that ended it."""

    host: str
    run: tuple[str, ...]
    started: int | None = None
    ended: int | None = None
    exit: int | None = None
    signal: str | None = None
    stopped_by_lab: bool = Field(default=False, description="still running when the exchange was over")
    input: tuple[InputLine, ...] = ()
    output: tuple[OutputLine, ...] = ()
    output_bytes: int = 0
    output_cut: bool = Field(default=False, description="it printed more than the lab keeps")
    failure: str | None = Field(None, description="why it could not be started at all")
    trace: Literal["python", "strace"] | None = Field(None, description="how its calls on sockets were traced")
    calls: int = Field(0, description="that are in calls.jsonl")
    calls_cut: bool = Field(default=False, description="it made more calls than the lab keeps")


class StepFacts(Fact):
    """What became of one step. `index` counts from 1 in the scenario file."""

    index: int
    verb: str
    outcome: Literal["done", "failed", "skipped"]
    started: int
    ended: int
    what: Words
    actual: Words | None = Field(None, description="of a failed step: what happened instead")


Call = Literal["accept", "connect", "recv", "send"]
"""A system call in which a program sleeps on a socket: accept(2), connect(2), recv(2), send(2), or one that does it."""


class TimerFacts(Fact):
    """The kernel's timer of a TCP socket: the seconds until it fires, and how often it has fired without an answer."""

    which: Literal["retransmission", "keep-alive", "time-wait", "zero-window-probe"]
    seconds: float
    fired: int


class SocketFacts(Fact):
    """A socket of a host as the kernel's table shows it; state by its RFC 9293 name, UDP ones UNCONN.

    Queues are in bytes: `receive_queue` what its program has not read, `send_queue` what the other end has not
    acknowledged. Of a TCP listener `receive_queue` is the number of connections that wait for accept(), `limit` the
    backlog that it was given.
    """

    transport: Literal["tcp", "udp"]
    state: str
    local: str
    local_port: int
    remote: str
    remote_port: int
    receive_queue: int
    send_queue: int
    program: str | None = None
    call: Call | None = Field(None, description="a thread of its program sleeps in this call on it")
    limit: int | None = None
    timer: TimerFacts | None = None

    @property
    def lasting(self) -> SocketFacts:
        """It without what time alone changes: its timer."""
        return self.model_copy(update={"timer": None})


class ProcessFacts(Fact):
    """A process of a host."""

    pid: int
    parent: int
    user: str
    state: str
    threads: int
    command: str
    program: str | None = None
    peak: int | None = Field(None, description="the most memory that it ever held, resident, in KiB; 0 of a zombie")


class FileFacts(Fact):
    """A file of a host. `content` in base64, at most the first 64 KiB; `sha256` is of the whole."""

    path: str
    kind: Literal["file", "directory", "symlink", "other", "missing"]
    size: int = 0
    mode: str = ""
    sha256: str | None = None
    content: str | None = None


class NeighbourFacts(Fact):
    """An entry of a neighbour table (ARP or neighbour discovery); its state is named as in ip-neighbour(8)."""

    address: str
    mac: str | None
    interface: str
    state: str


class RouteFacts(Fact):
    """A route of the main table; `to` is a prefix, `via` the next hop, None where the destination is on the link."""

    to: str
    via: str | None
    interface: str | None
    source: str | None
    metric: int


class GroupFacts(Fact):
    """A multicast group that an interface has joined, by so many sockets or parts of the kernel."""

    address: str
    interface: str
    users: int


class HostState(Fact):
    """The state of one host at one moment. What is None was not asked for.

    `free` are the programs of which a thread may go on without any socket: it runs, sleeps for a time or waits
    for input. It is None where the machine does not tell what programs wait for.
    """

    time: int
    until: int | None = Field(None, description="when the sockets had been read; they were from `time` on")
    free: tuple[str, ...] | None = None
    sockets: tuple[SocketFacts, ...] = ()
    processes: tuple[ProcessFacts, ...] = ()
    files: tuple[FileFacts, ...] = ()
    neighbours: tuple[NeighbourFacts, ...] | None = None
    routes: tuple[RouteFacts, ...] | None = None
    groups: tuple[GroupFacts, ...] | None = None
    counters: Mapping[str, int] | None = Field(
        None, description="of the kernel's network, by the names of nstat(8); those that are not 0"
    )


class CaptureStatistics(Fact):
    """tcpdump's own counters of one network; whole means captured == received and dropped == 0."""

    captured: int
    received: int
    dropped: int

    @property
    def whole(self) -> bool:
        """Whether nothing was lost."""
        return self.captured == self.received and self.dropped == 0


class CaptureFacts(Fact):
    """The capture of the run: interfaces of the pcapng file stand in the order of `networks`."""

    file: str = "capture.pcapng"
    started: int
    ended: int
    packets: int
    networks: Mapping[str, CaptureStatistics]

    @property
    def whole(self) -> bool:
        """Whether no network lost a frame."""
        return all(statistics.whole for statistics in self.networks.values())


class LimitFacts(Fact):
    """A limit that a host ran into, in the unit in which `lab.limits` declares it.

    Of `output` it is KiB that are kept. `ended` says that the exchange was ended by it: of `processes` and
    `memory` all those of the host were killed, of `traffic` its network was cut.
    """

    what: Literal["processes", "memory", "disk", "files", "file_size", "cpu", "traffic", "output"]
    host: str
    program: str | None = None
    limit: int
    time: int
    ended: bool = False


class FaultFacts(Fact):
    """What a fault on the wire did.

    `met` packets fitted its choice, on `acted` of them it acted; `packets` are the numbers of those in the capture,
    the first ones if they are very many. `lost` says that they never arrived.
    """

    name: str
    into: str
    kind: str
    what: Words
    met: int
    acted: int
    lost: bool = False
    packets: tuple[int, ...] = ()


class EngineFacts(Fact):
    """The engine that the run was on."""

    name: str
    version: str
    kernel: str
    architecture: str


class Seconds(Fact):
    """Wall time of the phases of the run."""

    setup: float = 0
    exchange: float = 0
    cleanup: float = 0


class Record(Fact):
    """The facts of one run. `END` among the observations is the state when the steps were over."""

    format: int = FORMAT
    lab: str
    scenario: str
    source: str = Field(default="", description="the folder of the scenario")
    title: Words
    run: str
    started: int
    encoding: str
    engine: EngineFacts
    images: Mapping[str, str]
    networks: Mapping[str, NetworkFacts]
    hosts: Mapping[str, HostFacts]
    programs: Mapping[str, ProgramFacts]
    steps: tuple[StepFacts, ...]
    observations: Mapping[str, Mapping[str, HostState]]
    capture: CaptureFacts
    seconds: Seconds
    limits: tuple[LimitFacts, ...] = Field((), description="the limits that hosts ran into")
    faults: tuple[FaultFacts, ...] = Field((), description="the faults that steps put on wires, and what they did")
    seed: int = Field(0, description="what the scenario's choices were made by")
    submission: str | None = None
    overdue: float | None = Field(
        None, description="the seconds that its steps had together, where the exchange was ended when they had passed"
    )
    interrupted: bool = Field(default=False, description="Ctrl-C ended the exchange before its steps were over")

    @property
    def over(self) -> int | None:
        """When the steps were over: what the kernel sends after it is the lab's doing, not the programs'."""
        return max((state.time for state in self.observations.get(END, {}).values()), default=None)

    @property
    def lost(self) -> frozenset[int]:
        """Packets that a fault dropped after they were captured: they never arrived."""
        return frozenset(number for fault in self.faults if fault.lost for number in fault.packets)

    @property
    def unheard(self) -> frozenset[int]:
        """Packets that came to nothing by a fault: those in `lost`, and damaged ones, which a kernel throws away."""
        return self.lost | {number for fault in self.faults if fault.kind == "corrupt" for number in fault.packets}

    def addresses(self, host: str) -> frozenset[str]:
        """Every address of `host` on the networks of the run."""
        return frozenset(a for i in self.hosts[host].interfaces for a in (i.ipv4, i.ipv6))

    def host_of(self, address: str) -> str | None:
        """The host that has `address`, or None."""
        for name, host in self.hosts.items():
            if any(address in (i.ipv4, i.ipv6) for i in host.interfaces):
                return name
        return None


END = "end"
RECORD_FILE = "record.json"


def save(record: Record, folder: Path) -> None:
    """Write `record` into its run directory."""
    saved.write(record, folder / RECORD_FILE)


def load(folder: Path) -> Record:
    """Read the record of a run directory. Raises `RecordError` as `saved.read` does."""
    unread = say("{folder} is no run directory", "{folder} 不是运行目录", folder=folder)
    return saved.read(folder / RECORD_FILE, Record, FORMAT, unread)
