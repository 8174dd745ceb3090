"""Gradings of a self-test and of a matrix: by a pool on this machine, counted on the terminal."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lab.graded import Graded
from lab.grading.gradings import Gradings
from lab.grading.journal import Journal, Line
from lab.grading.pool import Pool, bound, make_ready, most_at_once
from lab.grading.task import Marked, Task
from lab.report.counting import Counting
from lab.scenario import Scenario
from lab.text import Language


@dataclass(frozen=True, slots=True)
class Asked:
    """How gradings are made: so many at once, shown on `stream`; what a journal knows is not run, unless `again`."""

    language: Language
    stream: IO[str]
    quiet: bool = False
    jobs: int | None = None
    journal: Journal | None = None
    again: bool = False


def graded(scenario: Scenario, tasks: Sequence[Task], asked: Asked) -> dict[str, Graded]:
    """The gradings of `tasks` by slug.

    Raises `EngineMissing` where no engine answers, and KeyboardInterrupt after Ctrl-C.
    """
    by_slug: dict[str, Graded] = {}
    gradings = Gradings(scenario, asked.journal)

    def known(task: Task, line: Line) -> bool:
        by_slug[task.slug] = line.graded
        return True

    gradings.take(tasks, known, again=asked.again)
    if not gradings.waiting:
        return by_slug
    make_ready(scenario, asked.language, asked.stream, quiet=asked.quiet)
    at_once = min(asked.jobs or most_at_once(scenario), gradings.waiting)
    to_do = len(tasks) - len(by_slug)
    with (
        tempfile.TemporaryDirectory(prefix="lab-") as folder,
        Counting(scenario.name, to_do, asked.language, stream=asked.stream, quiet=asked.quiet) as counting,
        Pool(at_once, Path(folder), bound(scenario)) as pool,
    ):

        def ended(task: Task, marked: Marked) -> None:
            gradings.keep(task, marked.graded)
            by_slug[task.slug] = marked.graded
            counting.one()

        gradings.run(pool, ended)
    return by_slug
