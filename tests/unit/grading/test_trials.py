from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import pytest
from sums import RIGHT, graded, written

from lab.grading import selftest, trials
from lab.grading.definition import definition_of
from lab.grading.journal import Journal
from lab.grading.task import Answer, Marked, Task
from lab.grading.trials import Asked
from lab.scenario import Scenario


class FakePool:
    """Workers at whose place every program is right."""

    ran: list[str]

    def __init__(self, *_: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, tasks: Sequence[Task], *, ended: Callable[[Task, Answer], None], alone: bool = False) -> None:
        for task in tasks:
            FakePool.ran.append(task.slug)
            ended(task, Answer(marked=Marked(graded=graded(RIGHT))))


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    FakePool.ran = []
    monkeypatch.setattr(trials, "Pool", FakePool)
    monkeypatch.setattr(trials, "make_ready", lambda *_, **__: None)


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    return written(tmp_path)


def asked(journal: Journal | None = None, *, again: bool = False) -> Asked:
    return Asked("en", io.StringIO(), journal=journal, again=again, jobs=2)


def test_every_task_is_told_by_its_slug(scenario: Scenario):
    tasks = selftest.tasks(scenario)
    assert trials.graded(scenario, tasks, asked()).keys() == {task.slug for task in tasks}


def test_what_the_journal_knows_is_not_run_again_unless_asked(scenario: Scenario, tmp_path: Path):
    tasks = selftest.tasks(scenario)[:3]
    trials.graded(scenario, tasks, asked(Journal(tmp_path, "sums")))
    FakePool.ran = []
    assert trials.graded(scenario, tasks, asked(Journal(tmp_path, "sums"))).keys() == {task.slug for task in tasks}
    assert FakePool.ran == []
    trials.graded(scenario, tasks, asked(Journal(tmp_path, "sums"), again=True))
    assert len(FakePool.ran) == 3


def test_a_matrix_is_defined_by_its_own_file_too(scenario: Scenario):
    (scenario.folder / "matrix.yaml").write_text("one")
    of_exercise = definition_of(scenario)
    met = scenario.model_copy(update={"file": "matrix.yaml"})
    one = definition_of(met)
    (scenario.folder / "matrix.yaml").write_text("another")
    assert definition_of(scenario) == of_exercise != one
    assert definition_of(met) != one
