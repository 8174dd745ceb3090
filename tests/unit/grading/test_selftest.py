from __future__ import annotations

import json
from pathlib import Path

import pytest
from sums import RIGHT, SCENARIO, F, P, S, error, graded, written

from lab.errors import InputError
from lab.graded import Graded
from lab.grading import selftest
from lab.record import Words
from lab.report.document import dumps
from lab.report.statements import statements_screen, worst
from lab.results import Verdict
from lab.scenario import Scenario
from lab.text import LANGUAGES


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    return written(tmp_path)


def sound(scenario: Scenario, **other: Graded) -> dict[str, str]:
    """What is found where all is as it should be but for `other`: name -> what, and `!` or `✗` before what is not."""
    good: dict[str, Graded] = {
        "starter": graded({"says": F, "asks": P}),
        "broken-says": graded({"says": F, "asks": P}),
        "broken-asks": graded({"says": P, "asks": F}),
        **{f"solution-{n}": graded(RIGHT) for n in range(10)},
        **{f"seed-{n}": graded(RIGHT, seed=n) for n in range(1, 11)},
    }
    found = selftest.found(scenario, good | {name.replace("_", "-"): each for name, each in other.items()})
    signs = {P: "", F: "✗ ", Verdict.ERROR: "! "}
    return {s.name.en: signs[s.verdict or P] + s.found.en for s in found.statements}


def test_what_is_graded_of_an_exercise(scenario: Scenario):
    tasks = {task.slug: task for task in selftest.tasks(scenario)}
    assert list(tasks)[:3] == ["starter", "broken-asks", "broken-says"]
    assert len(tasks) == 1 + 2 + 10 + 10
    assert {task.exercise for task in tasks.values()} == {str(scenario.folder / "scenario.yaml")}
    assert tasks["broken-says"].submission.files["p.py"] == b"no hello"
    assert tasks["broken-asks"].submission.files == {"p.py": b"no who", "notes.txt": b"beside it"}
    assert {tasks[f"solution-{n}"].seed for n in range(10)} == {0}
    assert len({tasks[f"seed-{n}"].seed for n in range(1, 11)} - {0}) == 10
    assert {tasks[slug].submission.sha256 for slug in tasks if slug.startswith(("solution", "seed"))} == {
        tasks["solution-0"].submission.sha256
    }


def test_a_broken_folder_holds_only_what_differs(scenario: Scenario):
    (scenario.folder / "solution" / "q.py").write_text("the same")
    broken = next(task for task in selftest.tasks(scenario) if task.slug == "broken-says")
    assert broken.submission.files == {"p.py": b"no hello", "q.py": b"the same"}


def test_all_is_sound(scenario: Scenario):
    assert sound(scenario) == {
        "solution/": "3 of 3",
        "starter/": "1 of 3",
        "10 runs": "all alike",
        "10 seeds": "all alike",
        "broken/asks": "fails it alone",
        "broken/says": "fails it alone",
    }


def test_a_solution_must_have_full_marks(scenario: Scenario):
    found = sound(scenario, **{f"solution_{n}": graded({"says": P, "asks": F}) for n in range(10)})
    assert found["solution/"] == "✗ 2 of 3"
    assert found["10 runs"] == "all alike"
    assert found["10 seeds"].startswith("✗ not alike: `asks` failed 0, then passed 1 (seed 1)")


def test_a_starter_has_what_is_declared(scenario: Scenario):
    assert sound(scenario, starter=graded({"says": F, "asks": F}))["starter/"] == "✗ 0 of 3; `exercise: starter` says 1"


def test_runs_that_differ_are_told(scenario: Scenario):
    found = sound(scenario, solution_7=graded({"says": F, "asks": P}))
    assert found["10 runs"] == "✗ not alike: `says` passed 2, then failed 0"
    assert found["10 seeds"] == "all alike"
    assert "seed 4" in sound(scenario, seed_4=graded({"says": F, "asks": P}, seed=4))["10 seeds"]
    assert "`exchange`" in sound(scenario, solution_2=graded(RIGHT | {"exchange": F}))["10 runs"]
    assert "3 of 3" in sound(scenario, solution_2=graded(RIGHT, score=2))["10 runs"]


