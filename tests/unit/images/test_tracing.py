"""What a program that is traced is started with."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

MOST = {"open_files": 250}
ENV = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def tracing(load: Any) -> ModuleType:
    return load("host", "tracing")


@pytest.fixture
def tell() -> Iterator[int]:
    came, told = os.pipe()
    yield told
    for descriptor in (came, told, MOST["open_files"] - 1):
        os.close(descriptor)


def test_python_is_told_where_the_wrapper_and_the_pipe_are(tracing: ModuleType, tell: int) -> None:
    run, env = tracing.prepared("python", tell, ["python3", "p.py"], ENV | {"PYTHONPATH": "lib"}, MOST)
    assert run == ["python3", "p.py"]
    assert env["PYTHONPATH"].split(":")[1] == "lib"
    assert Path(env["PYTHONPATH"].split(":")[0], "sitecustomize.py").is_file()
    assert env["LAB_TRACE"] == f"249:{os.fstat(tell).st_ino}"
    assert os.get_inheritable(249)


def test_others_are_started_by_strace_in_a_session_of_its_own(tracing: ModuleType, tell: int) -> None:
    run, env = tracing.prepared("strace", tell, ["sh", "-c", "true"], ENV, MOST)
    assert run[-4:] == ["--", "sh", "-c", "true"]
    assert "-DDD" in run
    assert "--output=/proc/self/fd/249" in run
    assert env == ENV


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("./nosuch", "No such file or directory"),
        ("no-such-command", "No such file or directory"),
        ("/etc/passwd", "Permission denied"),
        ("/etc", "Permission denied"),
    ],
)
def test_what_strace_would_not_find_fails_as_without_it(tracing: ModuleType, tell: int, command: str, why: str) -> None:
    with pytest.raises(OSError, match=why):
        tracing.prepared("strace", tell, [command], ENV, MOST)


def test_the_pipe_holds_what_thousands_of_calls_tell(tracing: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing.student, "acting", nullcontext)
    ends = tracing.pipe()
    try:
        assert fcntl.fcntl(ends[0], fcntl.F_GETPIPE_SZ) == tracing.HOLDS
    finally:
        for end in ends:
            os.close(end)
