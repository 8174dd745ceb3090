from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab import arguments, runs
from lab.edition import edition
from lab.errors import InputError, LabError
from lab.grading import machine
from lab.grading.definition import definition_of
from lab.grading.journal import Grounds
from lab.grading.machine import FOLDER, Machine, Ready, Said, Sent, home_in
from lab.grading.task import Answer, Task
from lab.record import Words
from lab.submissions import Student, Submission
from lab.text import same, say

SCENARIO = arguments.scenario("tcp-multiclient")
GROUNDS = Grounds.of(SCENARIO, definition_of(SCENARIO))
TASK = Task.of(Submission(Student("a", "a"), {"server.py": b"x"}), "/there/scenario.yaml", 7)


class Fake:
    """Workers that answer with what they were asked."""

    def __init__(self, during: Callable[[], object]) -> None:
        self._during = during
        self.ended = False

    def run(self, tasks: Sequence[Task], *, ended: Callable[[Task, Answer], None], **_: object) -> None:
        for task in tasks:
            self._during()
            ended(task, Answer(failed=Words.of(same(task.exercise))))


class Made:
    """What was made ready."""

    def __init__(self) -> None:
        self.ready: list[Ready] = []
        self.fakes: list[Fake] = []
        self.during: Callable[[], object] = lambda: None

    def prepare(self, name: str, grounds: Grounds) -> Ready:
        scenario = arguments.scenario(name)
        machine.check(scenario, grounds)
        ending = ExitStack()

        def workers() -> Fake:
            fake = Fake(self.during)
            self.fakes.append(fake)
            ending.callback(setattr, fake, "ended", True)
            return fake

        self.ready.append(Ready(scenario, grounds, workers, ending))
        return self.ready[-1]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    made = Made()
    monkeypatch.setattr(machine, "_MACHINE", Machine(made.prepare))
    return made


def said(exercise: str = "tcp-multiclient", grounds: Grounds = GROUNDS, lab: str = edition()) -> Said:
    sent = Sent(exercise=exercise, grounds=grounds, task=TASK)
    return Said.model_validate_json(machine.answer(lab, sent.model_dump_json(), "tcp://w:1"))


def why(said: Said) -> str:
    assert said.answer.failed is not None
    return said.answer.failed.en


def test_a_task_is_graded_by_the_scenario_of_this_machine(made: Made) -> None:
    answered = said()
    assert (answered.worker, answered.fit) == ("tcp://w:1", True)
    assert why(answered) == str(SCENARIO.folder / "scenario.yaml")


def test_what_is_ready_stays(made: Made) -> None:
    for _ in range(3):
        assert said().fit
    assert (len(made.ready), len(made.fakes)) == (1, 1)


def test_tasks_at_once_have_workers_each(made: Made) -> None:
    both = threading.Barrier(2)
    made.during = lambda: both.wait(10)
    threads = [threading.Thread(target=said) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made.ready), len(made.fakes)) == (1, 2)
    assert made.ready[0].busy == 0


def test_another_exercise_ends_those_that_nobody_asks_for(made: Made) -> None:
    said()
    other = arguments.scenario("udp-hello")
    assert said("udp-hello", Grounds.of(other, definition_of(other))).fit
    assert [fake.ended for fake in made.fakes] == [True, False]
    machine._MACHINE.close()
    assert [fake.ended for fake in made.fakes] == [True, True]


def test_one_that_is_busy_goes_on(made: Made) -> None:
    other = arguments.scenario("udp-hello")
    inside: list[bool] = []

    def during() -> None:
        if not inside:
            inside.append(True)
            said("udp-hello", Grounds.of(other, definition_of(other)))
            inside.append(made.fakes[0].ended)

    made.during = during
    assert said().fit
    assert inside == [True, False]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"lab": "0.0.1"}, f"its lab is {edition()}, not 0.0.1"),
        ({"grounds": replace(GROUNDS, definition="0")}, "its checkout differs in the exercise"),
        ({"grounds": replace(GROUNDS, images=("x",))}, "its checkout differs in the images"),
        ({"exercise": "no-such"}, "no scenario"),
        ({"exercise": "/no/such"}, "/no/such"),
    ],
)
def test_a_machine_that_is_not_fit_says_so_by_its_name(made: Made, asked: dict[str, Any], told: str) -> None:
    answered = said(**asked)
    assert not answered.fit
    assert why(answered).startswith("the worker tcp://w:1 cannot grade this: ")
    assert told in why(answered)


def test_an_exercise_that_changes_meanwhile_is_not_graded_by(made: Made, tmp_path: Path) -> None:
    for file in SCENARIO.folder.rglob("*"):
        if file.is_file():
            (tmp_path / "x" / file.relative_to(SCENARIO.folder)).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "x" / file.relative_to(SCENARIO.folder)).write_bytes(file.read_bytes())
    copy = arguments.scenario(str(tmp_path / "x"))
    grounds = Grounds.of(copy, definition_of(copy))
    assert said(str(copy.folder), grounds).fit
    (copy.folder / "solution" / "server.py").write_text("changed")
    assert "its checkout differs in the exercise" in why(said(str(copy.folder), grounds))


@pytest.mark.parametrize(
    "error", [LabError(say("no engine", "无引擎"), say("start it", "启动它")), OSError(28, "full")]
)
def test_what_cannot_be_made_ready_is_tried_again(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    tried: list[str] = []

    def prepare(name: str, _: Grounds) -> Ready:
        tried.append(name)
        raise error

    monkeypatch.setattr(machine, "_MACHINE", Machine(prepare))
    answered = [said(), said()]
    assert not any(each.fit for each in answered)
    assert len(tried) == 2
    assert ("no engine: start it" in why(answered[0])) or "full" in why(answered[0])


def test_the_home_of_a_process_is_gone_with_it(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        assert home.parent == tmp_path / FOLDER
        assert runs.alive(home)
        (home / "0" / "0").mkdir(parents=True)
        with home_in(tmp_path) as other:
            assert home.is_dir()
            assert other != home
    assert [*(tmp_path / FOLDER).iterdir()] == []


def test_the_home_of_a_dead_process_is_removed_once_its_children_have_ended(tmp_path: Path) -> None:
    run = tmp_path / FOLDER / "dead" / "0" / "0" / "tcp" / "run"
    run.mkdir(parents=True)
    (tmp_path / FOLDER / "dead" / runs.LOCK_FILE).touch()
    with (run / runs.LOCK_FILE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with home_in(tmp_path):
            assert run.is_dir()
    with home_in(tmp_path):
        assert not run.exists()
        assert not (tmp_path / FOLDER / "dead").exists()


def test_lab_clean_spares_the_home_of_a_live_process(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        assert runs.remove_all(tmp_path) == 0
        assert home.is_dir()


def test_a_check_of_what_is_here() -> None:
    machine.check(SCENARIO, GROUNDS)
    with pytest.raises(InputError):
        machine.check(SCENARIO, replace(GROUNDS, lab="0"))
