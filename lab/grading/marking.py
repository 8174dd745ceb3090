"""The grading of one submission, from its files to points: all that a worker does.

    Task ─loader→ Scenario ─wanted→ Handed ─plan, runner→ Record + capture ─grade→ Results ─→ Marked

The run directory lasts as long as the grading: what people are shown of the run goes into the `Marked`.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from lab import grade, images, loader, plan, reader, runner, runs
from lab.checks import PARAMS
from lab.checks.facts import RunFacts
from lab.edition import edition
from lab.engine import Engine
from lab.errors import Interrupted, LabError, ScenarioError
from lab.graded import Graded, GradedCheck, GradedFile
from lab.grading import clues, excerpts, programs, shown
from lab.grading.definition import definition_of
from lab.grading.spelling import UNREAD
from lab.grading.task import Marked, Task
from lab.limits import limit_words
from lab.record import Record, Words
from lab.report import Reporter
from lab.results import Result, Verdict
from lab.scenario import Scenario
from lab.submissions import Handed
from lab.submissions.wanted import handed_in
from lab.text import Text, join, say

MOST_PACKETS = 200
"""Groups of packets, and packets of a group, that are kept of what a check cites: more is nobody's evidence."""


def mark(task: Task, engine: Engine, work: Path) -> Marked:
    """Grade the submission of `task` in hosts of its own; `work` is this worker's folder for run directories.

    What the lab itself fails in is a grading with the verdict error; only Ctrl-C is raised (`Interrupted`,
    `KeyboardInterrupt`). No file and no container is left behind.
    """
    began = time.monotonic()
    marking = _Marking(task, engine, work)
    try:
        marked = marking.mark()
    except Interrupted:
        raise
    except LabError as error:
        marked = marking.failed_by_lab(error)
    lasted = marked.graded.model_copy(update={"seconds": time.monotonic() - began})
    return marked.model_copy(update={"graded": lasted})


def full_marks(scenario: Scenario) -> float:
    """The points of the exercise without its bonus."""
    return grade.full_marks((c.points for c in scenario.checks.values() if not c.bonus), _worth(scenario))


def _worth(scenario: Scenario) -> float | None:
    return None if scenario.exercise is None else scenario.exercise.worth


def exercise_of(file: Path, seed: int) -> Scenario:
    """The scenario of the file of an exercise, read again when it has changed. Raises as `loader.load` does."""
    try:
        changed = os.stat(file).st_mtime_ns  # noqa: PTH116  Path.stat is the same call
    except OSError:
        changed = 0  # the loader says what is wrong with it
    return _loaded(file, changed, seed)


@functools.lru_cache(maxsize=64)
def _loaded(file: Path, changed: int, seed: int) -> Scenario:  # noqa: ARG001 - a part of the key
    return loader.load(file, PARAMS, images.names(), seed=seed)


class _Common(TypedDict):
    """What is known of every grading, whatever it comes to."""

    exercise: str
    title: Words
    student: str
    submission: str
    handed_in: bool
    max: float
    seed: int
    lab: str
    definition: str
    started: int
    seconds: float
    runs: int


@dataclass(frozen=True, slots=True)
class _Run:
    """A run that is over and judged."""

    facts: RunFacts
    results: tuple[Result, ...]


