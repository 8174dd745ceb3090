"""The scenarios there are, in groups, each with the state of its last run: as a table and as JSON."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text as Line

from lab.errors import ScenarioError
from lab.report.layout import GAP, Screen, cut, table
from lab.report.summary import STYLES
from lab.report.wording import VERDICTS, ago, plural
from lab.results import Outcome, Verdict
from lab.scenario import Scenario
from lab.text import Language, Text, say
from lab.visible import one_line, visible

Listed = tuple[Scenario | ScenarioError, Outcome | None]
"""A scenario, or what is wrong with its file, and the outcome of its last run where there is one."""

GROUPS: Mapping[str | None, Text] = {
    "first-steps": Text("First steps", "起步"),
    "tcp": Text("TCP", "TCP"),
    "udp": Text("UDP", "UDP"),
    "names-and-addresses": Text("Names and addresses", "名字与地址"),
    None: Text("Your own", "其他"),
}
"""The groups in the order in which they are read; None is of the scenarios that name none."""

INDENT = 2
STARTED = "%Y%m%d-%H%M%S"  # how the name of a run begins
_TITLE, _STATE = 1, 3  # places of the columns that give way
GIVE_WAY = ((_STATE, 28), (_TITLE, 16), (_STATE, 12))  # in this order, down to so many cells


def scenarios_table(listed: Sequence[Listed], language: Language, now: float) -> Screen:
    """A line a scenario: name, title, whether it is an exercise, its last run; `now` is in seconds of the epoch.

    A faulty file says so in the place of its title, in the last group.
    """
    return Screen(lambda width: _draw(listed, language, now, width))


def document(listed: Sequence[Listed], language: Language) -> dict[str, Any]:
    """The document that `lab list --json` prints: `scenarios`, in the order of the table.

    Each: name, title, group, exercise, folder, faults (null unless the file has some) and last, the last run: run,
    verdict, failed (ids of the checks that did), submission, folder; null where there was none.
    """
    return {"scenarios": [_entry(*each, language) for each in _in_groups(listed)]}


def name(scenario: Scenario | ScenarioError) -> str:
    """The name of a scenario, also of one whose file has faults."""
    return scenario.file.parent.name if isinstance(scenario, ScenarioError) else scenario.name


def _draw(listed: Sequence[Listed], language: Language, now: float, width: int) -> Iterator[Line]:
    if not listed:
        yield Line(say("there are no scenarios", "没有任何场景").in_(language))
        return
    ordered = _in_groups(listed)
    rows = [_row(scenario, last, language, now) for scenario, last in ordered]
    _narrow(rows, width - INDENT)
    group: str | None = ""
    for (scenario, _), line in zip(ordered, table(rows), strict=True):
        if _group(scenario) != group:
            if group != "":
                yield Line()
            group = _group(scenario)
            yield Line(GROUPS[group].in_(language), style="dim")
        yield Line(" " * INDENT).append_text(line)
    yield Line()
    one, everything = say("run one", "运行一个"), say("all of them", "全部运行")
    told = Line().append(one.in_(language), style="dim").append(f"   make scenario NAME={visible(name(ordered[0][0]))}")
    yield told.append("   ").append(everything.in_(language), style="dim").append("   make scenarios")


def _narrow(rows: list[list[Line]], width: int) -> None:
    """Cut titles and states until the rows fit into `width` columns."""
    for place, least in GIVE_WAY:
        widths = [max(cell.cell_len for cell in column) for column in zip(*rows, strict=True)]
        spare = sum(widths) + GAP * (len(widths) - 1) - width
        if spare > 0:
            for row in rows:
                row[place] = Line(cut(row[place].plain, max(widths[place] - spare, least)), style=row[place].style)


def _row(scenario: Scenario | ScenarioError, last: Outcome | None, language: Language, now: float) -> list[Line]:
    shown = Line(visible(name(scenario)), style="bold")
    state = _state(last, language, now)
    if isinstance(scenario, ScenarioError):
        faults = plural(len(scenario.faults), "fault", "faults", "处错误").in_(language)
        return [shown, Line(faults, style="red"), Line(), state]
    kind = say("exercise", "练习").in_(language) if scenario.exercise is not None else ""
    return [shown, Line(one_line(scenario.title.text.in_(language))), Line(kind, style="dim"), state]


def _state(last: Outcome | None, language: Language, now: float) -> Line:
    """`passed 5 min ago`, `failed: closed`; of what was handed in: `submission failed: closed`."""
    if last is None:
        return Line(say("not run yet", "尚未运行").in_(language), style="dim")
    told = VERDICTS[last.verdict]
    if last.verdict is Verdict.FAILED:
        told = say("{told}: {checks}", "{told}：{checks}", told=told, checks=", ".join(_failed(last)))
    elif (started := _started(last)) is not None:
        told = say("{told} {ago}", "{ago}{told}", told=told, ago=ago(now - started))
    if last.submission is not None:
        told = say("submission {told}", "提交 {told}", told=told)
    return Line(visible(told.in_(language)), style="" if last.verdict is Verdict.PASSED else STYLES[last.verdict])


def _failed(last: Outcome) -> list[str]:
    return [result.id for result in last.results if result.verdict is Verdict.FAILED]


def _started(last: Outcome) -> float | None:
    """When a run began, in seconds of the epoch, by its name; None where that was changed."""
    try:
        return time.mktime(time.strptime("-".join(last.run.split("-")[:2]), STARTED))
    except (ValueError, OverflowError):
        return None


def _group(scenario: Scenario | ScenarioError) -> str | None:
    return None if isinstance(scenario, ScenarioError) else scenario.group


def _in_groups(listed: Sequence[Listed]) -> list[Listed]:
    """`listed` in the order of the groups, and as it was within each."""
    places = {group: place for place, group in enumerate(GROUPS)}
    return sorted(listed, key=lambda each: places[_group(each[0])])


def _entry(scenario: Scenario | ScenarioError, last: Outcome | None, language: Language) -> dict[str, Any]:
    entry = {
        "name": name(scenario),
        "title": None,
        "group": None,
        "exercise": False,
        "folder": "",
        "faults": None,
        "last": None if last is None else _last(last),
    }
    if isinstance(scenario, ScenarioError):
        return entry | {"folder": str(scenario.file.parent), "faults": len(scenario.faults)}
    return entry | {
        "title": scenario.title.text.in_(language),
        "group": scenario.group,
        "exercise": scenario.exercise is not None,
        "folder": str(scenario.folder),
    }


def _last(last: Outcome) -> dict[str, Any]:
    return {
        "run": last.run,
        "verdict": str(last.verdict),
        "failed": _failed(last),
        "submission": last.submission,
        "folder": str(last.folder),
    }
