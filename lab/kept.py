"""The scenario as a run kept it, so that the run can be checked where its scenario is not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lab import loader
from lab.checks import PARAMS
from lab.scenario import Scenario, as_posix

FOLDER = "scenario"  # in the run directory


def files_of(scenario: Scenario) -> Mapping[str, bytes]:
    """What a run keeps, by path in its directory: the scenario file, and the files that its checks compare with."""
    compared = (getattr(check.params, "same_as", None) for check in scenario.checks.values())
    wanted = {as_posix(name): name for name in compared if isinstance(name, str)} | {loader.FILE: scenario.file}
    return {f"{FOLDER}/{name}": (scenario.folder / there).read_bytes() for name, there in wanted.items()}


def load(folder: Path, name: str, seed: int) -> Scenario:
    """The scenario `name` that the run of `folder` kept, as `seed` makes it. Raises `ScenarioError` for its faults."""
    return loader.load(folder / FOLDER / loader.FILE, PARAMS, kept_as=name, seed=seed)
