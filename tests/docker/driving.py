"""Runs of scenarios for the tests: through the runner, or as people run them, through the command."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lab import images, loader, plan, runner, runs
from lab.assess import assess
from lab.capture import CAPTURE_FILE, MARKER_ETHERTYPE
from lab.checks import PARAMS
from lab.engine import Engine
from lab.grading.marking import mark
from lab.grading.task import Marked, Task
from lab.places import SCENARIOS
from lab.record import CaptureStatistics, HostState, ProgramFacts, Record
from lab.report import Reporter
from lab.results import Outcome
from lab.runs import FOLDER_LABEL, RUN_LABEL
from lab.scenario import Scenario
from lab.submissions import Student, Submission, find, wanted

HERE = Path(__file__).parent / "scenarios"
IPV4, IPV6 = 0x0800, 0x86DD
TCP, UDP = 6, 17
OWN_TRACEBACK = re.compile("^Traceback", re.MULTILINE)  # what programs say stands further in
SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6


@dataclass(frozen=True)
class Frame:
    """A frame of a capture, read here again without the lab's reader."""

    network: str
    time: int
    data: bytes
    length: int

    @property
    def ethertype(self) -> int:
        return int.from_bytes(self.data[12:14], "big")

    @property
    def marker(self) -> str | None:
        return self.data[14:].rstrip(b"\0").decode() if self.data[12:14] == MARKER_ETHERTYPE else None

    @property
    def packet(self) -> tuple[bytes, bytes, int, bytes] | None:
        """Source, destination, transport and what it carries; None of what is not IP."""
        if self.ethertype == IPV4:
            head, total = (self.data[14] & 15) * 4, int.from_bytes(self.data[16:18], "big")
            return self.data[26:30], self.data[30:34], self.data[23], self.data[14 + head : 14 + total]
        if self.ethertype == IPV6:
            length = int.from_bytes(self.data[18:20], "big")
            return self.data[22:38], self.data[38:54], self.data[20], self.data[54 : 54 + length]
        return None

    def udp(self, port: int) -> bytes | None:
        """The payload of a datagram to `port`."""
        if self.packet is None or self.packet[2] != UDP or int.from_bytes(self.packet[3][2:4], "big") != port:
            return None
        return self.packet[3][8:]

    @property
    def checksum_right(self) -> bool | None:
        """Of TCP and UDP; None of anything else."""
        if self.packet is None or self.packet[2] not in (TCP, UDP):
            return None
        source, destination, transport, carried = self.packet
        words = (
            source + destination + struct.pack(">HH", transport, len(carried)) + carried + b"\0" * (len(carried) % 2)
        )
        total = sum(struct.unpack(f">{len(words) // 2}H", words))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        return total == 0xFFFF


@dataclass(frozen=True)
class Ran:
    """A run that is over."""

    scenario: Scenario
    folder: Path
    record: Record

    @cached_property
    def outcome(self) -> Outcome:
        """What its checks say."""
        return assess(self.scenario, self.record, self.folder)

    @cached_property
    def frames(self) -> list[Frame]:
        return list(frames_of(self.folder / CAPTURE_FILE))

    @property
    def verdicts(self) -> dict[str, str]:
        return {result.id: str(result.verdict) for result in self.outcome.results}

    @property
    def steps(self) -> list[str]:
        """The outcome of every step, in order."""
        return [step.outcome for step in self.record.steps]

    def told(self, step: int) -> str:
        """What was said of a step that failed; they count from 1."""
        actual = self.record.steps[step - 1].actual
        assert actual is not None
        return actual.en

    def program(self, name: str) -> ProgramFacts:
        return self.record.programs[name]

    def said(self, program: str, stream: str = "out") -> list[str]:
        """The lines that a program printed."""
        return [line.text for line in self.program(program).output if line.stream == stream]

    def datagrams(self, port: int) -> list[bytes]:
        """The payloads of all datagrams to `port`, each as often as it was on the wire."""
        return [payload for frame in self.frames if (payload := frame.udp(port)) is not None]

    def observed(self, observation: str, host: str) -> HostState:
        return self.record.observations[observation][host]

    @property
    def statistics(self) -> CaptureStatistics:
        """Of the only network."""
        (only,) = self.record.capture.networks.values()
        return only


def scenario(folder: Path | str) -> Scenario:
    """The scenario of a folder; a name is one of the tests' own."""
    return loader.load(HERE / folder, PARAMS, images.names())


def run(
    engine: Engine,
    folder: Path | str,
    into: Path,
    submission: Path | None = None,
    reporter: Reporter | None = None,
    traced: Iterable[str] = (),
) -> Ran:
    """Run a scenario in this process, its run directory under `into`."""
    loaded = scenario(folder)
    handed = None if submission is None else wanted.handed_in(loaded, find.one(submission, loaded))
    planned = plan.make(loaded, handed, None if submission is None else str(submission), traced)
    with runs.new_folder(into, loaded.name) as place:
        record = runner.run(engine, planned, place, reporter or Reporter(), time.monotonic())
    return Ran(loaded, place, record)


