"""One machine's part in a grading by several: an exercise made ready once, and children that stay warm.

The process that this runs in never runs what was handed in, nor grades it: that is done by the children of a `Pool`
as on one machine. They end with this process, however it ends, since their input does.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lab import arguments, batch, doctor, runs
from lab.edition import edition
from lab.errors import InputError, LabError
from lab.grading.definition import definition_of
from lab.grading.journal import Grounds
from lab.grading.pool import Pool, Workers, bound
from lab.grading.task import Answer, Task
from lab.places import RUNS
from lab.record import Fact, Words
from lab.scenario import Scenario
from lab.text import Text, join, same, say

FOLDER = ".workers"  # among the run directories: those of the processes that take part


class Sent(Fact):
    """A task for another machine. `exercise` is the name of a scenario, or the path of one on that machine."""

    exercise: str
    grounds: Grounds
    task: Task


class Said(Fact):
    """What a worker says to it. One that is not `fit` can grade nothing of this exercise."""

    worker: str
    answer: Answer
    fit: bool = True


def answer(lab: str, text: str, worker: str) -> str:
    """The `Said` of this machine to a `Sent`, both as JSON; `lab` is the edition that sent it."""
    try:
        if lab != edition():
            raise InputError(
                say("its lab is {here}, not {lab}", "其 lab 版本是 {here}，而不是 {lab}", here=edition(), lab=lab)
            )
        sent = Sent.model_validate_json(text)
        with _MACHINE.ready_for(sent.exercise, sent.grounds) as exercise:
            said = Said(worker=worker, answer=exercise.grade(sent.task))
    except LabError as error:
        parts = [error.what] if error.remedy is None else [error.what, error.remedy]
        said = _unfit(worker, join(say(": ", "："), parts))
    except OSError as error:
        said = _unfit(worker, same(str(error)))
    return said.model_dump_json(exclude_none=True)


def _unfit(worker: str, why: Text) -> Said:
    what = say("the worker {worker} cannot grade this: {why}", "{worker} 无法评分：{why}", worker=worker, why=why)
    return Said(worker=worker, answer=Answer(failed=Words.of(what)), fit=False)


@dataclass(slots=True)
class Ready:
    """An exercise that is ready here: its workers, of one child each, are as many as tasks came at once."""

    scenario: Scenario
    grounds: Grounds
    workers: Callable[[], Workers]
    """Another one, which ends when this does."""
    ending: ExitStack
    busy: int = 0
    _idle: list[Workers] = field(default_factory=list)

    def grade(self, task: Task) -> Answer:
        """The answer of a child to `task`. Raises `InputError` where the exercise is not what it was."""
        check(self.scenario, self.grounds)
        file = str(self.scenario.folder / self.scenario.file)
        workers = self._idle.pop() if self._idle else self.workers()
        answers: list[Answer] = []
        workers.run([task.model_copy(update={"exercise": file})], ended=lambda _, answer: answers.append(answer))
        self._idle.append(workers)
        return answers[0]


def check(scenario: Scenario, grounds: Grounds) -> None:
    """Raise `InputError` where what an exercise is here is not what results are to stand on."""
    here = Grounds.of(scenario, definition_of(scenario))
    if here != grounds:
        what = say("exercise", "练习") if here.definition != grounds.definition else say("images", "镜像")
        raise InputError(say("its checkout differs in the {what}", "其检出的{what}不同", what=what))


class Machine:
    """The exercises that are ready in this process. Those that nobody asks for end when another is asked for."""

    def __init__(self, prepare: Callable[[str, Grounds], Ready]) -> None:
        self._prepare = prepare
        self._lock = threading.Lock()
        self._ready: dict[tuple[str, Grounds], Ready] = {}

    @contextmanager
    def ready_for(self, name: str, grounds: Grounds) -> Iterator[Ready]:
        """The exercise of a name. Raises `LabError` where it cannot be made ready."""
        with self._lock:
            if (name, grounds) not in self._ready:
                self._end(lambda each: not each.busy)
                self._ready[name, grounds] = self._prepare(name, grounds)
            exercise = self._ready[name, grounds]
            exercise.busy += 1
        try:
            yield exercise
        finally:
            with self._lock:
                exercise.busy -= 1

    def close(self) -> None:
        """End all, also those that are busy."""
        with self._lock:
            self._end(lambda _: True)

    def _end(self, which: Callable[[Ready], bool]) -> None:
        for key in [key for key, each in self._ready.items() if which(each)]:
            self._ready.pop(key).ending.close()


def prepare(name: str, grounds: Grounds) -> Ready:
    """Make an exercise ready on this machine's engine, after a sweep of what dead runs left."""
    scenario = arguments.scenario(name)
    check(scenario, grounds)
    engine = doctor.ready(lambda _: None, lambda _: False)
    doctor.ensure_images(engine, batch.images_of([scenario]), lambda _: None)
    ending = ExitStack()
    home = ending.enter_context(home_in(RUNS))
    made = iter(range(1 << 31))

    def workers() -> Workers:
        return ending.enter_context(Pool(1, home / str(next(made)), bound(scenario)))

    return Ready(scenario, grounds, workers, ending)


@contextmanager
def home_in(folder: Path) -> Iterator[Path]:
    """A folder for the runs of a process, among the run directories, so that it is known when the process is dead.

    Those of dead processes are removed, unless one of their children still cleans up.
    """
    among = folder / FOLDER
    among.mkdir(parents=True, exist_ok=True)
    with ExitStack() as made:
        with _alone(among):
            for other in among.iterdir():
                if not any(runs.alive(lock.parent) for lock in other.rglob(runs.LOCK_FILE)):
                    shutil.rmtree(other, ignore_errors=True)
            home = made.enter_context(runs.new_folder(folder, FOLDER))
        try:
            yield home
        finally:
            for each in home.iterdir():
                if each.is_dir():
                    shutil.rmtree(each, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


_MACHINE = Machine(prepare)
atexit.register(_MACHINE.close)
