"""Several scenarios at once, as people run them."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import driving
import pytest
from driving import Command, ended, left_of, no_leaks

from lab import record
from lab.engine import Engine
from lab.runs import ROLE_LABEL, RUN_LABEL, SCENARIO_LABEL

WITHIN = 100  # seconds


@pytest.fixture
def waiting(tmp_path: Path) -> list[Path]:
    """Two copies of the scenario `waiting` under names that no other test has."""
    unique = f"{os.getpid()}-{threading.get_ident() % 1000}"
    return [driving.copied("waiting", tmp_path, f"{name}-{unique}") for name in ("one", "two")]


def test_two_at_once(lab: Command, engine: Engine, into: Path) -> None:
    with no_leaks(engine, into), lab.start("run", driving.HERE / "token", "udp-hello", "--json") as process:
        said = ended(process, WITHIN)
    assert said.status == 0, said.err
    document = said.document
    assert (document["verdict"], [each["scenario"] for each in document["scenarios"]]) == (
        "passed",
        ["token", "udp-hello"],
    )
    assert all(check["verdict"] == "passed" for each in document["scenarios"] for check in each["checks"])
    assert document["seconds"] > 0
    assert {run.parent.name for run in lab.run_folders()} == {"token", "udp-hello"}
    assert "passed   2 scenarios" in said.err


def test_ctrl_c_leaves_nothing(lab: Command, engine: Engine, into: Path, waiting: list[Path]) -> None:
    """All of them clean up after themselves, and what happened until then is kept."""
    with no_leaks(engine, into), lab.start("run", *waiting, "-j", "2", "--json") as process:
        _until_each_runs(engine, waiting)
        process.send_signal(signal.SIGINT)
        said = ended(process, WITHIN)
    assert (said.status, said.out) == (130, "")
    assert "interrupted   0 of 2 scenarios" in said.err
    assert {run.parent.name for run in lab.run_folders()} <= {folder.name for folder in waiting}
    assert all(record.load(run).interrupted for run in lab.run_folders())


def test_a_run_that_is_killed_does_not_touch_the_others(
    lab: Command, engine: Engine, into: Path, waiting: list[Path]
) -> None:
    with lab.start("run", waiting[0], driving.HERE / "token", "-j", "2", "--json") as process:
        _until_each_runs(engine, waiting[:1])
        (child,) = _children_about(process.pid, waiting[0])
        os.kill(child, signal.SIGKILL)
        said = ended(process, WITHIN)
    assert said.status == 3
    killed, token = said.document["scenarios"]
    assert (killed["verdict"], killed["exit_code"], token["verdict"]) == ("error", 3, "passed")
    lab("clean")
    assert left_of(engine, into) == []


def _until_each_runs(engine: Engine, folders: list[Path]) -> None:
    """Wait until each scenario has its hosts, which it has as long as it waits."""
    clock = threading.Event()
    while True:
        labels = [c.labels for c in engine.containers(RUN_LABEL) if c.labels[ROLE_LABEL] != "tap"]
        if {folder.name for folder in folders} <= {each[SCENARIO_LABEL] for each in labels}:
            return
        clock.wait(0.05)


def _children_about(parent: int, folder: Path) -> list[int]:
    """The children of a process that were started for a scenario."""
    children = Path(f"/proc/{parent}/task").glob("*/children")
    pids = [int(pid) for file in children for pid in file.read_text().split()]
    return [pid for pid in pids if str(folder) in Path(f"/proc/{pid}/cmdline").read_text()]
