"""A container engine in this process: its containers are simulated hosts and a simulated tap, its images names.

It stands in at the edge, behind `lab.engine.Engine`; the conversations with its agents are real ones, JSON line by
JSON line. What a program does is told by a function that is called when it starts::

    def server(program):
        program.listens(8080)
        program.on_typed = lambda data: program.prints(b"heard " + data)
"""

from __future__ import annotations

import base64
import io
import itertools
import json
import queue
import struct
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab import images, runs
from lab.engine import ContainerSpec, Found
from lab.errors import EngineError
from lab.record import EngineFacts
from lab.text import same

END = (0, b"")
ETHERNET = b"\x02\x77\0\0\0\1\x02\x77\0\0\0\0"
MARKER = ETHERNET + b"\x88\xb5"


class Refused(Exception):
    """What an agent cannot do; told to the lab with the error number, if there is one."""

    def __init__(self, why: str, errno: int | None = None) -> None:
        super().__init__(why)
        self.errno = errno


class FakeStream:
    """The streams of an agent: what the lab sends is answered at once, in the thread that sends it."""

    def __init__(self, agent: Simulated | None = None) -> None:
        self.agent = agent
        self.pieces: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self.sent = b""
        self.closed = False
        if agent is not None:
            agent.stream = self

    def send(self, data: bytes) -> None:
        if self.closed:
            raise EngineError(same("the engine went away"))
        self.sent += data
        if self.agent is not None:
            for line in data.splitlines():
                self.agent.answer(json.loads(line))

    def receive(self) -> tuple[int, bytes]:
        return self.pieces.get()

    def close(self) -> None:
        self.closed = True
        self.pieces.put(END)

    def says(self, message: object) -> None:
        """The agent says one line."""
        self.pieces.put((1, json.dumps(message).encode() + b"\n"))


class Simulated:
    """An agent: `do_<what>` answers a request with a reply, or with None when the reply comes later."""

    stream: FakeStream

    def answer(self, request: dict[str, Any]) -> None:
        number, do = request.pop("id"), request.pop("do")
        try:
            reply = getattr(self, "do_" + do)(number=number, **request)
        except Refused as refused:
            self.stream.says({"id": number, "error": str(refused), "errno": refused.errno})
        else:
            if reply is not None:
                self.stream.says({"id": number, "ok": reply})

    def dies(self, last_words: bytes = b"") -> None:
        """The container is gone."""
        if last_words:
            self.stream.pieces.put((2, last_words))
        self.stream.close()


def ignore(*_: object) -> None:
    """What a program does that takes no notice."""


@dataclass
class FakeProgram:
    """A program on a simulated host, as its behaviour sees it."""

    name: str
    host: FakeHost
    limit: int
    env: Mapping[str, str]
    trace: str | None = None
    run: Sequence[str] = ()
    window: tuple[int, ...] = ()
    capabilities: tuple[str, ...] = ()
    over: bool = False
    printed: int = 0
    sockets: list[dict[str, Any]] = field(default_factory=list)
    on_typed: Callable[[bytes], object] = ignore
    on_closed: Callable[[], object] = ignore
    on_signal: Callable[[str], object] = ignore

    def prints(self, data: bytes, stream: str = "out") -> None:
        """As images/host/init.py tells it: no more than the limit, and once that there is more."""
        room = self.limit - self.printed
        self.printed += len(data)
        if room >= 0:
            told = base64.b64encode(data[:room]).decode()
            self.tells("output", stream=stream, data=told, printed=self.printed)

    def calls(self, data: bytes, *, cut: bool = False, over: bool = False) -> None:
        """It is told of calls on sockets, as they come down the pipe."""
        self.tells("calls", data=base64.b64encode(data).decode(), cut=cut, over=over)

    def listens(self, port: int, transport: str = "tcp", call: str | None = None) -> None:
        state = "LISTEN" if transport == "tcp" else "UNCONN"
        self._opens(transport, state, ("0.0.0.0", port), ("0.0.0.0", 0), call)

    def connects(self, port: int, local_port: int = 40000, remote: str = "10.77.0.10", call: str | None = None) -> None:
        self._opens("tcp", "ESTABLISHED", ("0.0.0.0", local_port), (remote, port), call)

    def ends(self, exit_status: int | None = 0, signal: str | None = None) -> None:
        self.over = True
        how = {"exit": exit_status} if signal is None else {"signal": signal}
        self.tells("ended", **how, printed=self.printed)
        self.host.look()

    def tells(self, event: str, **body: object) -> None:
        self.host.stream.says({"event": event, "program": self.name, "time": time.time_ns()} | body)

    def _opens(
        self, transport: str, state: str, local: tuple[str, int], remote: tuple[str, int], call: str | None
    ) -> None:
        self.sockets.append(
            {
                "transport": transport,
                "state": state,
                "local": local[0],
                "local_port": local[1],
                "remote": remote[0],
                "remote_port": remote[1],
                "receive_queue": 0,
                "send_queue": 0,
                "program": self.name,
                "call": call,
            }
        )
        self.host.look()