def files_of(exercise: str, broken: str | None = None) -> dict[str, bytes]:
    """The solution of an exercise, and over it the files of a broken program."""
    folders = [SCENARIOS / exercise / "solution"]
    folders += [] if broken is None else [SCENARIOS / exercise / "broken" / broken]
    return {file.name: file.read_bytes() for folder in folders for file in folder.iterdir()}


def graded(engine: Engine, work: Path, exercise: str, files: dict[str, bytes], seed: int = 0) -> Marked:
    """Grade files in this process, as a worker does; `work` is its folder."""
    submission = Submission(Student("张三", "zhang"), files)
    return mark(Task.of(submission, str(SCENARIOS / exercise / "scenario.yaml"), seed), engine, work)


def written(folder: Path, text: str, **programs: str) -> Path:
    """A scenario made for one test: its file without the title, and its Python programs by name."""
    folder.mkdir()
    (folder / "scenario.yaml").write_text(f"title: Made by a test\n{textwrap.dedent(text)}", encoding="utf-8")
    for name, program in programs.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(program), encoding="utf-8")
    return folder


def copied(name: str, into: Path, called: str) -> Path:
    """A scenario under a name of its own, by which its containers are known among those of other tests."""
    return shutil.copytree(HERE / name, into / called)


@dataclass(frozen=True)
class Command:
    """The `lab` command with run directories of its own, so that tests leave no trace in the project's."""

    runs: Path
    prefix: tuple[str, ...] = ()
    """What to start it with: another user."""

    def start(self, *arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
        """Start it; its stdout and stderr are pipes."""
        return subprocess.Popen(
            [*self.prefix, sys.executable, "-m", "lab", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment() | {"LAB_RUNS": str(self.runs)} | environment,
        )

    def __call__(self, *arguments: str | Path, **environment: str) -> Said:
        """Run it to its end."""
        with self.start(*arguments, **environment) as process:
            return ended(process)

    def run_folders(self) -> list[Path]:
        """The run directories there are, oldest first."""
        return sorted(p for p in self.runs.glob("*/*/") if not p.is_symlink())


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def failed(self) -> set[str]:
        """The ids of the checks that failed, by a `--json` document."""
        return {check["id"] for check in self.document["checks"] if check["verdict"] == "failed"}


def ended(process: subprocess.Popen[str], within: float = 60) -> Said:
    """Wait for a command that was started. No traceback of the lab's own may ever be said."""
    try:
        out, err = process.communicate(timeout=within)
    finally:
        if process.poll() is None:
            process.kill()
    assert not OWN_TRACEBACK.search(out + err), out + err
    return Said(process.returncode, out, err)


def until_said(process: subprocess.Popen[str], text: str) -> str:
    """Read its stdout until `text` was said; what was said so far."""
    assert process.stdout is not None
    said = b""
    while byte := os.read(process.stdout.fileno(), 1):  # no more than that: the rest is for `ended`, and read elsewhere
        said += byte
        if byte == b"\n" and text in said.decode().splitlines()[-1]:
            return said.decode()
    message = f"{text!r} was never said: {said.decode()}{process.communicate()[1]}"
    raise AssertionError(message)


def left_of(engine: Engine, into: Path) -> list[str]:
    """The containers of all runs with directories under `into`."""
    return [c.name for c in engine.containers(RUN_LABEL) if c.labels[FOLDER_LABEL].startswith(f"{into}/")]


@contextlib.contextmanager
def no_leaks(engine: Engine, into: Path) -> Iterator[None]:
    """No container of a run under `into` and no interface on this machine may be left by the block."""
    before = {p.name for p in Path("/sys/class/net").iterdir()}
    yield
    assert left_of(engine, into) == []
    assert {p.name for p in Path("/sys/class/net").iterdir()} <= before


def frames_of(file: Path) -> Iterator[Frame]:
    """The frames of a pcapng file that the lab wrote (little-endian, nanoseconds)."""
    data = memoryview(file.read_bytes())
    interfaces: list[str] = []
    place = 0
    while place < len(data):
        kind, length = struct.unpack_from("<LL", data, place)
        body = data[place + 8 : place + length - 4]
        if kind == INTERFACE:
            size = struct.unpack_from("<H", body, 10)[0]
            interfaces.append(bytes(body[12 : 12 + size]).decode())
        elif kind == PACKET:
            number, high, low, kept, wire = struct.unpack_from("<LLLLL", body)
            yield Frame(interfaces[number], high << 32 | low, bytes(body[20 : 20 + kept]), wire)
        place += length


def _environment() -> dict[str, str]:
    """The surroundings of a command: English, and nothing of the tests'."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTEST"))} | {"LC_ALL": "C.UTF-8"}
