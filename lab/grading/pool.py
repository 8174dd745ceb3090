"""Workers on this machine: children that grade, each in a session of its own, replaced when one is lost.

A child that ends, that says what is no answer, or that takes longer than it may is killed, what it had running is
swept, and another takes its place; its task is answered as failed. So no submission holds up another.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from signal import SIGINT, Signals
from types import TracebackType
from typing import IO, Protocol, Self

from pydantic import ValidationError

from lab import batch, doctor, runs
from lab.deadline import MOST
from lab.dockerengine import connect
from lab.errors import LabError
from lab.grading.task import Answer, Task
from lab.limits import MIB
from lab.record import Words
from lab.report.terminal import TerminalReporter
from lab.results import Verdict
from lab.running import asked_by
from lab.scenario import Scenario
from lab.text import Language, Text, say

COMMAND = (sys.executable, "-P", "-m", "lab.grading.worker")
SAID_FILE = "stderr"  # in the folder of a child: what it and what it imports complain of
SAID = 400  # characters told of it
PIECE = 1 << 20
SLACK = 1 + MOST  # times the deadline of an exchange, that being how far it is put off on a busy machine
AROUND = 60.0  # seconds for what is around the exchange: bringing up, settling, the checks, cleaning up
IN_A_ROW = 3  # errors, after which it is asked whether the engine still answers
CLEANING_UP = 20.0  # seconds that children have for it once they were interrupted


class Workers(Protocol):
    """Who grades: the children of this process, or workers on other machines."""

    def run(
        self,
        tasks: Sequence[Task],
        *,
        ended: Callable[[Task, Answer], None],
        alone: bool = False,
    ) -> None:
        """Have every task answered once, several at a time, or one at a time if `alone`.

        `ended` is called as it happens, in the thread of the caller. Raises KeyboardInterrupt after Ctrl-C; it was
        called for what was answered by then.
        """


def bound(scenario: Scenario) -> float:
    """Seconds after which a child is given up that grades a submission of `scenario`.

    The lab itself ends an exchange when the scenario's deadline has passed, put off by what the machine keeps its
    programs waiting. This is for what the lab does not bound, such as a check that does not come to an end: as late
    as that may be, and a minute for all else.
    """
    return SLACK * scenario.patience + AROUND


def make_ready(scenario: Scenario, language: Language, stream: IO[str], *, quiet: bool) -> None:
    """Have an engine answer, and the images that `scenario` wants in it; what that takes is shown on `stream`."""
    with TerminalReporter(language, stream=stream, quiet=quiet) as preparing:
        engine = doctor.ready(preparing.doing, asked_by(preparing))
        doctor.ensure_images(engine, batch.images_of([scenario]), preparing.doing)


def most_at_once(scenario: Scenario) -> int:
    """How many gradings at once suit this machine, where each host of a submission takes all the memory that it may."""
    assert scenario.exercise is not None
    own = scenario.exercise.read_by
    hosts = {program.host for program in scenario.programs.values() if own([program])}
    return batch.most(len(hosts) * scenario.limits.memory * MIB)


class Pool:
    """`at_once` children, which stay from task to task; a context manager that ends them.

    Each has a folder under `work` for its run directories. `within` are the seconds that a task may take;
    `sweep` removes what a lost child had running, `engine` raises `EngineMissing` where none answers any more.
    """

    def __init__(
        self,
        at_once: int,
        work: Path,
        within: float,
        sweep: Callable[[], object] = lambda: runs.sweep(connect()),
        engine: Callable[[], object] = connect,
    ) -> None:
        self._at_once = at_once
        self._work = work
        self._within = within
        self._sweep = sweep
        self._engine = engine
        self._errors = 0
        self._changed = threading.Condition()
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._answered: deque[tuple[Task, Answer]] = deque()
        self._made = 0
        self._stopping = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def run(
        self,
        tasks: Sequence[Task],
        *,
        ended: Callable[[Task, Answer], None],
        alone: bool = False,
    ) -> None:
        """As `Workers.run`. Raises `EngineMissing` where after some errors in a row no engine answers any more."""
        at_once = 1 if alone else self._at_once
        waiting = deque(tasks)
        going = 0
        while waiting or going:
            if waiting and going < at_once:
                task = waiting.popleft()
                going += 1
                threading.Thread(target=self._attend, args=(task,), daemon=True).start()
            else:
                task, answer = self._next()
                going -= 1
                self._look_at(answer)
                ended(task, answer)

    def _look_at(self, answer: Answer) -> None:
        """Ask for the engine where the lab fails again and again: without one, what is left would fail too."""
        failed = answer.marked is None or answer.marked.graded.verdict is Verdict.ERROR
        self._errors = self._errors + 1 if failed else 0
        if self._errors >= IN_A_ROW:
            self._engine()
            self._errors = 0

    def _next(self) -> tuple[Task, Answer]:
        with self._changed:
            while not self._answered:
                self._changed.wait()
            return self._answered.popleft()

    def _attend(self, task: Task) -> None:
        """Have one task answered. Children are started by these threads only: no KeyboardInterrupt comes here."""
        with self._changed:
            if self._stopping:
                return
            try:
                child = self._idle.pop() if self._idle else self._start()
            except OSError as error:
                self._tell(task, _failed(say("no worker can be started: {why}", "无法启动评分进程：{why}", why=error)))
                return
            self._busy.add(child)
        answer, lost = child.ask(task, self._within)
        if lost:
            child.kill()
            with suppress(LabError, OSError):  # the next command sweeps what could not be
                self._sweep()
        with self._changed:
            self._busy.discard(child)
            if lost:
                child.close()
            else:
                self._idle.append(child)
            self._tell(task, answer)

    def _tell(self, task: Task, answer: Answer) -> None:
        self._answered.append((task, answer))
        self._changed.notify_all()

    def _start(self) -> _Child:
        folder = self._work / str(self._made)
        self._made += 1
        return _Child(folder)

    def _stop(self) -> None:
        """Start no more. The idle end with their input; the busy are interrupted, and killed if that is not heeded."""
        with self._changed:
            self._stopping = True
            for child in self._busy:
                child.interrupt()
            for child in self._idle:
                child.close()
            deadline = time.monotonic() + CLEANING_UP
            while self._busy and (left := deadline - time.monotonic()) > 0:
                with suppress(KeyboardInterrupt):
                    self._changed.wait(left)
            lost = list(self._busy)
            for child in lost:
                child.kill()
        if lost:
            with suppress(LabError, OSError):
                self._sweep()


class _Child:
    """A worker process, and the conversation with it. Raises `OSError` where it cannot be started."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._said = folder / SAID_FILE
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [*COMMAND, str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env=batch.environment(),
                start_new_session=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._tasks, self._answers = self._process.stdin, self._process.stdout

    def ask(self, task: Task, within: float) -> tuple[Answer, bool]:
        """The answer to `task`, and whether the child is lost: it ended, talks rubbish, or takes too long."""
        took_too_long = threading.Event()

        def give_up() -> None:
            took_too_long.set()
            self._process.kill()

        bounded = threading.Timer(within, give_up)
        bounded.daemon = True
        bounded.start()
        try:
            line = self._exchange(task.model_dump_json().encode())
        finally:
            bounded.cancel()
        if took_too_long.is_set():
            return _failed(say("it was not over after {n:g} s", "{n:g} 秒后仍未结束", n=within)), True
        if not line.endswith(b"\n"):
            return _failed(self._end()), True
        try:
            return Answer.model_validate_json(line), False
        except ValidationError:
            return _failed(say("the worker said what is no answer", "评分进程给出了无法识别的回答")), True

    def interrupt(self) -> None:
        """Ask it to clean up and end."""
        self._process.send_signal(SIGINT)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Wait for the end that it comes to without further tasks."""
        with suppress(BrokenPipeError):
            self._tasks.close()
        try:
            self._process.wait(CLEANING_UP)
        except subprocess.TimeoutExpired:
            self.kill()
        self._answers.close()

    def _exchange(self, line: bytes) -> bytes:
        """What it says to a line, up to the end of one; nothing where it is gone."""
        try:
            self._tasks.write(line + b"\n")
            self._tasks.flush()
        except BrokenPipeError:
            return b""
        return self._answers.readline()

    def _end(self) -> Text:
        """How it ended, with the last that it said."""
        try:
            status = self._process.wait(CLEANING_UP)
        except subprocess.TimeoutExpired:  # it only closed its output
            self.kill()
            status = self._process.wait()
        with self._said.open("rb") as said:
            said.seek(max(0, os.fstat(said.fileno()).st_size - PIECE))
            lines = said.read().decode(errors="replace").strip().splitlines()
        how = say("with {n}", "退出码 {n}", n=status)
        if status < 0:
            how = say("by {name}", "信号 {name}", name=Signals(-status).name)
        what = say("the worker ended {how}", "评分进程意外结束（{how}）", how=how)
        return what + say(": {said}", "：{said}", said=lines[-1][-SAID:]) if lines else what


def _failed(what: Text) -> Answer:
    return Answer(failed=Words.of(what))
