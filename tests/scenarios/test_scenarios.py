"""Every scenario does what it says, and every broken program is caught by the one check that it is broken for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from driving import Command, Said, ended, files_of, graded, no_leaks

from lab import grade, images, loader, reader, record
from lab.checks import PARAMS
from lab.checks.facts import RunFacts
from lab.engine import Engine
from lab.grading.clues import clues
from lab.places import SCENARIOS
from lab.results import Verdict
from lab.runs import LATEST
from lab.scenario import Scenario
from lab.submissions import Handed

WITHIN = 400  # seconds after which a run is held to hang: all steps of a starter reach their deadlines, on a busy machine six times as late
NAMES = loader.names(SCENARIOS)
EXERCISES = [name for name in NAMES if (SCENARIOS / name / "solution").is_dir()]
BROKEN = [(name, folder.name) for name in EXERCISES for folder in sorted((SCENARIOS / name / "broken").iterdir())]
CLUES = {
    ("tcp-multiclient", "connected"): "bound-to-loopback",
    ("tcp-multiclient", "at-once"): "one-at-a-time",
    ("tcp-multiclient", "answer-encoding"): "wrong-encoding",
    ("tcp-multiclient", "closed"): "never-closed",
    ("tcp-multiclient", "ctrl-c"): "thread-not-daemon",
    ("tcp-oneshot", "client-connected"): "hard-coded-port",
    ("tcp-oneshot", "client-read-on"): "one-recv",
    ("tcp-oneshot", "server-goes-on"): "one-accept",
    ("tcp-oneshot", "server-restarted"): "reuseaddr-missing",
    ("tcp-file-download", "large"): "send-without-sendall",
    ("udp-hello", "every-address"): "bound-to-loopback",
}
"""What those broken programs are told about their text, in which an evident fault stands."""
WORTHLESS = {"connected", "client-connected"}
"""Checks whose programs get no points at all: everything else needs them."""


@pytest.fixture
def lab(engine: Engine, tmp_path: Path) -> Iterator[Command]:
    """The command; nothing may be left of its runs."""
    with no_leaks(engine, tmp_path / "runs"):
        yield Command(tmp_path / "runs")


def ran(lab: Command, *arguments: str | Path) -> Said:
    with lab.start("run", *arguments, "--json") as one:
        return ended(one, WITHIN)


def verdicts(said: Said) -> dict[str, str]:
    assert said.out, said.err
    return {check["id"]: check["verdict"] for check in said.document["checks"]}


def scenario_of(name: str) -> Scenario:
    return loader.load(SCENARIOS / name, PARAMS, images.names())


def checks(name: str) -> set[str]:
    return set(scenario_of(name).checks)


def clues_if_all_had_failed(name: str, folder: Path) -> tuple[object, ...]:
    """What would be told about the text of the solution that ran in `folder`, whatever check had failed."""
    scenario, recorded = scenario_of(name), record.load(folder)
    capture = folder / recorded.capture.file
    facts = RunFacts(recorded, reader.read(capture), capture, scenario.folder)
    failed = [replace(result, verdict=Verdict.FAILED) for result in grade.grade(scenario, facts)]
    assert failed
    return clues(scenario, Handed(files_of(name)), facts, failed)


@pytest.mark.parametrize("name", NAMES)
def test_it_passes(lab: Command, name: str) -> None:
    said = ran(lab, name)
    assert verdicts(said) == dict.fromkeys(checks(name), "passed"), said.out
    assert said.document["verdict"] == "passed"
    assert said.document["dropped"] == 0
    assert said.status == 0
    if name in EXERCISES:
        assert clues_if_all_had_failed(name, lab.runs / name / LATEST) == ()


@pytest.mark.parametrize("name", ["tcp-multiclient", "udp-chat"])
def test_two_runs_at_once_get_the_same_verdicts(lab: Command, name: str) -> None:
    with lab.start("run", name, "--json") as one, lab.start("run", name, "--json") as other:
        first, second = ended(one, WITHIN), ended(other, WITHIN)
    assert verdicts(first) == verdicts(second) == dict.fromkeys(checks(name), "passed")
    assert first.status == second.status == 0


@pytest.mark.parametrize("name", EXERCISES)
def test_its_starter_runs_and_fails(lab: Command, name: str) -> None:
    said = ran(lab, name, "--submission", SCENARIOS / name / "starter")
    assert said.document["verdict"] == "failed"
    assert said.failed
    assert said.status == 1
    exercise = scenario_of(name).exercise
    assert exercise is not None
    assert sum(check["earned"] for check in said.document["checks"] if not check["bonus"]) == exercise.starter


@pytest.mark.parametrize(("name", "broken"), BROKEN)
def test_a_broken_program_fails_one_check(engine: Engine, tmp_path: Path, name: str, broken: str) -> None:
    told = graded(engine, tmp_path, name, files_of(name, broken)).graded
    assert told.verdict is Verdict.FAILED, told.problem
    assert {check.id for check in told.checks if check.verdict is Verdict.FAILED} == {broken}
    assert {check.verdict for check in told.checks} <= {Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED}
    assert told.score < told.max
    if (name, broken) in CLUES:
        assert told.score > 0 or broken in WORTHLESS
        [clue] = told.clues
        assert (clue.id, clue.checks) == (CLUES[name, broken], (broken,))
        assert clue.file is not None
        assert clue.line in range(
            1, 1 + len((SCENARIOS / name / "broken" / broken / clue.file).read_text().splitlines())
        )


@pytest.mark.parametrize("name", EXERCISES)
def test_every_check_has_a_broken_program(name: str) -> None:
    assert {broken for exercise, broken in BROKEN if exercise == name} == checks(name)
