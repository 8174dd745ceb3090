from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from lab.conversations import Endpoint
from lab.trace import python

BEGUN = {
    "process": 8,
    "call": 5,
    "thread": 9,
    "name": "recv",
    "arguments": "1024",
    "file": "server.py",
    "line": 17,
    "function": "serve",
    "descriptor": 4,
    "transport": "tcp",
    "local": ["10.77.0.10", 8080],
    "remote": ["10.77.0.11", 40000],
    "started": 100,
}
OVER = {"process": 8, "call": 5, "ended": 200, "result": "6", "bytes": 6}


def lines(*told: object) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in told)


def test_two_lines_are_one_call() -> None:
    (call,) = python.calls("server", lines(BEGUN, OVER))
    assert (call.program, call.name, call.bytes, call.started, call.ended) == ("server", "recv", 6, 100, 200)
    assert (call.local, call.remote) == (Endpoint("10.77.0.10", 8080), Endpoint("10.77.0.11", 40000))
    assert (call.file, call.line, call.function) == ("server.py", 17, "serve")


def test_one_that_never_returned_is_known_all_the_same() -> None:
    (call,) = python.calls("server", lines(BEGUN))
    assert (call.ended, call.result, call.error) == (None, None, None)


def test_processes_number_their_calls_each_for_itself() -> None:
    child = {"process": 9, "call": 5, "ended": 300, "error": "EINTR"}
    first, second = python.calls("server", lines(BEGUN, BEGUN | {"process": 9}, child, OVER))
    assert (first.result, second.error) == ("6", "EINTR")


def test_what_a_program_writes_into_its_trace_is_passed_over() -> None:
    hostile = (
        OVER,
        {"process": 8, "call": 7},
        BEGUN | {"call": 8, "started": "soon"},
        BEGUN | {"call": [9]},
        [1],
        "x",
        7,
    )
    assert python.calls("server", lines(*hostile) + b"{\xff\n" + b"[" * 100_000) == []


@given(st.binary(max_size=300))
def test_garbage_raises_nothing(garbage: bytes) -> None:
    assert len(python.calls("server", garbage + b"\n" + lines(BEGUN, OVER))) == 1
