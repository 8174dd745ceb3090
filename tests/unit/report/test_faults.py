from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import EngineMissing, Fault, InputError, ScenarioError
from lab.report.faults import show_error
from lab.text import Text, same

NO_ENGINE = EngineMissing(Text("no engine answers", "没有引擎应答"), Text("run `lab doctor`", "请运行 `lab doctor`"))


def test_an_error_is_one_line_with_its_remedy() -> None:
    assert show_error(NO_ENGINE, "en") == "no engine answers: run `lab doctor`"
    assert show_error(NO_ENGINE, "zh") == "没有引擎应答：请运行 `lab doctor`"


def test_without_a_remedy_it_is_what_happened() -> None:
    assert show_error(InputError(same("gone")), "zh") == "gone"


def test_lines_and_escapes_of_an_engine_do_not_pass() -> None:
    assert show_error(InputError(same("a\r\n  b\x1b[31m")), "en") == r"a b\x1b[31m"


def test_one_fault_is_counted_as_one() -> None:
    error = ScenarioError(same("x"), Path("a\x1b.yaml"), (Fault(1, 1, "k\x1b", same("is\x1b wrong")),))
    assert show_error(error, "en") == "a\\x1b.yaml\n  1:1  k\\x1b   is\\x1b wrong\n1 fault, nothing was run"


def test_a_scenario_error_without_places_is_one_line() -> None:
    assert show_error(ScenarioError(same("it is a directory"), Path("x"), ()), "en") == "it is a directory"


def test_on_a_narrow_terminal_the_words_of_a_fault_hang_below_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    what = same("there is no program of this name, but one that is called `alice`, and another, `bob`")
    error = ScenarioError(same("x"), Path("a.yaml"), (Fault(12, 7, "steps[3].expect.from.program", what),))
    assert show_error(error, "en").splitlines()[1:-1] == [
        "  12:7  steps[3].expect.from.program",
        "        there is no program of this name, but one that is",
        "        called `alice`, and another, `bob`",
    ]
