"""What a grading may leave on the machine: containers, networks, volumes, interfaces, processes, files, memory."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from lab.dockerengine import connect
from lab.runs import FOLDER_LABEL

MARKS = ("lab-attack", "fill-")  # in the names of what the attacks make
CONTAINER = re.compile(r"[0-9a-f]{64}")
WITHIN = 10  # seconds for the engine to let go of what was removed


@dataclass(frozen=True)
class Remains:
    """What there is at one moment. Others may be at work on the machine: only what is nobody else's counts."""

    containers: frozenset[str]
    networks: frozenset[str]
    volumes: frozenset[str]
    interfaces: frozenset[str]
    processes: frozenset[str]
    mounts: frozenset[str]
    files: frozenset[str]
    shared: frozenset[str]

    @classmethod
    def now(cls, folder: Path) -> Self:
        """What there is, of the containers only those of runs under `folder`."""
        api = connect()._api
        try:
            containers = api.containers(all=True)
            networks, volumes = api.networks(), api.volumes()["Volumes"] or ()
        finally:
            api.close()
        return cls(
            containers=frozenset(
                c["Names"][0] for c in containers if c["Labels"].get(FOLDER_LABEL, "").startswith(f"{folder}/")
            ),
            networks=frozenset(n["Name"] for n in networks),
            volumes=frozenset(v["Name"] for v in volumes),
            interfaces=frozenset(p.name for p in Path("/sys/class/net").iterdir()),
            processes=frozenset(_processes(folder, {c["Id"] for c in containers})),
            mounts=frozenset(_mounts()),
            files=frozenset(_files(folder)),
            shared=frozenset(_shared()),
        )

    @classmethod
    def settled(cls, folder: Path, before: Self) -> Self:
        """What there is, once nothing more than before is there, or at the latest after `WITHIN` seconds."""
        until = time.monotonic() + WITHIN
        while (now := cls.now(folder)) and before.missing_in(now) and time.monotonic() < until:
            time.sleep(0.2)
        return now

    def missing_in(self, later: Self) -> list[str]:
        """What is in `later` and was not here: what was left."""
        return [f"{f.name}: {x}" for f in fields(self) for x in sorted(getattr(later, f.name) - getattr(self, f.name))]


def _processes(folder: Path, known: set[str]) -> Iterator[str]:
    """Processes of containers that are no more, of the grading, and of the attacks."""
    for place in Path("/proc").iterdir():
        if not place.name.isdigit() or int(place.name) == os.getpid():
            continue
        try:
            command = place.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            group = place.joinpath("cgroup").read_text()
        except OSError:
            continue
        held = CONTAINER.search(group)
        ours = "lab-attack" in command or (f"{folder}/" in command and "lab" in command)
        if ours or (held and held[0] not in known):
            yield command


def _mounts() -> Iterator[str]:
    """Mounts, but for the engine's: those of other tests' containers come and go."""
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        place = line.split()[4]
        if not place.startswith(("/var/lib/docker/", "/run/docker/", "/var/run/docker/", "/run/containerd/")):
            yield place


def _files(folder: Path) -> Iterator[str]:
    for place in map(Path, ("/tmp", "/dev/shm", "/var/tmp", "/dev/mqueue", ".", "/")):
        for path in place.iterdir() if place.is_dir() else ():
            if path.name.startswith(MARKS) or path.name == "core" or path.name.startswith("core."):
                yield str(path)
    for inner in ("tmp", "runs"):
        yield from map(str, (folder / inner).rglob("*"))


def _shared() -> Iterator[str]:
    """System V shared memory, semaphores and queues, and POSIX queues."""
    for kind in ("shm", "sem", "msg"):
        for line in Path(f"/proc/sysvipc/{kind}").read_text(encoding="ascii").splitlines()[1:]:
            yield json.dumps([kind, line.split()[0]])
