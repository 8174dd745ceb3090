"""Whole screens against golden files, in both languages."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lab.conversations import Connection, Conversations
from lab.errors import Fault, ScenarioError
from lab.record import Record
from lab.report import Reporter
from lab.report.faults import show_error
from lab.report.inspect import conversations_table
from lab.report.ladder import datagram_ladder, ladder
from lab.report.listing import Listed, scenarios_table
from lab.report.terminal import TerminalReporter
from lab.results import Outcome
from lab.scenario import Exercise, Scenario
from lab.text import LANGUAGES, Language, Text

Golden = Callable[[str, str], None]
Play = Callable[[Reporter, Outcome], None]
WIDTHS = (60, 80, 120)


class Terminal(io.StringIO):
    """A terminal without colour, whose screen is read as text."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_that_passes_piped(passed: Outcome, play: Play, golden: Golden, language: Language) -> None:
    stream = io.StringIO()
    play(TerminalReporter(language, stream=stream), passed)
    golden(f"passed-piped.{language}", stream.getvalue())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_that_fails_on_80_columns(failed: Outcome, play: Play, golden: Golden, language: Language) -> None:
    stream = Terminal()
    play(TerminalReporter(language, stream=stream), failed)
    golden(f"failed-80.{language}", stream.getvalue())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_table_of_conversations(
    conversations: Conversations, record: Record, golden: Golden, language: Language, width: int
) -> None:
    golden(f"conversations-{width}.{language}", conversations_table(conversations, record, language).text(width))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_ladder(connection: Connection, record: Record, golden: Golden, language: Language, width: int) -> None:
    golden(f"ladder-{width}.{language}", ladder(connection, record, language, "utf-8").text(width))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_ladder_of_datagrams(conversations: Conversations, golden: Golden, language: Language) -> None:
    screen = datagram_ladder(conversations.exchanges[0], conversations, None, language, "utf-8", hex=True)
    golden(f"datagrams-80.{language}", screen.text(80))


@pytest.mark.parametrize("language", LANGUAGES)
def test_faults_of_a_scenario_file(golden: Golden, language: Language) -> None:
    error = ScenarioError(
        Text("3 faults", "3 处错误"),
        Path("scenarios/my-lab/scenario.yaml"),
        (
            Fault(
                14, 11, "hosts.server.imge", Text("unknown key; did you mean `image`?", "未知的键；是不是 `image`？")
            ),
            Fault(
                22,
                24,
                "steps[3].wait",
                Text("no program is called `alise`; there is `alice`", "没有名为 `alise` 的程序；有 `alice`"),
            ),
            Fault(31, 5, "checks.静", Text("asserts absence but needs no check", "断言不存在，却不依赖任何检查")),
        ),
    )
    golden(f"faults.{language}", show_error(error, language) + "\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_of_scenarios(
    scenario: Scenario, passed: Outcome, failed: Outcome, golden: Golden, language: Language
) -> None:
    now = time.mktime(time.strptime(passed.run[:15], "%Y%m%d-%H%M%S")) + 7200
    tcp = scenario.model_copy(update={"group": "tcp", "exercise": Exercise(files=("server.py",))})
    first = scenario.model_copy(update={"name": "tcp-hello", "group": "first-steps"})
    listed: list[Listed] = [(tcp, replace(failed, submission="mine")), (first, passed)]
    fault = Fault(1, 1, "", Text("empty", "空"))
    broken = ScenarioError(Text("broken", "损坏"), Path("scenarios/my-lab/scenario.yaml"), (fault,))
    golden(f"list-80.{language}", scenarios_table([*listed, (broken, None)], language, now).text(80))
