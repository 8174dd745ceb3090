from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sums import RIGHT, error, graded, written

from lab.graded import Graded
from lab.grading.gradings import Gradings
from lab.grading.journal import Journal
from lab.grading.task import Answer, Marked, Task
from lab.record import Words
from lab.results import Verdict
from lab.scenario import Scenario
from lab.submissions import Student, Submission

LOST = Answer(failed=Words(en="killed", zh="被杀死"))


def right(task: Task) -> Answer:
    return Answer(marked=Marked(graded=graded(RIGHT, runs=task.runs), capture=f"of {task.slug}"))


class Fake:
    """Workers that answer as `answer` says, in the order that they are asked in."""

    def __init__(self, answer: Callable[[Task], Answer] = right) -> None:
        self.ran: list[tuple[str, bool]] = []
        self.answer = answer

    def run(self, tasks: Sequence[Task], *, ended: Callable[[Task, Answer], None], alone: bool = False) -> None:
        for task in tasks:
            self.ran.append((task.slug, alone))
            ended(task, self.answer(task))


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    return written(tmp_path)


def tasks(**texts: str) -> list[Task]:
    """A task a student, who handed in a text."""
    return [Task.of(Submission(Student(s, s), {"p.py": text.encode()}), "", 1) for s, text in texts.items()]


def gone(task: Task, _: object) -> bool:
    return False


def ended(gradings: Gradings, workers: Fake) -> dict[str, Marked]:
    """What every task came to, by slug."""
    marked: dict[str, Marked] = {}

    def end(task: Task, came: Marked) -> None:
        assert task.slug not in marked
        gradings.keep(task, came.graded)
        marked[task.slug] = came

    gradings.run(workers, end)
    return marked


def test_with_a_journal_what_is_the_same_is_run_once(scenario: Scenario, tmp_path: Path):
    gradings, workers = Gradings(scenario, Journal(tmp_path, "sums")), Fake()
    gradings.take(tasks(a="x", b="y", c="x"), gone)
    assert gradings.waiting == 2
    found = ended(gradings, workers)
    assert workers.ran == [("a", False), ("b", False)]
    assert {slug: (came.graded.student, came.capture) for slug, came in found.items()} == {
        "a": ("a", "of a"),
        "b": ("b", "of b"),
        "c": ("c", "of a"),
    }


def test_without_a_journal_each_is_run(scenario: Scenario):
    gradings, workers = Gradings(scenario, None), Fake()
    gradings.take(tasks(a="x", b="x"), gone)
    assert ended(gradings, workers).keys() == {"a", "b"}
    assert workers.ran == [("a", False), ("b", False)]


def test_an_error_of_the_lab_is_run_once_more_alone_after_the_others(scenario: Scenario):
    told: list[tuple[str, Verdict]] = []
    workers = Fake(
        lambda task: Answer(marked=Marked(graded=error())) if (task.slug, task.runs) == ("a", 1) else right(task)
    )
    gradings, found = Gradings(scenario, None), dict[str, Graded]()
    gradings.take(tasks(a="x", b="y"), gone)
    gradings.run(
        workers,
        lambda task, marked: found.update({task.slug: marked.graded}),
        lambda task, graded: told.append((task.slug, graded.verdict)),
    )
    assert workers.ran == [("a", False), ("b", False), ("a", True)]
    assert told == [("a", Verdict.ERROR)]
    assert (found["a"].runs, found["a"].verdict) == (2, Verdict.PASSED)


def test_a_lost_worker_is_an_error_with_its_reason(scenario: Scenario, tmp_path: Path):
    journal = Journal(tmp_path, "sums")
    gradings, workers = Gradings(scenario, journal), Fake(lambda _: LOST)
    gradings.take(tasks(a="x"), gone)
    (came,) = ended(gradings, workers).values()
    assert len(workers.ran) == 2
    assert (came.graded.verdict, came.graded.problem, came.graded.runs) == (Verdict.ERROR, LOST.failed, 2)
    assert journal.last_of("a") is None


def test_what_the_journal_knows_is_offered_first_and_run_where_it_is_of_no_use(scenario: Scenario, tmp_path: Path):
    first = Gradings(scenario, Journal(tmp_path, "sums"))
    first.take(tasks(a="x"), gone)
    ended(first, Fake())
    students: list[str] = []
    for usable, waiting in ((True, 0), (False, 1)):
        again = Gradings(scenario, Journal(tmp_path, "sums"))
        again.take(tasks(b="x"), lambda _, line, usable=usable: students.append(line.graded.student) or usable)
        assert again.waiting == waiting
    again = Gradings(scenario, Journal(tmp_path, "sums"))
    again.take(tasks(b="x"), lambda *_: pytest.fail("asked"), again=True)
    assert (students, again.waiting) == (["b", "b"], 1)


def test_what_is_known_is_written_down_where_it_was_not_the_latest(scenario: Scenario, tmp_path: Path):
    journal = Journal(tmp_path, "sums")
    gradings = Gradings(scenario, journal)
    (one,), (other,) = tasks(a="x"), tasks(a="y")
    assert gradings.keep(one, graded(RIGHT), known=True)
    assert not gradings.keep(one, graded(RIGHT), known=True)
    assert gradings.keep(other, graded(RIGHT), known=True)
    assert gradings.keep(other, graded(RIGHT))
