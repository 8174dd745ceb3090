"""Several scenarios at once, each by a `lab run` of its own.

A child is what a user would run, in a session of its own: what it crashes of, what it needs of memory and
what a terminal's Ctrl-C does never touches the others, and each cleans up after itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT
from typing import Any

from lab.errors import InputError, LabError, ScenarioError
from lab.hosts import TAP
from lab.places import ROOT
from lab.results import Verdict
from lab.scenario import Scenario
from lab.text import Language

COMMAND = (sys.executable, "-P", "-m", "lab", "run", "--json", "--quiet")
SAID = 4000  # characters kept of what a child said last
A_CORE = 2  # runs a core: much of a run is waiting, for the engine and for programs
MEMORY = 256 << 20  # bytes that a run of known programs takes, its containers included


@dataclass(frozen=True, slots=True)
class Job:
    """A scenario to run, by its name, folder or file, with what was handed in for it, and its seed."""

    name: str
    submission: Path | None = None
    seed: int = 0
    trace: bool = False
    """Of all programs the calls on sockets, not only of those of which the scenario says so."""

    @property
    def scenario(self) -> str:
        """The name of the scenario."""
        path = Path(self.name).absolute()
        return path.parent.name if path.suffix else path.name


@dataclass(frozen=True, slots=True)
class Done:
    """How the child of a job ended.

    `document` is what `lab run --json` gave, None where it gave none; `said` the end of its stderr; `seconds` its
    wall time.
    """

    job: Job
    status: int
    document: dict[str, Any] | None
    said: str
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """The verdict of the run; an error where there was none."""
        return Verdict.ERROR if self.document is None else Verdict(self.document["verdict"])

    @property
    def exit_code(self) -> int:
        """The exit code of the run; without a document it is 2 or 3."""
        if self.document is not None or self.status == InputError.exit_code:
            return self.status
        return LabError.exit_code


def run(
    jobs: Sequence[Job],
    at_once: int,
    *,
    began: Callable[[Job], None] = lambda _: None,
    ended: Callable[[Done], None] = lambda _: None,
    language: Language | None = None,
    expected: Callable[[str], float] = lambda _: 0.0,
) -> list[Done]:
    """Run `jobs`, at most `at_once` of them at a time; how each ended, in the order of `jobs`.

    `began` and `ended` are called as it happens, in the thread of the caller. The children speak `language`, or
    that of the locale. `expected` says how many seconds a scenario will take; the longest are begun first. After
    Ctrl-C every child is interrupted, and has cleaned up when KeyboardInterrupt is raised.
    """
    children = _Children(() if language is None else ("--lang", language))
    done: dict[int, Done] = {}
    waiting = deque(sorted(range(len(jobs)), key=lambda place: -expected(jobs[place].scenario)))
    try:
        while len(done) < len(jobs):
            if waiting and len(jobs) - len(waiting) - len(done) < at_once:
                place = waiting.popleft()
                began(jobs[place])
                children.start(place, jobs[place])
            else:
                place, finished = children.next()
                done[place] = finished
                ended(finished)
    finally:
        children.stop()
    return [done[place] for place in range(len(jobs))]


def images_of(scenarios: Iterable[Scenario | ScenarioError]) -> list[str]:
    """The images that runs of the sound ones of `scenarios` need."""
    sound = [each for each in scenarios if isinstance(each, Scenario)]
    return sorted({TAP} | {host.image for each in sound for host in each.hosts.values()})


def environment() -> dict[str, str]:
    """The environment of a child that runs this very lab."""
    same_lab = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return os.environ | {"PYTHONPATH": same_lab}


def most(memory: int = MEMORY) -> int:
    """How many runs at once this machine does best: by its cores, and by its memory if each takes `memory` bytes."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    fit = cores * A_CORE
    with suppress(ValueError, OSError):
        fit = min(fit, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // max(memory, MEMORY))
    return max(1, fit)


def verdict_of(done: Iterable[Done]) -> Verdict:
    """The verdict of all: passed where each is, an error where one is."""
    verdicts = {each.verdict for each in done} - {Verdict.PASSED}
    if not verdicts:
        return Verdict.PASSED
    return Verdict.ERROR if Verdict.ERROR in verdicts else Verdict.FAILED


def document(done: Sequence[Done], seconds: float) -> dict[str, Any]:
    """The document of `lab run --json` for several scenarios: verdict, scenarios, seconds.

    Each scenario is the document of its run; where there is none: scenario, verdict (`error`), exit_code, said.
    """
    return {
        "verdict": str(verdict_of(done)),
        "scenarios": [_alone(each) if each.document is None else each.document for each in done],
        "seconds": round(seconds, 6),
    }


def _alone(done: Done) -> dict[str, Any]:
    return {
        "scenario": done.job.scenario,
        "verdict": str(done.verdict),
        "exit_code": done.exit_code,
        "said": done.said,
    }


class _Children:
    """The children, each with a thread that waits for it.

    Only the threads start children, so that no KeyboardInterrupt, which is the main thread's, comes between the
    start of one and the note of it.
    """

    def __init__(self, options: tuple[str, ...]) -> None:
        self._options = options
        self._changed = threading.Condition()
        self._going: dict[int, subprocess.Popen[bytes]] = {}
        self._ended: deque[tuple[int, Done]] = deque()
        self._stopping = False

    def start(self, place: int, job: Job) -> None:
        """Start the child of a job, which `next` tells of by its place."""
        threading.Thread(target=self._attend, args=(place, job)).start()

    def next(self) -> tuple[int, Done]:
        """The place and the end of a child, once one has ended."""
        with self._changed:
            while not self._ended:
                self._changed.wait()
            return self._ended.popleft()

    def stop(self) -> None:
        """Start no more; interrupt those that go on and wait for them. Another Ctrl-C is passed on as well."""
        with self._changed:
            self._stopping = True
            while self._going:
                for process in self._going.values():
                    process.send_signal(SIGINT)
                with suppress(KeyboardInterrupt):
                    while self._going:
                        self._changed.wait()

    def _attend(self, place: int, job: Job) -> None:
        began = time.monotonic()
        with self._changed:
            if self._stopping:
                return
            try:
                process = self._going[place] = self._popen(job)
            except OSError as error:
                self._tell(place, Done(job, LabError.exit_code, None, str(error), 0.0))
                return
        out, err = process.communicate()
        with self._changed:
            del self._going[place]
            said = err.decode(errors="replace").strip()[-SAID:]
            self._tell(place, Done(job, process.returncode, _parsed(out), said, time.monotonic() - began))

    def _tell(self, place: int, done: Done) -> None:
        self._ended.append((place, done))
        self._changed.notify_all()

    def _popen(self, job: Job) -> subprocess.Popen[bytes]:
        handed_in = () if job.submission is None else ("--submission", str(job.submission))
        seed = () if job.seed == 0 else ("--seed", str(job.seed))
        trace = ("--trace",) if job.trace else ()
        return subprocess.Popen(
            [*COMMAND, *self._options, *handed_in, *seed, *trace, "--", job.name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            start_new_session=True,
        )


def _parsed(out: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(out)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
