from __future__ import annotations

from pathlib import Path

import pytest

from lab import images, loader
from lab.checks import PARAMS
from lab.scenario import Exercise, Host, Program, Scenario, program_files
from lab.steps import WITHIN, CloseStep, ExpectStep, StartStep, WaitStep
from lab.values import Words


def scenario(folder: Path, program: Program, *handed_in: str) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "my-lab",
            "folder": folder,
            "title": Words(en="x", zh="x"),
            "networks": {},
            "hosts": {"server": Host()},
            "programs": {"server": program},
            "steps": (),
            "checks": {},
            "exercise": Exercise(files=handed_in) if handed_in else None,
        }
    )


def files(folder: Path, program: Program, *handed_in: str) -> tuple[str, ...]:
    return program_files(scenario(folder, program, *handed_in), program)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for name in ("server.py", "helpers.py", "data/a.txt", "8080"):
        (tmp_path / name).write_text("")
    return tmp_path


def test_arguments_that_name_files_go_to_the_host(folder: Path) -> None:
    program = Program(host="server", run=("python3", "./server.py", "data//a.txt", "data", "nobody.py", "--x"))
    assert files(folder, program) == ("server.py", "data/a.txt")


def test_absolute_arguments_are_the_hosts_own(folder: Path) -> None:
    assert files(folder, Program(host="server", run=("cat", f"{folder}/server.py", "/etc/hosts"))) == ()


def test_files_of_the_exercise_come_from_elsewhere(folder: Path) -> None:
    program = Program(host="server", run=("python3", "./answer.py"), files=("helpers.py", "./answer.py"))
    assert files(folder, program, "answer.py") == ("answer.py", "helpers.py")


def test_an_argument_that_no_file_can_be_called(folder: Path) -> None:
    assert files(folder, Program(host="server", run=("echo", "x" * 5000, "."))) == ()


SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.mark.parametrize("file", sorted(SCENARIOS.glob("*/*.yaml")), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_no_step_of_a_scenario_can_take_the_time_of_another(file: Path) -> None:
    made = loader.load(file, PARAMS, images.names())
    assert made.patience >= sum(step.patience for step in made.steps)


def test_the_time_of_an_exchange_is_what_its_steps_may_wait_unless_it_says(folder: Path) -> None:
    steps = (
        StartStep.model_validate({"start": "server", "within": 7}),
        StartStep.model_validate({"start": "server", "until": {"listening": {"tcp": 1}}}),
        ExpectStep.model_validate({"expect": {"from": "server", "line": "x"}, "within": 0.5}),
        WaitStep.model_validate({"wait": "server"}),
        CloseStep.model_validate({"close": "server"}),
    )
    made = scenario(folder, Program(host="server", run=("x",))).model_copy(update={"steps": steps})
    assert made.patience == WITHIN + 0.5 + WITHIN
    assert made.model_copy(update={"deadline": 3.0}).patience == 3
