"""`lab handouts`: what it is called with, and its exit codes where nothing is run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import test_cli
from test_cli import Lab

from lab.handouts import pages
from lab.handouts.pages import FILES

lab = test_cli.lab
MARKER = "<!-- figure: {} -->\n<!-- end -->\n"


@pytest.fixture
def hello(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """The scenario `hello` with pages without figures, and another that has none."""
    monkeypatch.setattr(pages, "SCENARIOS", lab.scenarios)
    lab.scenario("bare", test_cli.SCENARIO)
    for file in FILES.values():
        (lab.scenarios / "hello" / file).write_text("# Hello\n")
    yield lab
    assert not lab.runs.exists()


@pytest.mark.parametrize("names", [(), ("hello",)])
def test_all_scenarios_with_pages_or_those_that_are_named(hello: Lab, names: tuple[str, ...]) -> None:
    assert hello("handouts", *names) == (0, "hello: 0 figures from 0 runs\n", "")


def test_a_scenario_that_is_named_has_to_have_pages(hello: Lab) -> None:
    code, out, err = hello("handouts", "bare")
    assert (code, out) == (2, "")
    assert [line.split(": ", 1)[1] for line in err.splitlines()[:2]] == ["No such file or directory"] * 2
    assert err.splitlines()[2:] == ["2 faults, nothing was run"]


def test_every_fault_of_every_page_is_told(hello: Lab) -> None:
    (hello.scenarios / "bare" / "README.md").write_text(MARKER.format("ladder dave"))
    (hello.scenarios / "hello" / "README.zh.md").write_text(MARKER.format("picture"))
    code, out, err = hello("handouts")
    assert (code, out) == (2, "")
    told = [line.removeprefix(f"{hello.scenarios}/").split(": ")[0] for line in err.splitlines()]
    assert told[0] == "bare/README.md:1:21"
    assert told[1].startswith("bare/README.zh.md cannot be read")
    assert told[2:] == ["hello/README.zh.md:1:14", "3 faults, nothing was run"]


def test_a_scenario_that_there_is_not(hello: Lab) -> None:
    assert hello("handouts", "nobody")[0] == 2
