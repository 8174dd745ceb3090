"""What is counted and seen of limits, on folders of this machine."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def limits(load: Callable[[str, str], ModuleType]) -> ModuleType:
    load("host", "student")
    return load("host", "limits")


@pytest.mark.parametrize(
    ("what", "file", "text"),
    [
        ("processes", "pids.events", "max {n}\n"),
        ("processes", "pids/pids.events", "max {n}\n"),
        ("memory", "memory.events", "low 0\noom 9\noom_kill {n}\noom_group_kill 0\n"),
        ("memory", "memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill {n}\n"),
    ],
)
def test_both_versions_of_control_groups_are_read(
    limits: ModuleType, tmp_path: Path, what: str, file: str, text: str
) -> None:
    place = tmp_path / file
    place.parent.mkdir(exist_ok=True)
    place.write_text(text.format(n=3))
    counter = limits.Counter(what, f"{tmp_path}/")
    assert not counter.grew()
    place.write_text(text.format(n=4))
    assert counter.grew()
    assert not counter.grew()


def test_where_nothing_is_counted_nothing_grows(limits: ModuleType, tmp_path: Path) -> None:
    assert not limits.Counter("memory", f"{tmp_path}/").grew()


@pytest.mark.parametrize(
    ("status", "seconds", "what"),
    [
        (-signal.SIGXFSZ, 0.0, "file_size"),
        (-signal.SIGXCPU, 30.0, "cpu"),
        (-signal.SIGKILL, 31.0, "cpu"),
        (-signal.SIGKILL, 1.0, None),
        (0, 40.0, None),
    ],
)
def test_what_ended_a_process(limits: ModuleType, status: int, seconds: float, what: str | None) -> None:
    assert limits.hit_by(status, seconds, 30) == what


def test_the_largest_file_is_found_and_no_link_followed(limits: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    with (tmp_path / "deep" / "sparse").open("wb") as file:
        file.truncate(5000)
    (tmp_path / "small").write_bytes(b"x")
    (tmp_path / "link").symlink_to("/usr/bin/python3")
    assert limits.largest([str(tmp_path)]) == 5000


def test_a_folder_with_room_is_not_full(limits: ModuleType, tmp_path: Path) -> None:
    assert limits.full([str(tmp_path)]) == []


def test_a_tree_that_changes_while_it_is_walked_is_no_failure(
    limits: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_bytes(b"x")

    def gone(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "gone")

    monkeypatch.setattr(limits.os, "stat", gone)
    assert limits.largest([str(tmp_path)]) == 0
