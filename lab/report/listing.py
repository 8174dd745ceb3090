"""The scenarios there are, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text as Line

from lab.errors import ScenarioError
from lab.report.layout import Screen, cut, table
from lab.report.visible import one_line, visible
from lab.report.wording import plural
from lab.scenario import Scenario
from lab.text import Language, Text, say


def scenarios_table(scenarios: Sequence[Scenario | ScenarioError], language: Language) -> Screen:
    """A line a scenario: name, title, hosts, checks, whether it is an exercise; a faulty file says so in its place."""
    return Screen(lambda width: _draw(scenarios, language, width))


def _draw(scenarios: Sequence[Scenario | ScenarioError], language: Language, width: int) -> Iterator[Line]:
    if not scenarios:
        yield Line(say("there are no scenarios", "没有任何场景").in_(language))
        return
    heads = (Text("scenario", "场景"), Text("", ""), Text("hosts", "主机"), Text("checks", "检查"), Text("", ""))
    header = [Line(head.in_(language), style="dim") for head in heads]
    rows = [header, *(_row(each, language) for each in scenarios)]
    spare = max(line.cell_len for line in table(rows, _RIGHT)) - width
    if spare > 0:
        titles = max(row[1].cell_len for row in rows)
        for row in rows:
            row[1] = Line(cut(row[1].plain, max(titles - spare, 12)), style=row[1].style)
    yield from table(rows, _RIGHT)
    yield Line()
    run = say("run one", "运行").in_(language)
    yield Line().append(run, style="dim").append("   make scenario NAME=" + _name(scenarios[0]))


_RIGHT = frozenset({2, 3})


def _row(scenario: Scenario | ScenarioError, language: Language) -> list[Line]:
    if isinstance(scenario, ScenarioError):
        faults = plural(len(scenario.faults), "fault", "faults", "处错误").in_(language)
        return [Line(_name(scenario)), Line(faults, style="red"), Line(), Line(), Line()]
    kind = say("exercise", "练习").in_(language) if scenario.exercise is not None else ""
    title = one_line(scenario.title.text.in_(language))
    counts = [Line(f"{len(scenario.hosts)}"), Line(f"{len(scenario.checks)}")]
    return [Line(_name(scenario), style="bold"), Line(title), *counts, Line(kind, style="dim")]


def _name(scenario: Scenario | ScenarioError) -> str:
    return visible(scenario.file.parent.name if isinstance(scenario, ScenarioError) else scenario.name)
