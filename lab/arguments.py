"""What a name or a path on the command line means."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Container
from contextlib import suppress
from pathlib import Path

from lab import images, kept, loader, record, runs
from lab.checks import PARAMS
from lab.errors import InputError, RecordError, ScenarioError
from lab.outcomes import load_outcome
from lab.places import RUNS, SCENARIOS
from lab.reading.faults import nearest, shown
from lab.record import Record
from lab.results import Outcome
from lab.scenario import Scenario
from lab.seen import Seen, of_file, of_run
from lab.submissions import Handed, find
from lab.submissions.wanted import handed_in
from lab.text import Text, say
from lab.values import NAME

RUN_NAME = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")  # of a run directory
LIKE_RUN = re.compile(r"\d{8}-[0-9a-f-]*")  # names of scenarios begin with a letter
SEE_RUN = say("see `lab run -h`", "请看 `lab run -h`")


def names() -> list[str]:
    """The scenarios there are."""
    return loader.names(SCENARIOS)


def exercises() -> list[str]:
    """The scenarios that are exercises, as their folders show it."""
    return [name for name in names() if os.path.isdir(SCENARIOS / name / "starter")]


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


def last_of_its_own(name: str) -> Outcome | None:
    """The outcome of the latest run of a scenario with its own programs, none that was handed in; None without one."""
    for run in runs_of(name):
        with suppress(RecordError):
            outcome = load_outcome(RUNS / name / run)
            if outcome.submission is None:
                return outcome
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


def scenario(name: str, seed: int = 0) -> Scenario:
    """The scenario of a name, a folder or a file, as `seed` makes it. Raises `InputError` and `ScenarioError`."""
    place = Path(name) if _is_path(name) else loader.find(name.rstrip(os.sep), SCENARIOS)
    return loader.load(place, PARAMS, images.names(), seed=seed)


def exercise(name: str) -> Scenario:
    """The exercise of a name, a folder or a file. Raises `InputError`, with the nearest one, and `ScenarioError`."""
    if not _is_path(name) and name.rstrip(os.sep) not in names():
        near = nearest(name, exercises())
        if near is None:
            raise InputError(
                say("no exercise `{name}`", "没有练习 `{name}`", name=shown(name)),
                say("`lab list` tells of all", "`lab list` 列出全部"),
            )
        raise InputError(
            say(
                "no exercise `{name}`; did you mean `{near}`?",
                "没有练习 `{name}`；是否想写 `{near}`？",
                name=shown(name),
                near=near,
            )
        )
    found = scenario(name)
    if found.exercise is None:
        raise InputError(
            say(
                "{name} is no exercise: its file has no `exercise`",
                "{name} 不是练习：其文件中没有 `exercise`",
                name=found.name,
            )
        )
    return found


def _is_path(name: str) -> bool:
    return os.path.exists(name) or os.sep in name.rstrip(os.sep)


def scenario_of(recorded: Record, folder: Path) -> Scenario:
    """The scenario that a run was made by: where it lay then, else of that name here, else as the run kept it.

    Raises `InputError` where there is none of these.
    """
    there = Path(recorded.source)
    if recorded.source and (there / loader.FILE).is_file():
        return scenario(str(there), recorded.seed)
    if recorded.scenario in names():
        return scenario(recorded.scenario, recorded.seed)
    if (folder / kept.FOLDER / loader.FILE).is_file():
        return kept.load(folder, recorded.scenario, recorded.seed)
    raise RecordError(
        say(
            "the scenario of this run is neither in {there} nor in {kept}",
            "{there} 和 {kept} 中都没有这次运行的场景",
            there=recorded.source or SCENARIOS,
            kept=folder / kept.FOLDER,
        ),
        say("name its file with --scenario", "请用 --scenario 指明其文件"),
    )


def submission(path: Path | None, scenario: Scenario) -> Handed | None:
    """What a scenario takes of what lies at `path`. Raises `InputError` where there is nothing, or no exercise."""
    return None if path is None else handed_in(scenario, find.one(path, scenario))


def going_on(what: str) -> Path | None:
    """The run directory that is meant, by its path or by its own name; None where it is a scenario."""
    path = Path(what)
    if any(os.path.isfile(path / name) for name in (runs.LOCK_FILE, record.RECORD_FILE)):
        return path.resolve()
    return _by_own_name(what)


def _by_own_name(what: str) -> Path | None:
    """The run directory of that name, whatever its scenario; None where it is no name of a run.

    Raises `InputError` where it is one, or begins as one, and there is no such run.
    """
    if not LIKE_RUN.fullmatch(what):
        return None
    found = next(RUNS.glob(f"*/{what}"), None) if RUN_NAME.fullmatch(what) else None
    if found is None:
        raise InputError(say("no run `{name}`", "没有运行 `{name}`", name=shown(what)))
    return found.resolve()


def run_folder(what: str, run: str | None = None) -> Path:
    """A run directory as given, or the latest (or a named) run of a scenario. Raises `InputError`."""
    path = Path(what)
    if os.path.isfile(path / record.RECORD_FILE):
        return path.resolve()
    name = what.rstrip(os.sep)
    if os.path.isfile(path / loader.FILE):  # a scenario's folder
        name = path.resolve().name
    if (own := _by_own_name(name)) is not None:
        return own
    if NAME.fullmatch(name) and (os.path.isdir(RUNS / name) or name in names()):
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


def seen(what: str, run: str | None, wanted: Container[int] | None = None) -> Seen:
    """What there is to see of a capture file as given, or of a run; of a file, `wanted` as in `lab.reader.read`.

    Raises as `capture` and `lab.seen` do.
    """
    if os.path.isfile(what):
        return of_file(Path(what), wanted=wanted)
    return of_run(run_folder(what, run))


def pair(before: str, after: str | None) -> list[tuple[str, str | None]]:
    """The two things to compare, each as `seen` takes it: as given, or the last two runs of a scenario.

    Raises `InputError` where the scenario was run less than twice.
    """
    if after is not None:
        return [(before, None), (after, None)]
    latest = run_folder(before)
    earlier = [run for run in runs_of(latest.parent.name) if run < latest.name]
    if latest.parent != (RUNS / latest.parent.name).resolve() or not earlier:
        raise InputError(
            say(
                "there is no run before {run} to compare it with",
                "{run} 之前没有可以比较的运行",
                run=latest.name,
            ),
            say("name two runs", "请指明两次运行"),
        )
    return [(str(RUNS / latest.parent.name / earlier[0]), None), (str(latest), None)]


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
