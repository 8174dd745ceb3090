"""Errors as people read them: one line that says what and what to do, or a scenario file's list of faults."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text as Line

from lab.errors import LabError, ScenarioError
from lab.report.layout import console_on, hang, pad
from lab.report.wording import plural
from lab.scenario import Scenario
from lab.text import Language, Text, join, say
from lab.visible import one_line

NARROWEST = 30  # cells that the words of a fault have beside its path; with fewer they stand below it


def show_error(error: LabError, language: Language) -> str:
    """`error` as plain text without a last line end, faults in lines that fit on stderr's terminal."""
    if isinstance(error, ScenarioError) and error.faults:
        return _faults(error, language, console_on(sys.stderr))
    return one_line(error.whole.in_(language))


def sound(scenario: Scenario) -> Text:
    """That a scenario file has no faults, and what it holds."""
    counted = [
        plural(len(scenario.hosts), "host", "hosts", "台主机"),
        plural(len(scenario.programs), "program", "programs", "个程序"),
        plural(len(scenario.steps), "step", "steps", "个步骤"),
    ]
    if scenario.checks:
        counted.append(plural(len(scenario.checks), "check", "checks", "项检查"))
    else:
        counted.append(say("no checks: nothing will be judged", "没有检查：不会作出任何判断"))
    told = join(say(", ", "，"), counted)
    return say("{name}: no faults; {told}", "{name}：没有错误；{told}", name=scenario.name, told=told)


def _faults(error: ScenarioError, language: Language, console: Console) -> str:
    rows = [
        (Line(f"{f.line}:{f.column}"), Line(one_line(f.path)), one_line(f.what.in_(language))) for f in error.faults
    ]
    places = max(place.cell_len for place, _, _ in rows) + 2
    paths = max(path.cell_len for _, path, _ in rows)
    narrow = 2 + places + paths + 3 + NARROWEST > console.width
    lines = [one_line(str(error.file))]
    for place, path, what in rows:
        first = Line("  ").append_text(pad(place, places))
        if paths and narrow and path:
            lines.append(first.copy().append_text(path).plain)
            first = Line(" " * first.cell_len)
        elif paths and not narrow:
            first.append_text(pad(path, paths + 3))
        lines += [line.plain for line in hang(first, Line(what), console.width, console)]
    counted = plural(len(rows), "fault", "faults", "处错误")
    lines.append(say("{counted}, nothing was run", "{counted}，什么都没有运行", counted=counted).in_(language))
    return "\n".join(lines)
