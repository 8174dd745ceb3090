from __future__ import annotations

import builtins
import io
import os
from collections.abc import Callable
from types import ModuleType

import pytest

RECVFROM = "45 0x3 0x7f00 0x400 0x0 0x0 0x0 0x7ffd 0x7f01\n"
ACCEPT4 = "288 0x4 0x7f00 0x7f08 0x80000 0x0 0x0 0x7ffd 0x7f01\n"
SENDTO = "44 0xffffffff00000005 0x7f00 0x400 0x0 0x0 0x0 0x7ffd 0x7f01\n"  # a descriptor has 32 bits
READ_OF_A_PIPE = "0 0x0 0x7f00 0x400 0x0 0x0 0x0 0x7ffd 0x7f01\n"
POLL = "7 0x7f00 0x1 0xea60 0x0 0x0 0x0 0x7ffd 0x7f01\n"
FUTEX = "202 0x7f00 0x189 0x0 0x0 0x0 0xffffffff 0x7ffd 0x7f01\n"
FUTEX_FOR_A_TIME = "202 0x7f00 0x189 0x0 0x7ffe 0x0 0xffffffff 0x7ffd 0x7f01\n"
WAIT4 = "61 0xffffffffffffffff 0x7f00 0x0 0x0 0x0 0x0 0x7ffd 0x7f01\n"
FAULT = "-1 0x7ffd 0x7f01\n"
ZOMBIE = "-1 0x0 0x0\n"
SOCKETS = {"3": "4711", "4": "4712", "5": "4713"}


@pytest.fixture
def calls(load: Callable[[str, str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """As on x86_64, whatever this machine is."""
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "", "", "", "x86_64")))
    return load("host", "calls")


def says(calls: ModuleType, monkeypatch: pytest.MonkeyPatch, *threads: str | OSError) -> None:
    """A process whose threads are in these calls."""

    def opened(path: str, **_: object) -> io.StringIO:
        line = threads[int(path.split("/")[4])]
        if isinstance(line, OSError):
            raise line
        return io.StringIO(line)

    monkeypatch.setattr(calls.os, "listdir", lambda _: [str(n) for n in range(len(threads))])
    monkeypatch.setattr(builtins, "open", opened)


@pytest.mark.parametrize(
    ("threads", "found", "free"),
    [
        ([RECVFROM], [("4711", "recv")], False),
        ([ACCEPT4, SENDTO], [("4712", "accept"), ("4713", "send")], False),
        ([RECVFROM, FUTEX, WAIT4, ZOMBIE], [("4711", "recv")], False),
        ([RECVFROM, FUTEX_FOR_A_TIME], [("4711", "recv")], True),
        ([RECVFROM, READ_OF_A_PIPE], [("4711", "recv")], True),
        ([RECVFROM, "running\n"], [("4711", "recv")], True),
        ([POLL], [], True),
        ([FAULT], [], True),
        ([RECVFROM, PermissionError()], [("4711", "recv")], True),
        ([FileNotFoundError(), ProcessLookupError(), ""], [], False),
    ],
)
def test_what_threads_sleep_in(
    calls: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    threads: list[str | OSError],
    found: list[tuple[str, str]],
    free: bool,
) -> None:
    with monkeypatch.context() as patched:
        says(calls, patched, *threads)
        seen = calls.sleeping("7", SOCKETS)
    assert seen == (found, free)


def test_a_process_that_is_gone_sleeps_in_nothing(calls: ModuleType) -> None:
    assert calls.sleeping(str(2**22 + 1), {}) == ([], False)


def test_the_numbers_are_those_of_this_machine(
    load: Callable[[str, str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, recvfrom in (("x86_64", 45), ("aarch64", 207)):
        monkeypatch.setattr(os, "uname", lambda name=name: os.uname_result(("Linux", "", "", "", name)))
        calls = load("host", "calls")
        assert calls.CALLS[recvfrom] == "recv"
        assert sorted(set(calls.CALLS.values())) == ["accept", "connect", "recv", "send"]


def test_another_machine_tells_nothing(load: Callable[[str, str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "", "", "", "riscv64")))
    assert load("host", "calls").known() is False


@pytest.mark.parametrize(("scope", "known"), [("0\n", True), ("1\n", True), ("2\n", False), (None, True)])
def test_yama_may_forbid_it(calls: ModuleType, monkeypatch: pytest.MonkeyPatch, scope: str | None, known: bool) -> None:
    def opened(path: str, **_: object) -> io.StringIO:
        assert path == "/proc/sys/kernel/yama/ptrace_scope"
        if scope is None:
            raise FileNotFoundError(path)
        return io.StringIO(scope)

    monkeypatch.setattr(calls.os.path, "exists", lambda _: True)
    with monkeypatch.context() as patched:
        patched.setattr(builtins, "open", opened)
        assert calls.known() is known
