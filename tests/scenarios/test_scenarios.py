"""Every scenario does what it says, and every broken program is caught by the one check that it is broken for."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import Command, Said, ended

from lab import images, loader
from lab.checks import PARAMS
from lab.engine import Engine
from lab.places import SCENARIOS

WITHIN = 100  # seconds of a run: the steps of a broken program may all have to reach their deadlines
NAMES = loader.names(SCENARIOS)
EXERCISES = [name for name in NAMES if (SCENARIOS / name / "solution").is_dir()]
BROKEN = [(name, folder.name) for name in EXERCISES for folder in sorted((SCENARIOS / name / "broken").iterdir())]


@pytest.fixture
def lab(engine: Engine, tmp_path: Path) -> Command:
    assert engine
    return Command(tmp_path / "runs")


def twice(lab: Command, name: str) -> Said:
    """Run it by its name, twice at once: the verdicts must be the same."""
    with lab.start("run", name, "--json") as one, lab.start("run", name, "--json") as other:
        first, second = ended(one, WITHIN), ended(other, WITHIN)
    assert verdicts(first) == verdicts(second)
    assert first.status == second.status
    return first


def handed_in(lab: Command, name: str, submission: str) -> Said:
    """Run it with a program of its folder."""
    with lab.start("run", name, "--json", "--submission", SCENARIOS / name / submission) as one:
        return ended(one, WITHIN)


def verdicts(said: Said) -> dict[str, str]:
    assert said.out, said.err
    return {check["id"]: check["verdict"] for check in said.document["checks"]}


def checks(name: str) -> set[str]:
    return set(loader.load(SCENARIOS / name, PARAMS, images.names()).checks)


@pytest.mark.parametrize("name", NAMES)
def test_it_passes(lab: Command, name: str) -> None:
    said = twice(lab, name)
    assert verdicts(said) == dict.fromkeys(checks(name), "passed"), said.out
    assert said.document["verdict"] == "passed"
    assert said.document["dropped"] == 0
    assert said.status == 0


@pytest.mark.parametrize("name", EXERCISES)
def test_its_starter_runs_and_fails(lab: Command, name: str) -> None:
    said = handed_in(lab, name, "starter")
    assert said.document["verdict"] == "failed"
    assert said.failed
    assert said.status == 1


@pytest.mark.parametrize(("name", "broken"), BROKEN)
def test_a_broken_program_fails_one_check(lab: Command, name: str, broken: str) -> None:
    said = handed_in(lab, name, f"broken/{broken}")
    assert said.failed == {broken}, said.out
    assert set(verdicts(said).values()) <= {"passed", "failed", "skipped"}
    assert said.status == 1


@pytest.mark.parametrize("name", EXERCISES)
def test_every_check_has_a_broken_program(name: str) -> None:
    assert {broken for exercise, broken in BROKEN if exercise == name} == checks(name)
