from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def delays(load: Callable[[str, str], ModuleType]) -> ModuleType:
    return load("host", "delays")


@pytest.fixture
def proc(tmp_path: Path, delays: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /proc of the test's own."""
    listdir, opened = os.listdir, open
    monkeypatch.setattr(delays.os, "listdir", lambda path: listdir(f"{tmp_path}{path}"))
    monkeypatch.setattr(delays, "open", lambda path, **how: opened(f"{tmp_path}{path}", **how), raising=False)
    return tmp_path / "proc"


def thread(proc: Path, pid: int, tid: int, schedstat: str) -> None:
    folder = proc / str(pid) / "task" / str(tid)
    folder.mkdir(parents=True)
    (folder / "schedstat").write_text(schedstat)


def test_the_second_field_of_every_thread_is_added_up(proc: Path, delays: ModuleType) -> None:
    thread(proc, 1, 1, "911919 1000 1\n")
    thread(proc, 7, 7, "5 20 9\n")
    thread(proc, 7, 8, "5 3 9\n")
    (proc / "self").mkdir()
    assert delays.total() == 1023


def test_what_is_gone_or_told_by_no_kernel_counts_nothing(proc: Path, delays: ModuleType) -> None:
    thread(proc, 1, 1, "911919 1000 1\n")
    thread(proc, 7, 7, "")
    (proc / "8").mkdir()
    (proc / "9" / "task" / "9").mkdir(parents=True)
    assert delays.total() == 1000
