"""What a name or a path on the command line means."""

from __future__ import annotations

import os
from pathlib import Path

from lab import images, loader, record, runs
from lab.checks import PARAMS
from lab.places import RUNS, SCENARIOS
from lab.record import Record
from lab.scenario import Scenario


def scenario(name: str) -> Scenario:
    """The scenario of a name, a folder or a file. Raises `InputError` and `ScenarioError`."""
    path = Path(name)
    is_path = path.exists() or os.sep in name.rstrip(os.sep)
    place = path if is_path else loader.find(name.rstrip(os.sep), SCENARIOS)
    return loader.load(place, PARAMS, images.names())


def scenario_of(recorded: Record) -> Scenario:
    """The scenario that a run was made by: where it lay then, else the one of that name here."""
    there = Path(recorded.source)
    return scenario(str(there) if recorded.source and there.is_dir() else recorded.scenario)


def run_folder(what: str, run: str | None = None) -> Path:
    """A run directory as given, or the latest (or a named) run of a scenario. Raises `InputError`."""
    if os.sep in what or (Path(what) / record.RECORD_FILE).is_file():
        return Path(what)
    if not (RUNS / what).is_dir():
        loader.find(what, SCENARIOS)
    return runs.find(RUNS, what, run)


def capture(what: str, run: str | None) -> tuple[Path, Record | None]:
    """A capture file as given, or that of a run with the run's record. Raises `InputError`."""
    if Path(what).is_file():
        return Path(what), None
    folder = run_folder(what, run)
    recorded = record.load(folder)
    return folder / recorded.capture.file, recorded
