from __future__ import annotations

from rich.cells import cell_len

from lab.report.listing import scenarios_table
from lab.scenario import Exercise, Scenario
from lab.values import Words


def test_nothing_to_list() -> None:
    assert scenarios_table([], "zh").text(80) == "没有任何场景\n"


def test_an_exercise_is_marked_and_a_title_is_visible(scenario: Scenario) -> None:
    changed = {"exercise": Exercise(files=("a.py",)), "title": Words(en="x\x1b[1my", zh="x")}
    screen = scenarios_table([scenario.model_copy(update=changed)], "en").text(80)
    assert "exercise" in screen
    assert r"x\x1b[1my" in screen


def test_titles_give_way_so_that_lines_fit(scenario: Scenario) -> None:
    assert max(cell_len(line) for line in scenarios_table([scenario], "zh").text(50).splitlines()) <= 50


def test_it_says_how_to_run_one(scenario: Scenario) -> None:
    assert scenarios_table([scenario], "en").text(80).endswith("run one   make scenario NAME=tcp-multiclient\n")
