"""What a name or a path on the command line means."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path

from lab import images, kept, loader, record, runs
from lab.checks import PARAMS
from lab.errors import InputError, RecordError, ScenarioError
from lab.places import RUNS, SCENARIOS
from lab.record import Record
from lab.report.document import load_outcome
from lab.results import Outcome
from lab.scenario import Scenario
from lab.text import Text, say

SEE_RUN = say("see `lab run -h`", "请看 `lab run -h`")


def names() -> list[str]:
    """The scenarios there are."""
    return loader.names(SCENARIOS)


def runs_of(name: str) -> list[str]:
    """The recorded runs of a scenario, the newest first."""
    found = (file.parent for file in (RUNS / name).glob(f"*/{record.RECORD_FILE}"))
    return sorted((folder.name for folder in found if not folder.is_symlink()), reverse=True)


def last(name: str) -> Outcome | None:
    """The outcome of the latest run of a scenario that came to its end; None where there is none that can be read."""
    for run in (runs.LATEST, *runs_of(name)):
        with suppress(RecordError):
            return load_outcome(RUNS / name / run)
    return None


def took(name: str) -> float:
    """Seconds that the latest run of a scenario took; of one that was not run yet, infinitely many."""
    outcome = last(name)
    return math.inf if outcome is None else sum(outcome.seconds.values())


def to_run(given: list[str], submission: Path | None, *, everything: bool) -> list[str]:
    """The scenarios to run: `given`, or the folders of all there are. Raises `InputError` where the call is none."""
    if everything and given:
        raise InputError(say("--all and {name} exclude each other", "--all 与 {name} 不能并用", name=given[0]), SEE_RUN)
    if not everything and not given:
        raise InputError(say("NAME or --all is missing", "缺少 NAME 或 --all"), SEE_RUN)
    if submission is not None and (everything or len(given) > 1):
        raise InputError(say("--submission goes with one scenario", "--submission 只能用于单个场景"), SEE_RUN)
    return [str(SCENARIOS / name) for name in names()] if everything else given


def loaded(given: list[str], *, everything: bool) -> list[Scenario | ScenarioError]:
    """The scenarios to run. Of `everything` a faulty file is among them; of others it is raised as `ScenarioError`."""
    found: list[Scenario | ScenarioError] = []
    for name in given:
        try:
            found.append(scenario(name))
        except ScenarioError as error:
            if not everything:
                raise
            found.append(error)
    return found


def scenario(name: str) -> Scenario:
    """The scenario of a name, a folder or a file. Raises `InputError` and `ScenarioError`."""
    path = Path(name)
    is_path = os.path.exists(name) or os.sep in name.rstrip(os.sep)
    place = path if is_path else loader.find(name.rstrip(os.sep), SCENARIOS)
    return loader.load(place, PARAMS, images.names())


def scenario_of(recorded: Record, folder: Path) -> Scenario:
    """The scenario that a run was made by: where it lay then, else of that name here, else as the run kept it.

    Raises `InputError` where there is none of these.
    """
    there = Path(recorded.source)
    if recorded.source and (there / loader.FILE).is_file():
        return scenario(str(there))
    if recorded.scenario in names():
        return scenario(recorded.scenario)
    if (folder / kept.FOLDER / loader.FILE).is_file():
        return kept.load(folder, recorded.scenario)
    raise RecordError(
        say(
            "the scenario of this run is neither in {there} nor in {kept}",
            "{there} 和 {kept} 中都没有这次运行的场景",
            there=recorded.source or SCENARIOS,
            kept=folder / kept.FOLDER,
        ),
        say("name its file with --scenario", "请用 --scenario 指明其文件"),
    )


def submission(path: Path | None) -> Path | None:
    """A file or folder that was handed in. Raises `InputError` where there is none."""
    if path is not None and not os.path.exists(path):
        raise InputError(say("no such submission: {path}", "没有这份提交：{path}", path=path))
    return path


def run_folder(what: str, run: str | None = None) -> Path:
    """A run directory as given, or the latest (or a named) run of a scenario. Raises `InputError`."""
    path = Path(what)
    if os.path.isfile(path / record.RECORD_FILE):
        return path.resolve()
    name = what.rstrip(os.sep)
    if os.path.isfile(path / loader.FILE):  # a scenario's folder
        name = path.resolve().name
    if os.path.isdir(RUNS / name) or name in names():
        return runs.find(RUNS, name, run)
    if os.sep in what or path.suffix or os.path.lexists(path):
        raise InputError(_no_file(what))
    loader.find(name, SCENARIOS)
    return runs.find(RUNS, name, run)


def capture(what: str, run: str | None) -> tuple[Path, Record | None]:
    """A capture file as given, or that of a run with the run's record. Raises `InputError`."""
    if os.path.isfile(what):
        return Path(what), None
    folder = run_folder(what, run)
    recorded = record.load(folder)
    return folder / recorded.capture.file, recorded


def look_into(recorded: Record, folder: Path) -> str:
    """The command that looks into the run of a directory."""
    if folder.parent == (RUNS / recorded.scenario).resolve():
        return f"make inspect NAME={recorded.scenario} RUN={folder.name}"
    return f"lab inspect {folder}"


def opens(what: str, run: str | None, recorded: Record | None) -> str:
    """The command that opens a conversation of what was looked into, up to the conversation's number."""
    if recorded is None or os.sep in what or os.path.exists(what):
        return f"lab inspect {what} -c "
    return f"make inspect NAME={what}" + (f" RUN={run}" if run else "") + " CONVERSATION="


def _no_file(what: str) -> Text:
    if not os.path.lexists(what):
        return say("no such file: {what}", "没有这个文件：{what}", what=what)
    if not os.path.exists(what):
        return say("{what} is a link to nothing", "{what} 是指向不存在之物的链接", what=what)
    if os.path.isdir(what):
        return say(
            "{what} is a folder without {record}; a run directory has one",
            "{what} 是没有 {record} 的文件夹；运行目录里有这个文件",
            what=what,
            record=record.RECORD_FILE,
        )
    return say("{what} is no regular file", "{what} 不是普通文件", what=what)