Behaviour = Callable[[FakeProgram], object]


class FakeHost(Simulated):
    """What images/host/init.py does, without processes."""

    def __init__(self, behaviours: Mapping[str, Behaviour]) -> None:
        self.behaviours = behaviours
        self.programs: dict[str, FakeProgram] = {}
        self.files: dict[str, bytes] = {}
        self.watches: dict[int, tuple[dict[str, Any], str | None]] = {}
        self.commands: dict[str, tuple[int, bytes]] = {}
        self.typed: list[tuple[str, bytes | None]] = []
        self.signals: list[tuple[str, str]] = []
        self.looked_at: dict[str, dict[str, Any]] = {}
        self.hit: list[str] = []
        self.quiet = True
        self.free: list[str] | None = []
        self.delays: Callable[[], int] = lambda: 0

    def do_files(self, number: int, files: dict[str, str]) -> dict[str, Any]:
        self.files |= {path: base64.b64decode(content) for path, content in files.items()}
        return {}

    def do_start(  # noqa: PLR0913, PLR0917  as many as the request has
        self,
        number: int,
        program: str,
        run: list[str],
        env: dict[str, str],
        terminal: bool | list[int],
        most: dict[str, int],
        trace: str | None = None,
        capabilities: Sequence[str] = (),
    ) -> dict[str, Any] | None:
        if program in self.programs and not self.programs[program].over:
            raise Refused("still running")
        behaviour = self.behaviours.get(program) or self.behaviours[run[0]]
        if isinstance(behaviour, OSError):
            raise Refused(str(behaviour.strerror), behaviour.errno)
        started = self.programs[program] = FakeProgram(program, self, most["output"], env, trace, run)
        started.capabilities = tuple(capabilities)
        if isinstance(terminal, list):
            started.window = tuple(terminal)
        self.stream.says({"id": number, "ok": {"pid": 7, "time": time.time_ns()}})
        behaviour(started)
        return None

    def do_write(self, number: int, program: str, data: str) -> None:
        running = self.running(program)
        self.typed.append((program, base64.b64decode(data)))
        self.stream.says({"id": number, "ok": {"time": time.time_ns()}})
        running.on_typed(base64.b64decode(data))

    def do_close(self, number: int, program: str) -> None:
        running = self.running(program)
        self.typed.append((program, None))
        self.stream.says({"id": number, "ok": {"time": time.time_ns()}})
        running.on_closed()

    def do_resize(self, number: int, program: str, window: list[int]) -> dict[str, Any]:
        self.running(program).window = tuple(window)
        return {}

    def do_signal(self, number: int, program: str, name: str) -> None:
        running = self.running(program)
        self.signals.append((program, name))
        self.stream.says({"id": number, "ok": {"time": time.time_ns()}})
        running.on_signal(name)

    def do_watch(self, number: int, want: dict[str, Any], program: str | None = None) -> None:
        if "receiving" in want and self.free is None:
            raise Refused("this machine does not tell what programs wait for")
        self.watches[number] = (want, program)
        self.look()

    def do_unwatch(self, number: int, watch: int) -> dict[str, Any]:
        self.watches.pop(watch, None)
        return {}

    def do_sockets(self, number: int) -> dict[str, Any]:
        now = time.time_ns()
        return {"time": now, "until": now, "free": self.free, "sessions": {}, "sockets": self.sockets()}

    def do_delayed(self, number: int) -> dict[str, Any]:
        return {"delayed": self.delays()}

    def do_limits(self, number: int, file_size: int) -> dict[str, Any]:
        for what in self.hit:
            self.hits(what)
        return {}

    def do_look(self, number: int, paths: list[str]) -> dict[str, Any]:
        return {"files": [{"path": path} | self.looked_at.get(path, {"kind": "missing"}) for path in paths]}

    def hits(self, what: str, program: str | None = None) -> None:
        """It ran into a limit."""
        self.stream.says({"event": "limit", "what": what, "program": program, "time": time.time_ns()})

    def do_run(self, number: int, argv: list[str]) -> dict[str, Any]:
        status, out = self.commands.get(argv[-1], (127, b""))
        return {"status": status, "out": base64.b64encode(out).decode(), "err": ""}

    def running(self, name: str) -> FakeProgram:
        if self.programs[name].over:
            raise Refused("it has ended")
        return self.programs[name]

    def sockets(self) -> list[dict[str, Any]]:
        return [socket for program in self.programs.values() if not program.over for socket in program.sockets]

    def look(self) -> None:
        for number, (want, name) in list(self.watches.items()):
            met: Any = self._met(want, name)
            program = self.programs.get(name or "")
            if met or (program is not None and program.over):
                del self.watches[number]
                found = met if isinstance(met, list) else []
                self.stream.says({"id": number, "ok": {"met": bool(met), "time": time.time_ns(), "sockets": found}})

    def _met(self, want: dict[str, Any], name: str | None) -> object:
        if "quiet" in want:
            return self.quiet
        if "receiving" in want:
            rows = [s for s in self.sockets() if (s["program"], s["call"]) == (name, "recv")]
            return [s for s in rows if want["port"] in (s["local_port"], s["remote_port"])]
        if "listening" in want:
            key, state = "local_port", "LISTEN" if want["listening"] == "tcp" else "UNCONN"
        else:
            key, state = "remote_port", "ESTABLISHED"
        return [s for s in self.sockets() if s["program"] == name and s["state"] == state and s[key] == want["port"]]


