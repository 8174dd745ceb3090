from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from lab.errors import Fault, ScenarioError
from lab.report import listing
from lab.report.listing import scenarios_table
from lab.results import Outcome
from lab.scenario import Exercise, Scenario
from lab.text import LANGUAGES, Language, same
from lab.values import Group, Words

NOW = time.mktime((2026, 11, 20, 12, 52, 50, 0, 0, -1))  # five minutes after the run of the fixtures
FAULTY = ScenarioError(same("broken"), Path("scenarios/broken/scenario.yaml"), (Fault(1, 1, "", same("empty")),) * 2)


def called(scenario: Scenario, name: str, group: Group | None = None) -> Scenario:
    return scenario.model_copy(update={"name": name, "group": group})


def lines(*listed: listing.Listed, language: Language = "en", width: int = 120) -> list[str]:
    return scenarios_table(listed, language, NOW).text(width).splitlines()


def state(scenario: Scenario, last: Outcome | None, language: Language = "en") -> str:
    return lines((scenario, last), language=language)[1].split("  ")[-1]


def test_nothing_to_list() -> None:
    assert scenarios_table([], "zh", NOW).text(80) == "没有任何场景\n"


def test_an_exercise_is_marked_and_a_title_is_visible(scenario: Scenario) -> None:
    changed = {"exercise": Exercise(files=("a.py",)), "title": Words(en="x\x1b[1my", zh="x")}
    row = lines((scenario.model_copy(update=changed), None))[1]
    assert "  exercise  " in row
    assert r"x\x1b[1my" in row
    assert "exercise" not in lines((scenario, None))[1]


def test_groups_in_the_order_of_learning(scenario: Scenario) -> None:
    named: list[tuple[str, Group | None]] = [
        ("f", None),
        ("e", "names-and-addresses"),
        ("d", "udp"),
        ("c", "tcp"),
        ("b", "first-steps"),
        ("a", "tcp"),
    ]
    listed: list[listing.Listed] = [(called(scenario, *each), None) for each in named]
    shown = [line.split("  ")[:2] for line in lines(*listed, (FAULTY, None))[:-2]]
    assert [cells[-1] for cells in shown] == [
        *("First steps", "b", ""),
        *("TCP", "c", "a", ""),
        *("UDP", "d", ""),
        *("Names and addresses", "e", ""),
        *("Your own", "f", "broken"),
    ]
    names = [each["name"] for each in listing.document([*listed, (FAULTY, None)], "en")["scenarios"]]
    assert names == ["b", "c", "a", "d", "e", "f", "broken"]


def test_the_state_of_the_last_run(scenario: Scenario, passed: Outcome, failed: Outcome) -> None:
    assert state(scenario, None) == "not run yet"
    assert state(scenario, passed) == "passed 5 min ago"
    assert state(scenario, passed, "zh") == "5 分钟前通过"
    assert state(scenario, failed) == "failed: at-once"
    assert state(scenario, replace(failed, verdict="error"), "zh") == "5 分钟前出错"


def test_the_state_says_so_where_it_is_of_a_submission(scenario: Scenario, passed: Outcome, failed: Outcome) -> None:
    assert state(scenario, replace(passed, submission="mine")) == "submission passed 5 min ago"
    assert state(scenario, replace(failed, submission="mine"), "zh") == "提交 未通过：at-once"


@pytest.mark.parametrize("run", ["mine", "", "20269999-999999-abcd", "00010101-000000-abcd"])
def test_a_run_whose_directory_was_renamed(scenario: Scenario, passed: Outcome, run: str) -> None:
    assert state(scenario, replace(passed, run=run)).startswith("passed")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [50, 60, 80])
def test_titles_and_states_give_way_so_that_lines_fit(
    scenario: Scenario, failed: Outcome, language: Language, width: int
) -> None:
    failed = replace(failed, submission="x", results=failed.results[1:2] * 5)
    rows = lines((scenario, failed), (called(scenario, "short"), None), (FAULTY, None), language=language, width=width)
    assert max(cell_len(row) for row in rows[:-1]) <= width
    assert rows[1].endswith("…")


def test_columns_are_straight_under_chinese(scenario: Scenario, passed: Outcome) -> None:
    ascii_title = scenario.model_copy(update={"title": Words(en="x", zh="x")})
    first, second = lines((scenario, passed), (ascii_title, passed), language="zh", width=80)[1:3]
    assert len({cell_len(row.partition("5 分钟前")[0]) for row in (first, second)}) == 1


def test_it_says_how_to_run_one_and_all(scenario: Scenario) -> None:
    told = "run one   make scenario NAME=tcp-multiclient   all of them   make scenarios"
    assert lines((scenario, None))[-1] == told


def test_the_document(scenario: Scenario, failed: Outcome) -> None:
    sound, faulty = listing.document([(scenario, replace(failed, submission="mine")), (FAULTY, None)], "zh")[
        "scenarios"
    ]
    assert sound == {
        "name": "tcp-multiclient",
        "title": scenario.title.zh,
        "group": None,
        "exercise": False,
        "folder": "scenarios/tcp-multiclient",
        "faults": None,
        "last": {
            "run": "20261120-124748-ab12",
            "verdict": "failed",
            "failed": ["at-once"],
            "submission": "mine",
            "folder": str(failed.folder),
        },
    }
    assert set(faulty) == set(sound)
    assert (faulty["name"], faulty["title"], faulty["faults"], faulty["last"]) == ("broken", None, 2, None)
