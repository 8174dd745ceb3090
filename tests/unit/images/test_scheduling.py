from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def scheduling(load: Callable[[str, str], ModuleType]) -> ModuleType:
    return load("host", "scheduling")


@pytest.fixture
def proc(tmp_path: Path, scheduling: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /proc of the test's own."""
    listdir, opened = os.listdir, open
    monkeypatch.setattr(scheduling.os, "listdir", lambda path: listdir(f"{tmp_path}{path}"))
    monkeypatch.setattr(scheduling, "open", lambda path, **how: opened(f"{tmp_path}{path}", **how), raising=False)
    return tmp_path / "proc"


def thread(proc: Path, pid: int, tid: int, schedstat: str) -> None:
    folder = proc / str(pid) / "task" / str(tid)
    folder.mkdir(parents=True)
    (folder / "schedstat").write_text(schedstat)


def test_what_every_thread_waited_is_added_up(proc: Path, scheduling: ModuleType) -> None:
    thread(proc, 1, 1, "911919 1000 1\n")
    thread(proc, 7, 7, "5 20 9\n")
    thread(proc, 7, 8, "5 3 9\n")
    (proc / "self").mkdir()
    assert scheduling.delayed() == 1023
    assert scheduling.spent(7) == 5


def test_what_is_gone_or_told_by_no_kernel_counts_nothing(proc: Path, scheduling: ModuleType) -> None:
    thread(proc, 1, 1, "911919 1000 1\n")
    thread(proc, 7, 7, "")
    (proc / "8").mkdir()
    (proc / "9" / "task" / "9").mkdir(parents=True)
    assert scheduling.delayed() == 1000
    assert scheduling.spent(7) == scheduling.spent(10) == 0


@pytest.mark.parametrize(
    ("state", "threads", "rests"),
    [("S", 1, True), ("T", 1, True), ("R", 2, False), ("D", 1, False), ("Z", 1, False), ("Z", 2, True)],
)
def test_a_thread_rests_unless_it_runs(
    proc: Path, scheduling: ModuleType, state: str, threads: int, rests: bool
) -> None:
    for number in range(threads):
        thread(proc, 7, 7 + number, "0 0 0\n")
    (proc / "7" / "stat").write_text(f"7 (R) a name) {state} 1 7 7 0\n")
    assert scheduling.rests(7) is rests


def test_what_is_gone_does_not_rest(proc: Path, scheduling: ModuleType) -> None:
    assert not scheduling.rests(7)
