"""A class graded by two real workers of dask, one of which is killed in the middle."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from driving import Command, Said, ended, left_of, no_leaks

from lab.engine import Engine
from lab.grading.machine import FOLDER
from lab.places import SCENARIOS

EXERCISE = SCENARIOS / "tcp-multiclient"
SOURCES = {"solution": 10, "broken/orderly": 9, "broken/at-once": 1}  # with what each earns
HANDED_IN = ("solution", "broken/at-once", "broken/orderly", "solution", "broken/orderly", "solution")
WITHIN = 240


@pytest.fixture
def class_(tmp_path: Path) -> Path:
    """Six submissions, no two alike, and one without the file."""
    for number, source in enumerate(HANDED_IN):
        folder = shutil.copytree(EXERCISE / source, tmp_path / "class" / f"s{number}")
        with (folder / "server.py").open("a") as server:
            server.write(f"\n# {number}\n")
    (tmp_path / "class" / "s6").mkdir()
    (tmp_path / "class" / "s6" / "notes.txt").write_text("sorry")
    return tmp_path / "class"


class Machines:
    """A scheduler and workers on ports that were free."""

    def __init__(self, folder: Path, runs: Path) -> None:
        self._folder, self._runs = folder, runs
        self._started: list[subprocess.Popen[bytes]] = []
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(self._file))
        until(self._file.exists)
        self.address = str(json.loads(self._file.read_text())["address"])

    @property
    def _file(self) -> Path:
        return self._folder / "scheduler.json"

    def worker(self) -> subprocess.Popen[bytes]:
        place = ("--host", "127.0.0.1", "--local-directory", str(self._folder), "--no-nanny")
        return self._start("worker", self.address, *place, "--nthreads", "1", "--resources", "lab=1")

    def _start(self, which: str, *options: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{which}.{len(self._started)}.log").open("wb") as log:
            started = subprocess.Popen(
                [sys.executable, "-m", "dask", which, *options, "--no-dashboard"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"LAB_RUNS": str(self._runs)},
                start_new_session=True,
            )
        self._started.append(started)
        return started

    def end(self) -> None:
        for process in reversed(self._started):
            end(process)


@pytest.fixture
def machines(engine: Engine, into: Path, tmp_path: Path) -> Iterator[Machines]:
    """Nothing may be left when they have ended."""
    (tmp_path / "dask").mkdir()
    with no_leaks(engine, into):
        machines = Machines(tmp_path / "dask", into)
        try:
            yield machines
        finally:
            machines.end()


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()
            process.wait()


def until(happened: Callable[[], Any], within: float = 60) -> None:
    clock, deadline = threading.Event(), time.monotonic() + within
    while not happened():
        assert time.monotonic() < deadline
        clock.wait(0.02)


def children_of(process: subprocess.Popen[bytes]) -> list[int]:
    found: list[int] = []
    for children in Path(f"/proc/{process.pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, children.read_text().split())
    return found


def containers_of(engine: Engine, worker: subprocess.Popen[bytes]) -> list[str]:
    """Those of the runs of a worker's children, which are told their folders when they are started."""
    folders = []
    for pid in children_of(worker):
        with contextlib.suppress(FileNotFoundError):
            folders.append(Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").rpartition("\0")[2])
    return [name for folder in folders if FOLDER in folder for name in left_of(engine, Path(folder))]


def kill(process: subprocess.Popen[bytes]) -> None:
    """The whole machine, as it were: nothing of it can clean up."""
    process.send_signal(signal.SIGSTOP)
    children = children_of(process)
    assert children
    for pid in (*children, process.pid):
        os.kill(pid, signal.SIGKILL)
    process.wait()


def journal(out: Path) -> list[dict[str, Any]]:
    file = out / "journal.jsonl"
    lines = file.read_text().splitlines(keepends=True) if file.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def marks(said: Said) -> dict[str, Any]:
    assert said.status == 0, said.err
    return {each["student"]: each["score"] for each in said.document["submissions"]}


@pytest.mark.timeout(3 * WITHIN, func_only=True)
def test_a_worker_killed_in_the_middle_loses_nothing_and_nothing_is_graded_twice(
    lab: Command, engine: Engine, machines: Machines, class_: Path, into: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    earned = {f"s{number}": SOURCES[source] for number, source in enumerate(HANDED_IN)} | {"s6": 0}

    def start(*options: str) -> subprocess.Popen[str]:
        return lab.start(
            "grade", EXERCISE.name, class_, "--out", out, "--json", *options, LAB_KEY=str(tmp_path / "key.pem")
        )

    kept, lost = machines.worker(), machines.worker()
    with start("--scheduler", machines.address) as process:
        until(lambda: len(journal(out)) >= 2 and containers_of(engine, lost), WITHIN)
        kill(lost)
        assert marks(ended(process, WITHIN)) == earned
    assert len([*(into / FOLDER).iterdir()]) == 2
    lines = journal(out)
    assert len({line["key"] for line in lines}) == len(lines) == len(earned)
    assert {line["slug"] for line in lines} == earned.keys()

    with start() as process:  # by this machine: it knows all of them by the same keys
        assert marks(ended(process, WITHIN)) == earned
    assert journal(out) == lines

    end(kept)
    machines.worker()
    (class_ / "s0" / "server.py").write_text("print('new')\n")
    with start("--scheduler", machines.address) as process:
        assert marks(ended(process, WITHIN)) == earned | {"s0": 0}
    assert len(journal(out)) == len(lines) + 1
    assert left_of(engine, into) == []
    machines.end()
    assert [*(into / FOLDER).iterdir()] == []
