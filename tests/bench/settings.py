"""The engine's settings of the containers of tcp-multiclient, for the floor: those that the lab gives them."""

from __future__ import annotations

import json
from pathlib import Path

from lab import arguments, dockerengine, hosts, plan
from lab.submissions.find import one
from lab.submissions.wanted import handed_in

SCENARIO = "tcp-multiclient"


def write(file: Path) -> Path:
    """Write host -> settings, and those of the tap."""
    scenario = arguments.scenario(SCENARIO)
    planned = plan.make(scenario, handed_in(scenario, one(scenario.folder / "solution", scenario)))
    specs = {name: hosts._host(name, host, planned, "floor", {}) for name, host in planned.hosts.items()}
    specs[hosts.TAP] = hosts._tap("floor", {})
    file.write_text(json.dumps({name: dockerengine._config(spec) for name, spec in specs.items()}), encoding="utf-8")
    return file