def pcap(frames: list[tuple[int, bytes]], order: str = "<") -> bytes:
    """A file as tcpdump writes it: frames with their times in nanoseconds."""
    head = struct.pack(order + "LHHLLLL", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
    return head + records(frames, order)


def records(frames: list[tuple[int, bytes]], order: str = "<") -> bytes:
    """Frames as they lie in such a file."""
    heads = ((struct.pack(order + "LLLL", *divmod(at, 10**9), len(data), len(data)), data) for at, data in frames)
    return b"".join(head + data for head, data in heads)


def marker(text: str) -> bytes:
    """A marker frame as the tap sends it."""
    return MARKER + text.encode().ljust(46, b"\0")


class FakeTap(Simulated):
    """What images/tap/tap.py does, without networks: `frames` are what the test puts on them."""

    def __init__(self) -> None:
        self.frames: dict[str, list[tuple[int, bytes]]] = {}
        self.mtus: dict[str, int] = {}
        self.plugged: list[tuple[int, list[dict[str, Any]]]] = []
        self.order: list[str] = []
        self.dropped = 0
        self.traffic: dict[str, int] = {}
        self.followed = False
        self.told: dict[str, int] = {}
        self._tokens = itertools.count()
        self.relayed: set[str] = set()
        self.faults: dict[str, dict[str, Any]] = {}
        self.acted: dict[str, dict[str, Any]] = {}
        self.lifted: list[str] = []
        self.watches: dict[int, dict[str, Any]] = {}
        self.passed = 0
        self.latest: bytes | None = None
        self.injected: list[tuple[str, bytes]] = []

    def do_fault(self, number: int, **told: Any) -> dict[str, Any]:
        self.faults[told["name"]] = told
        return {}

    def do_lift(self, number: int, name: str) -> dict[str, Any]:
        self.lifted.append(name)
        return {}

    def do_faults(self, number: int) -> dict[str, Any]:
        return {"faults": {name: self.acted.get(name, {"met": 0, "acted": 0, "packets": []}) for name in self.faults}}

    def do_passed(self, number: int, choice: dict[str, Any], count: int) -> dict[str, Any] | None:
        self.watches[number] = choice
        return {"found": self.passed} if self.passed >= count else None

    def do_unwatch(self, number: int, watch: int) -> dict[str, Any]:
        del self.watches[watch]
        return {"found": self.passed}

    def do_latest(self, number: int, choice: dict[str, Any]) -> dict[str, Any]:
        return {"frame": None if self.latest is None else base64.b64encode(self.latest).decode()}

    def do_inject(self, number: int, network: str, frames: list[str]) -> dict[str, Any]:
        self.injected += [(network, base64.b64decode(frame)) for frame in frames]
        return {"time": time.time_ns()}

    def do_networks(self, number: int, networks: dict[str, Any]) -> dict[str, Any]:
        self.order.append("networks")
        self.mtus = {name: network["mtu"] for name, network in networks.items()}
        return {}

    def do_plug(
        self,
        number: int,
        host: str,
        pid: int,
        interfaces: list[dict[str, Any]],
        traffic: int,
        *,
        relayed: bool = False,
    ) -> dict[str, Any]:
        self.order.append("plug")
        self.relayed |= {host} if relayed else set()
        self.traffic[host] = traffic
        self.plugged.append((pid, interfaces))
        return {}

    def do_limits(self, number: int) -> dict[str, Any]:
        return {}

    def do_record(self, number: int, networks: list[str]) -> dict[str, Any]:
        self.order.append("record")
        self.frames = {name: [] for name in networks}
        return {"time": time.time_ns()}

    def do_mark(self, number: int, label: str) -> dict[str, Any]:
        return self._mark(label)

    def do_follow(self, number: int) -> dict[str, Any]:
        self.followed = True
        self.look()
        return {}

    def look(self) -> None:
        """Tell of the frames that came since the last look."""
        networks = {name: frames[self.told.get(name, 0) :] for name, frames in self.frames.items()}
        self.told = {name: len(frames) for name, frames in self.frames.items()}
        told = {name: base64.b64encode(records(frames)).decode() for name, frames in networks.items()}
        self.stream.says({"event": "frames", "order": "little", "networks": told, "left_out": 0})

    def do_finish(self, number: int) -> dict[str, Any]:
        marked = self._mark("end")
        if self.followed:
            self.look()
        counters = {
            name: {"captured": len(frames), "received": len(frames), "dropped": self.dropped}
            for name, frames in self.frames.items()
        }
        return marked | {"networks": counters}

    def cuts(self, host: str) -> None:
        """A host sent too much."""
        self.stream.says({"event": "limit", "what": "traffic", "host": host, "time": time.time_ns()})

    def carries(self, network: str, data: bytes) -> None:
        """A frame is on the wire now."""
        self.frames[network].append((time.time_ns(), data))
        if self.followed:
            self.look()

    def archive(self) -> bytes:
        """Its captures as the engine copies them out."""
        return tar({f"{name}.pcap": pcap(frames) for name, frames in self.frames.items()})

    def _mark(self, label: str) -> dict[str, Any]:
        texts = {name: f"socket-lab {label} {name} {next(self._tokens):016x}" for name in self.frames}
        for name, text in texts.items():
            self.carries(name, marker(text))
        return {"time": time.time_ns(), "markers": texts}


def tar(files: Mapping[str, bytes], folder: str = "capture") -> bytes:
    """A folder as the engine copies it out."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        top = tarfile.TarInfo(folder)
        top.type = tarfile.DIRTYPE
        archive.addfile(top)
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


@dataclass
class FakeContainer:
    """A container of the fake engine."""

    spec: ContainerSpec
    agent: Simulated
    running: bool = False


class FakeEngine:
    """An engine with all images; `fails` maps a method, or `method name`, to what it raises."""

    def __init__(
        self, behaviours: Mapping[str, Behaviour] | None = None, fails: Mapping[str, BaseException] | None = None
    ) -> None:
        self.behaviours = behaviours or {}
        self.fails = dict(fails or {})
        self.calls: list[str] = []
        self.existing: dict[str, FakeContainer] = {}
        self.removed: list[str] = []
        self.found: list[Found] = []
        self.archives: dict[str, bytes] = {}
        self.out_of_memory: set[str] = set()
        self.tap = FakeTap()
        self.hosts: dict[str, FakeHost] = {}
        self.references = {images.tag(name): f"sha256:{name}" for name in images.names()}
        self.registry: set[str] = set()
        self.builds: list[tuple[str, dict[str, str]]] = []

    def facts(self) -> EngineFacts:
        return EngineFacts(name="fake", version="1", kernel="6.1", architecture="amd64")

    def image(self, reference: str) -> str | None:
        return self.references.get(reference)

    def images(self, prefix: str) -> list[str]:
        return sorted(reference for reference in self.references if reference.startswith(prefix))

    def remove_image(self, reference: str) -> None:
        del self.references[reference]

    def build(self, folder: Path, tag: str, arguments: Mapping[str, str], progress: Callable[[str], None]) -> None:
        self._called("build", tag)
        progress("Step 1/1")
        self.builds.append((tag, dict(arguments)))
        self.references[tag] = f"sha256:{folder.name}"

    def pull(self, reference: str) -> None:
        self._called("pull", reference)
        if reference not in self.registry:
            raise EngineError(same("no route to the registry"))
        self.references[reference] = "sha256:base"

    def load_root(self, archive: Path, tag: str) -> None:
        self._called("load_root", tag)
        self.references[tag] = f"sha256:{len(archive.read_bytes())}"

    def create(self, spec: ContainerSpec) -> str:
        is_tap = spec.labels[runs.ROLE_LABEL] == "tap"
        name = spec.name if spec.hostname == "tap" and not is_tap else spec.hostname
        self._called("create", name)
        agent: Simulated = self.tap
        if not is_tap:
            agent = self.hosts[name] = FakeHost(self.behaviours)
        self.existing[name] = FakeContainer(spec, agent)
        return name

    def attach(self, container: str) -> FakeStream:
        self._called("attach", container)
        return FakeStream(self.existing[container].agent)

    def start(self, container: str) -> int:
        self._called("start", container)
        self.existing[container].running = True
        return 100 + len(self.existing)

    def copy_out(self, container: str, path: str) -> Iterator[bytes]:
        self._called("copy_out", container)
        archive = self.archives.get(container) or self.tap.archive()
        for at in range(0, len(archive), 1000):
            yield archive[at : at + 1000]

    def killed(self, container: str) -> bool:
        self._called("killed", container)
        return container in self.out_of_memory

    def remove(self, container: str) -> None:
        self._called("remove", container)
        self.removed.append(container)
        gone = self.existing.pop(container, None)
        if gone is not None and hasattr(gone.agent, "stream"):
            gone.agent.dies()

    def containers(self, label: str) -> list[Found]:
        self._called("containers", label)
        return [found for found in self.found if label in found.labels]

    def _called(self, method: str, what: str) -> None:
        self.calls.append(f"{method} {what}")
        for key in (method, f"{method} {what}"):
            if key in self.fails:
                raise self.fails[key]


def left_behind(folder: Path, role: str = "host", number: int = 1, *, ended: bool = True) -> Found:
    """A container of the run of `folder`, as the engine lists it."""
    labels = {
        runs.RUN_LABEL: folder.name,
        runs.FOLDER_LABEL: str(folder),
        runs.SCENARIO_LABEL: folder.parent.name,
        runs.ROLE_LABEL: role,
    }
    return Found(f"{role}{number}", f"lab-{folder.name}-{role}", labels, ended)


def dead_run(runs_folder: Path, name: str = "20260101-000000-dead") -> Path:
    """The folder of a run whose process is gone."""
    folder = runs_folder / "tcp" / name
    folder.mkdir(parents=True)
    (folder / runs.LOCK_FILE).touch()
    return folder