@pytest.mark.parametrize(
    ("came_to", "told"),
    [
        (graded({"says": F, "asks": S}), "fails it alone, 1 skipped"),
        (graded({"says": F, "asks": F}), "✗ fails says, asks"),
        (graded({"says": P, "asks": F}), "✗ fails asks"),
        (graded(RIGHT), "✗ fails nothing"),
        (graded(RIGHT | {"exchange": F}), "✗ fails exchange"),
        (graded({}, verdict=F, problem=Words(en="no `p.py`", zh="没有 `p.py`")), "✗ no `p.py`"),
        (error(), "! the lab could not tell: the engine went away"),
    ],
)
def test_a_broken_program_is_caught_by_its_check_alone(scenario: Scenario, came_to: Graded, told: str):
    assert sound(scenario, broken_says=came_to)["broken/says"] == told


def test_errors_of_the_lab_are_told_apart(scenario: Scenario):
    found = sound(scenario, starter=error(), solution_0=error(), seed_3=error())
    assert {name for name, told in found.items() if told.startswith("!")} == {
        "solution/",
        "starter/",
        "10 runs",
        "10 seeds",
    }


def test_every_check_has_a_broken_program_and_every_program_a_check(scenario: Scenario):
    (scenario.folder / "broken" / "says").rename(scenario.folder / "broken" / "sings")
    found = sound(scenario, broken_sings=graded({"says": F, "asks": P}))
    assert found["broken/sings"] == "✗ no check has this name"
    assert found["broken/says"].startswith("✗ there is no such program")


def test_an_exercise_without_broken_programs(scenario: Scenario):
    (scenario.folder / "broken").rename(scenario.folder / "elsewhere")
    assert selftest.broken(scenario) == []
    assert [told[0] for name, told in sound(scenario).items() if name.startswith("broken")] == ["✗", "✗"]


def test_what_does_not_vary_has_no_seeds(tmp_path: Path):
    fixed = written(tmp_path, SCENARIO.replace("vary: {port: [8080, 9090]}\n", "").replace("${port}", "8080"))
    assert selftest.varies(fixed) is False
    assert not [task for task in selftest.tasks(fixed) if task.seed]


def test_values_and_addresses_vary(tmp_path: Path, scenario: Scenario):
    assert selftest.varies(scenario)
    free = SCENARIO.replace("vary: {port: [8080, 9090]}\n", "").replace("${port}", "8080")
    free = free.replace('networks: {lan: {ipv4: 10.77.0.0/24, ipv6: "fd77::/64"}}\n', "")
    free = free.replace('{networks: {lan: {ipv4: 10.77.0.9, ipv6: "fd77::9"}}}', "{}")
    assert selftest.varies(written(tmp_path / "free", free))


def test_what_is_no_exercise_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="no exercise"):
        written(
            tmp_path, SCENARIO.replace("exercise: {files: [p.py], starter: 1}\n", "").replace("p.py", "solution/p.py")
        )
    sums = written(tmp_path / "other")
    (sums.folder / "starter").rename(sums.folder / "begin")
    with pytest.raises(InputError, match="starter"):
        selftest.exercise(sums)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_screen_and_the_document_tell_all(scenario: Scenario, language: str):
    names = {task.slug: graded(RIGHT, seed=task.seed) for task in selftest.tasks(scenario)}
    tested = selftest.found(scenario, names)
    assert worst(tested.statements) is F
    text = statements_screen("sums", tested.statements, language).text(100)  # type: ignore[arg-type]
    assert text.startswith("✗ sums\n")
    assert len(text.splitlines()) == 7
    (told,) = json.loads(dumps(selftest.document([tested], language)))["exercises"]  # type: ignore[arg-type]
    assert told["exercise"] == "sums"
    assert [each["verdict"] for each in told["statements"]] == ["passed", "failed", *["passed"] * 2, *["failed"] * 2]
