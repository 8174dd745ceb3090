"""`lab grade --matrix`: every submitted client against every submitted server, and the exercise's own among them.

    submissions ─sides→ Parties ─pairs→ Tasks, graded by matrix.yaml like any other ─→ Matrix

A pair is a submission put together from the client's files of one and the server's files of the other.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab import arguments, interrupts
from lab.errors import InputError
from lab.graded import Graded, Matrix, Party
from lab.grading.course import Order, found
from lab.grading.journal import Journal, alone_in
from lab.grading.marking import exercise_of
from lab.grading.results import replace
from lab.grading.task import Task
from lab.grading.trials import Asked, graded
from lab.pipes import told_apart
from lab.record import Words
from lab.report.document import dumps
from lab.report.layout import console_on, show
from lab.report.matrix import document, matrix_screen, page, sheet
from lab.results import Verdict
from lab.scenario import Scenario, as_posix
from lab.submissions import roster
from lab.submissions.find import SOLUTION, one
from lab.submissions.submission import Student, Submission
from lab.submissions.wanted import handed_in
from lab.text import Language, Text, say

FILE = "matrix.yaml"  # in the folder of an exercise
Side = Literal["client", "server"]
SIDES: tuple[Side, Side] = ("client", "server")


@dataclass(frozen=True, slots=True)
class Half:
    """One side of a submission: its files by the exercise's names for them; no files where some are missing."""

    party: Party
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Pairs:
    """All that meet. Of each side the exercise's own is the first."""

    scenario: Scenario
    clients: tuple[Half, ...]
    servers: tuple[Half, ...]

    def __iter__(self) -> Iterator[tuple[int, int, Submission]]:
        """The places of server and client, and what the two come to as one submission."""
        for row, server in enumerate(self.servers):
            for column, client in enumerate(self.clients):
                if server.party.missing is None and client.party.missing is None:
                    student = Student(f"{_name(client)} → {_name(server)}", _slug(row, column))
                    yield row, column, Submission(student, {**server.files, **client.files})


def grade(order: Order, language: Language, *, as_json: bool, quiet: bool) -> Matrix:
    """Let everybody meet everybody, write the matrix and tell of it. Raises `InputError` before anything is run."""
    _check(order)
    scenario = scenario_of(arguments.exercise(order.exercise).folder)
    listed = None if order.roster is None else roster.read(order.roster)
    meeting = pairs(scenario, found(order, scenario, listed).submissions)
    out = order.out or Path("results") / scenario.name
    interrupts.heed()
    with alone_in(out), told_apart(document=as_json) as stream:
        asked = Asked(language, stream, quiet, order.jobs, Journal(out, scenario.name), order.again)
        matrix = gathered(meeting, graded(scenario, tasks(meeting), asked))
        document_ = dumps(document(matrix, language))
        replace(out / "matrix.json", document_.encode())
        replace(out / "matrix.csv", sheet(matrix, language))
        replace(out / "matrix.html", page(matrix, language).encode())
        show(console_on(stream), matrix_screen(matrix, language, out))
    if as_json:
        sys.stdout.write(document_)
    return matrix


def _check(order: Order) -> None:
    """Refuse what a matrix has no use for: it is made on this machine, of seed 0, in files of its own."""
    given = {
        "--scheduler": order.scheduler,
        "--format": order.formats or None,
        "--assignment": order.assignment,
        "--seed": order.seed,
    }
    for option, value in given.items():
        if value is not None:
            raise InputError(
                say("--matrix and {option} exclude each other", "--matrix 与 {option} 不能并用", option=option)
            )


def verdict_of(matrix: Matrix) -> Verdict:
    """An error where the lab could not tell of a pair; else passed: that programs do not fit is a result."""
    return Verdict.ERROR if any(g.verdict is Verdict.ERROR for g in matrix.cells.values()) else Verdict.PASSED


def scenario_of(folder: Path) -> Scenario:
    """The scenario by which the programs of an exercise's folder meet.

    Raises `InputError` where the exercise has none, and `ScenarioError` where it has faults.
    """
    file = folder / FILE
    if not file.is_file():
        raise InputError(
            say(
                "{name} has no {file}: clients and servers cannot meet",
                "{name} 没有 {file}：客户端与服务端无法相遇",
                name=folder.name,
                file=FILE,
            )
        )
    scenario = exercise_of(file, 0)
    if scenario.exercise is None or scenario.exercise.sides is None:
        raise InputError(
            say(
                "{file} does not say whose file is whose: the key `exercise: sides` is missing",
                "{file} 没有写明文件属于哪一方：缺少键 `exercise: sides`",
                file=file,
            )
        )
    return scenario


def pairs(scenario: Scenario, submissions: Sequence[Submission]) -> Pairs:
    """Every client with every server of `submissions`, those of solution/ first."""
    own = one(scenario.folder / SOLUTION, scenario)
    halves: dict[Side, tuple[Half, ...]] = {
        side: (
            Half(Party(None), _taken(scenario, side, own)[0]),
            *(_half(scenario, side, submission) for submission in submissions),
        )
        for side in SIDES
    }
    return Pairs(scenario, halves["client"], halves["server"])


def tasks(meeting: Pairs) -> list[Task]:
    """A task for each pair, under a slug of its own. As a scenario of its own it is run as it is written: seed 0."""
    file = str(meeting.scenario.folder / meeting.scenario.file)
    return [Task.of(submission, file, seed=0) for _, _, submission in meeting]


def gathered(meeting: Pairs, by_slug: Mapping[str, Graded]) -> Matrix:
    """The matrix, from the gradings of `tasks` by slug."""
    return Matrix(
        exercise=meeting.scenario.name,
        title=Words(en=meeting.scenario.title.en, zh=meeting.scenario.title.zh),
        servers=tuple(half.party for half in meeting.servers),
        clients=tuple(half.party for half in meeting.clients),
        cells={
            (row, column): by_slug[submission.student.slug]
            for row, column, submission in meeting
            if submission.student.slug in by_slug
        },
    )


def _half(scenario: Scenario, side: Side, submission: Submission) -> Half:
    files, missing = _taken(scenario, side, submission)
    return Half(Party(submission.student, missing), files)


def _taken(scenario: Scenario, side: Side, submission: Submission) -> tuple[Mapping[str, bytes], Text | None]:
    """The files of one side, or what is missing; of the other side nothing needs to be there."""
    assert scenario.exercise is not None
    assert scenario.exercise.sides is not None
    handed = handed_in(scenario, submission)
    wanted = [as_posix(name) for name in getattr(scenario.exercise.sides, side)]
    if handed.missing is not None and any(name not in handed.files for name in wanted):
        return {}, handed.missing
    return {name: handed.files[name] for name in wanted}, None


def _name(half: Half) -> str:
    return SOLUTION if half.party.student is None else half.party.student.name


def _slug(row: int, column: int) -> str:
    return f"server-{row}-client-{column}"
