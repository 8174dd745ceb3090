"""`lab grade`: from paths to the marks of a class.

What was graded before is taken from the journal; the rest is graded by workers, and written down as it comes.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lab import arguments, interrupts
from lab.errors import InputError
from lab.graded import Graded, Mark
from lab.grading import cluster, keys, similar
from lab.grading.gradings import Gradings
from lab.grading.journal import Journal, Line, alone_in
from lab.grading.marking import full_marks
from lab.grading.pool import Pool, Workers, bound, make_ready, most_at_once
from lab.grading.results import Results, check_folder
from lab.grading.task import Marked, Task
from lab.marks import WORK, Alike, Marks, lower
from lab.pipes import told_apart
from lab.report.document import dumps
from lab.report.formats import FORMATS, Context
from lab.report.formats.document import class_document
from lab.report.grading import GradingReporter
from lab.scenario import Scenario
from lab.submissions import Roster, Student, Submission, find, roster
from lab.submissions.find import STARTER, Found
from lab.submissions.wanted import handed_in
from lab.text import Language, say
from lab.visible import one_line

RESULTS = Path("results")
FEW_PATHS = 3  # of which it is told how each was read


@dataclass(frozen=True, slots=True)
class Order:
    """What `lab grade` was asked for. `seed` None: that of each submission; `whole`: each path is one submission."""

    exercise: str
    paths: Sequence[Path]
    out: Path | None = None
    formats: Sequence[str] = ()
    jobs: int | None = None
    roster: Path | None = None
    assignment: str | None = None
    seed: int | None = None
    again: bool = False
    scheduler: str | None = None
    whole: bool = False


def grade(order: Order, language: Language, *, as_json: bool, quiet: bool) -> Marks:
    """Grade what was handed in, write the results and tell of them. Raises `InputError` before anything is run."""
    scenario = arguments.exercise(order.exercise)
    context = _context(order, scenario, language)
    _check_formats(order.formats, context)
    if order.scheduler is not None:
        cluster.check(order.scheduler, order.jobs)
    handed = found(order, scenario, context.roster)
    out = order.out or RESULTS / _folder(scenario, handed, context.roster)
    check_folder(out)
    key = keys.signing_key()
    interrupts.heed()
    with alone_in(out), told_apart(document=as_json) as stream:
        journal = Journal(out, scenario.name)
        results = Results(out, key, context)
        students = [submission.student for submission in handed.submissions]
        with GradingReporter(language, students, out, stream=stream, quiet=quiet) as reporter:
            if len(order.paths) <= FEW_PATHS:
                reporter.reads(handed.readings)
            for torn in journal.torn:
                reporter.warn(torn)
            course = Course(scenario, journal, results, reporter, Gradings(scenario, journal))
            course.take(handed.submissions, seed=order.seed, again=order.again)
            waiting = course.gradings.waiting
            if waiting and order.scheduler is not None:
                with cluster.connected(order.scheduler, scenario) as workers:
                    reporter.begins(max(1, min(workers.at_once, waiting)))
                    course.run(workers)
            elif waiting:
                at_once = min(order.jobs or most_at_once(scenario), waiting)
                make_ready(scenario, language, reporter.stream, quiet=reporter.quiet)
                with _workers(scenario, out, at_once) as children:
                    reporter.begins(at_once)
                    course.run(children)
            marks = course.marks(out, handed, _alike(scenario, handed.submissions, reporter))
            results.class_(marks, order.formats)
            reporter.finished(marks)
    if as_json:
        sys.stdout.write(dumps(class_document(scenario.name, marks.marks, language)))
    return marks


@dataclass(slots=True)
class Course:
    """The class while it is graded: who there is, and what is known of them."""

    scenario: Scenario
    journal: Journal
    results: Results
    reporter: GradingReporter
    gradings: Gradings
    _students: dict[str, Student] = field(default_factory=dict)
    _graded: dict[str, Graded] = field(default_factory=dict)
    _before: dict[str, Graded] = field(default_factory=dict)
    _from_journal: int = 0
    _began: float = field(default_factory=time.monotonic)

    def take(self, submissions: Sequence[Submission], *, seed: int | None, again: bool) -> None:
        """Take in what was handed in; what the journal knows is graded by that, unless it is to be `again`."""
        self._students = {each.student.slug: each.student for each in submissions}
        grounds, secret = self.gradings.grounds, keys.seed_secret(keys.signing_key())
        file = str(self.scenario.folder / self.scenario.file)
        tasks = (
            Task.of(each, file, grounds.seed(each.sha256, secret) if seed is None else seed) for each in submissions
        )
        self.gradings.take(tasks, self._known, again=again)

    def run(self, workers: Workers) -> None:
        """Have graded what waits."""
        self.gradings.run(workers, self._ended, self._will_rerun)

    def marks(self, folder: Path, handed: Found, alike: tuple[Alike, ...]) -> Marks:
        """What it came to."""
        return Marks(
            exercise=self.scenario.name,
            title=self.scenario.title.text,
            max=full_marks(self.scenario),
            marks=tuple(Mark(student, self._graded[slug]) for slug, student in self._students.items()),
            folder=folder,
            before=self._before,
            alike=alike,
            strangers=handed.strangers,
            from_journal=self._from_journal,
            seconds=time.monotonic() - self._began,
        )

    def _known(self, task: Task, line: Line) -> bool:
        """Take what the journal knows, unless the capture of it is gone."""
        if not self.results.has_capture(task.slug, line.graded.capture, self.journal.holders(line.key)):
            self.reporter.lacks_capture(self._students[task.slug])
            return False
        self._from_journal += 1
        self._take(task, line.graded, known=True)
        return True

    def _will_rerun(self, task: Task, graded: Graded) -> None:
        self.reporter.will_rerun(self._students[task.slug], graded)

    def _ended(self, task: Task, marked: Marked) -> None:
        self.results.capture(task.slug, marked.capture)
        self._take(task, marked.graded, known=False)

    def _take(self, task: Task, graded: Graded, *, known: bool) -> None:
        """A result is written down, then counted and told."""
        mark = Mark(self._students[task.slug], graded)
        is_new = self.gradings.keep(task, graded, known=known)
        self.results.student(mark)
        before = self.journal.before(task.slug)
        if before is not None and lower(before.graded, graded):
            self._before[task.slug] = before.graded
        self._graded[task.slug] = graded
        self.reporter.graded(mark, self._before.get(task.slug) if is_new else None, known=known)


def _context(order: Order, scenario: Scenario, language: Language) -> Context:
    return Context(
        exercise=scenario.name,
        title=scenario.title.text,
        language=language,
        started=time.time_ns(),
        roster=None if order.roster is None else roster.read(order.roster),
        assignment=order.assignment,
    )


def _check_formats(names: Iterable[str], context: Context) -> None:
    for name in names:
        if name not in FORMATS:
            known = ", ".join(FORMATS)
            raise InputError(
                say("no format `{name}`; there are {known}", "没有格式 `{name}`；可用：{known}", name=name, known=known)
            )
        FORMATS[name].check(context)


def found(order: Order, scenario: Scenario, listed: Roster | None) -> Found:
    """What was handed in. Raises `InputError` where there is nothing."""
    assert scenario.exercise is not None
    _check_once(order.paths)
    handed = find.found(order.paths, scenario.exercise, listed, whole=order.whole)
    if len(handed.submissions) == len(handed.nothing):
        paths = ", ".join(map(str, order.paths))
        raise InputError(say("no submission in {paths}", "{paths} 中没有提交", paths=paths))
    return handed


def _folder(scenario: Scenario, handed: Found, listed: Roster | None) -> str:
    """The usual folder of the results: of one submission another than that of the class, whose sheets stay."""
    if listed is None and len(handed.submissions) == 1:
        return f"{scenario.name}-{handed.submissions[0].student.slug}"
    return scenario.name


def _check_once(paths: Iterable[Path]) -> None:
    seen: set[str] = set()
    for path in paths:
        if (place := os.path.realpath(path)) in seen:
            raise InputError(say("{path} is given twice", "{path} 给出了两次", path=one_line(str(path))))
        seen.add(place)


@contextmanager
def _workers(scenario: Scenario, out: Path, at_once: int) -> Iterator[Workers]:
    """The workers, with a folder for their runs that is gone afterwards."""
    (out / WORK).mkdir(exist_ok=True)
    try:
        with Pool(at_once, Path(tempfile.mkdtemp(dir=out / WORK)).absolute(), bound(scenario)) as pool:
            yield pool
    finally:
        shutil.rmtree(out / WORK, ignore_errors=True)


def _alike(scenario: Scenario, submissions: Sequence[Submission], reporter: GradingReporter) -> tuple[Alike, ...]:
    if len(submissions) == 1:
        return ()
    handed = {each.student.slug: handed_in(scenario, each) for each in submissions}
    assert scenario.exercise is not None
    files = {name: scenario.folder / STARTER / name for name in scenario.exercise.files}
    starter = {name: file.read_bytes() for name, file in files.items() if file.is_file()}
    there = {slug: each.files for slug, each in handed.items() if each.missing is None}
    alike = similar.within(similar.SECONDS, there, starter)
    if alike is None:
        reporter.warn(
            say(
                "who is alike is not known: the comparison did not come to its end within {n:g} s",
                "无法得知哪些提交相似：比较未能在 {n:g} 秒内完成",
                n=similar.SECONDS,
            )
        )
    return alike or ()
