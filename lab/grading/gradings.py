"""Gradings that belong together: of a class, of a self-test, of a matrix.

What the journal knows is not run; what ended in an error of the lab is run once more, alone, after all others. A result
is written down before it is counted, so that what was interrupted goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from lab.edition import edition
from lab.graded import Graded
from lab.grading.definition import definition_of
from lab.grading.journal import Grounds, Journal, Line
from lab.grading.marking import full_marks
from lab.grading.pool import Workers
from lab.grading.task import Answer, Marked, Task
from lab.record import Words
from lab.results import Verdict
from lab.scenario import Scenario


class Gradings:
    """Gradings by `scenario`. With a journal, one task of a key is run for all of them: they are the same."""

    def __init__(self, scenario: Scenario, journal: Journal | None) -> None:
        self._scenario = scenario
        self._journal = journal
        self._definition = definition_of(scenario)
        self._waiting: dict[str, list[Task]] = {}
        self.grounds = Grounds.of(scenario, self._definition)

    @property
    def waiting(self) -> int:
        """How many are to be run."""
        return len(self._waiting)

    def take(self, tasks: Iterable[Task], known: Callable[[Task, Line], bool], *, again: bool = False) -> None:
        """Have `tasks` wait, but for what the journal knows, unless it is to be graded `again`.

        `known` is given each that the journal knows, and says whether it can be taken from there.
        """
        for task in tasks:
            line = None if again or self._journal is None else self._journal.known(self._key(task))
            if line is None or not known(task, line.model_copy(update={"graded": _of(task, line.graded)})):
                self._waiting.setdefault(task.slug if self._journal is None else self._key(task), []).append(task)

    def run(
        self,
        workers: Workers,
        ended: Callable[[Task, Marked], None],
        rerun: Callable[[Task, Graded], None] = lambda _, __: None,
    ) -> None:
        """Have graded what waits: `ended` is called for each task, `rerun` for each that will be run once more."""
        key_of = {tasks[0].slug: key for key, tasks in self._waiting.items()}
        failed: list[Task] = []

        def answered(task: Task, answer: Answer) -> None:
            marked = answer.marked or Marked(graded=self._unmarked(task, answer))
            if marked.graded.verdict is Verdict.ERROR and task.runs == 1:
                failed.append(task.model_copy(update={"runs": 2}))
                rerun(task, marked.graded)
                return
            for each in self._waiting.pop(key_of[task.slug]):
                ended(each, marked.model_copy(update={"graded": _of(each, marked.graded)}))

        workers.run([tasks[0] for tasks in self._waiting.values()], ended=answered)
        if failed:
            workers.run(failed, ended=answered, alone=True)

    def keep(self, task: Task, graded: Graded, *, known: bool = False) -> bool:
        """Write a result down; False where it is `known`, and the latest of its student already."""
        if self._journal is None:
            return True
        key, last = self._key(task), self._journal.last_of(task.slug)
        if known and last is not None and last.key == key:
            return False
        self._journal.add(key, task.slug, graded)
        return True

    def _key(self, task: Task) -> str:
        return self.grounds.key(task.submission.digest, task.seed)

    def _unmarked(self, task: Task, answer: Answer) -> Graded:
        """What a task came to whose worker was lost."""
        return Graded(
            exercise=self._scenario.name,
            title=Words.of(self._scenario.title.text),
            student=task.student,
            submission=task.submission.sha256,
            verdict=Verdict.ERROR,
            score=0,
            max=full_marks(self._scenario),
            problem=answer.failed,
            seed=task.seed,
            lab=edition(),
            definition=self._definition,
            started=time.time_ns(),
            seconds=0,
            runs=task.runs,
        )


def _of(task: Task, graded: Graded) -> Graded:
    """A result as that of the student of `task`."""
    return graded.model_copy(update={"student": task.student})