class _Marking:
    """The grading of one task; what is known of it so far serves the message of an error too."""

    def __init__(self, task: Task, engine: Engine, work: Path) -> None:
        self._task = task
        self._engine = engine
        self._work = work
        name = Path(task.exercise).absolute().parent.name
        self._common = _Common(
            exercise=name,
            title=Words(en=name, zh=name),
            student=task.student,
            submission=task.submission.sha256,
            handed_in=bool(task.files or task.refused),
            max=0,
            seed=task.seed,
            lab=edition(),
            definition="",
            started=time.time_ns(),
            seconds=0,
            runs=task.runs,
        )
        self._files: tuple[GradedFile, ...] = ()
        self._notes: tuple[Words, ...] = ()

    def mark(self) -> Marked:
        """Grade it. Raises `LabError` where the lab fails."""
        scenario = exercise_of(Path(self._task.exercise), self._task.seed)
        self._common["exercise"] = scenario.name
        self._common["title"] = Words(en=scenario.title.en, zh=scenario.title.zh)
        self._common["max"] = full_marks(scenario)
        self._common["definition"] = definition_of(scenario)
        handed = handed_in(scenario, self._task.submission)
        self._notes = tuple(map(Words.of, handed.notes))
        self._files = tuple(
            GradedFile(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
            for name, content in handed.files.items()
        )
        if handed.missing is not None:
            return Marked(graded=self._without_run(Verdict.FAILED, handed.missing))
        planned = plan.make(scenario, handed)
        with _folder(self._work, scenario.name) as folder:
            record = runner.run(self._engine, planned, folder, Reporter(), time.monotonic())
            capture = folder / record.capture.file
            facts = RunFacts(record, reader.read(capture, unheard=record.unheard), capture, scenario.folder)
            return self._judged(planned.scenario, handed, _Run(facts, grade.grade(planned.scenario, facts)))

    def failed_by_lab(self, error: LabError) -> Marked:
        """A grading that says what the lab failed in."""
        problem = error.whole
        if isinstance(error, ScenarioError) and error.faults:
            first = error.faults[0]
            problem = say(
                "{what}: line {n}: {fault}", "{what}：第 {n} 行：{fault}", what=problem, n=first.line, fault=first.what
            )
        return Marked(graded=self._without_run(Verdict.ERROR, problem))

    def _without_run(self, verdict: Verdict, problem: Text) -> Graded:
        return Graded(
            **self._common, files=self._files, notes=self._notes, verdict=verdict, score=0, problem=Words.of(problem)
        )

    def _judged(self, scenario: Scenario, handed: Handed, run: _Run) -> Marked:
        record = run.facts.record
        handout = shown.handout(scenario, run.facts, run.results)
        for_student = handout.facts_for_student(run.facts)
        hosts = {record.programs[name].host for name in programs.of_submission(scenario, handed)}
        verdict, score, problem = self._verdict(scenario, run, hosts)
        visible = [result for result in run.results if not shown.is_hidden(scenario, result)]
        notes = [] if handout.note is None else [handout.note]
        found = clues.clues(scenario, handed, for_student, visible)
        unread = frozenset(check for clue in found if clue.id in UNREAD for check in clue.checks)
        stalled = _stalled(record) if handout.everything and not unread else None
        graded = Graded(
            **{**self._common, "started": record.started},
            files=self._files,
            notes=(*self._notes, *map(Words.of, notes)),
            verdict=verdict,
            score=score,
            checks=_checks(scenario, run, handout, unread, scores=problem is None),
            clues=found,
            programs=programs.programs(scenario, handed, for_student.record, in_full=handout.everything),
            limits_hit=record.limits,
            problem=None if problem is None else Words.of(problem),
            stalled=None if stalled is None else Words.of(stalled),
            images=record.images,
            capture=handout.sha256,
        )
        return Marked(graded=graded, capture=handout.packed)

    def _verdict(self, scenario: Scenario, run: _Run, hosts: set[str]) -> tuple[Verdict, float, Text | None]:
        """The verdict of the whole, the score, and what is to be said of them; `hosts` are the submission's."""
        fatal = [limit for limit in run.facts.record.limits if limit.ended and limit.host in hosts]
        if fatal:
            ended = join(say("; ", "；"), [limit_words(limit) for limit in fatal])
            return Verdict.FAILED, 0, say("{ended}: no points", "{ended}：不得分", ended=ended)
        errors = [result for result in run.results if result.verdict is Verdict.ERROR]
        if errors:
            return Verdict.ERROR, 0, say("{id}: {why}", "{id}：{why}", id=errors[0].id, why=errors[0].actual)
        counted = [result for result in run.results if not result.bonus and result.points]
        full = all(result.verdict is Verdict.PASSED for result in counted)
        score, _ = grade.points(run.results, _worth(scenario))
        return Verdict.PASSED if full else Verdict.FAILED, score, None


def _stalled(record: Record) -> Text | None:
    """The first step that did not come to its end within its time, or otherwise; limits speak for themselves."""
    step = next((step for step in record.steps if step.outcome == "failed"), None)
    if step is None or step.actual is None or any(limit.ended for limit in record.limits):
        return None
    return say(
        "the exchange stalled at step {n}, {what}: {actual}",
        "交互停在第 {n} 步（{what}）：{actual}",
        n=step.index,
        what=step.what.text,
        actual=step.actual.text,
    )


def _checks(
    scenario: Scenario, run: _Run, handout: shown.Handout, unread: frozenset[str], *, scores: bool
) -> tuple[GradedCheck, ...]:
    """The checks as they are told; none of them earns anything where the submission as a whole does not.

    Those that failed since a program could not even be read (`unread`) have no hint: it would lead astray.
    """
    excerpts_of = excerpts.excerpts(run.facts, run.results, handout)
    return tuple(
        GradedCheck(
            id=result.id,
            kind=result.kind,
            verdict=result.verdict,
            points=grade.rounded(result.points),
            earned=grade.rounded(result.earned) if scores else 0,
            bonus=result.bonus,
            hidden=shown.is_hidden(scenario, result),
            expected=Words.of(result.expected),
            actual=Words.of(shown.actual(scenario, result, handout)),
            details=tuple(map(Words.of, shown.details(scenario, result))),
            packets=tuple(group[:MOST_PACKETS] for group in result.packets[:MOST_PACKETS]),
            hint=None if result.hint is None or result.id in unread else Words.of(result.hint),
            excerpt=excerpts_of.get(result.id),
        )
        for result in grade.scaled(run.results, _worth(scenario))
    )


@contextmanager
def _folder(work: Path, name: str) -> Iterator[Path]:
    """A run directory of which nothing is left, whatever happens."""
    with runs.new_folder(work, name) as folder:
        try:
            yield folder
        finally:
            _empty(folder)


def _empty(folder: Path) -> None:
    """Remove what is in `folder` but its lock, by which the sweep of dead runs knows that the run goes on."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != runs.LOCK_FILE:
            path.unlink(missing_ok=True)
