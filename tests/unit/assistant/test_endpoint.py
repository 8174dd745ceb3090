"""What is asked of the assistant's endpoint, and what it tells."""

from __future__ import annotations

import json

import pytest

from lab.assistant.endpoint import (
    Connect,
    Disconnect,
    Fault,
    Listen,
    Peer,
    Received,
    Request,
    Send,
    Stop,
    heard,
    line_of,
)
from lab.errors import EngineError

ALICE = Peer("10.77.0.11", 53294)


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (
            Listen(transport="udp", port=0),
            {"do": "listen", "transport": "udp", "port": 0, "address": "", "broadcast": False},
        ),
        (Connect(host="server", port=8080), {"do": "connect", "host": "server", "port": 8080}),
        (Send(peer=ALICE, data=b"hello"), {"do": "send", "peer": ["10.77.0.11", 53294], "data": "aGVsbG8="}),
        (Disconnect(peer=ALICE), {"do": "disconnect", "peer": ["10.77.0.11", 53294]}),
        (Stop(), {"do": "stop"}),
    ],
)
def test_requests(request_: Request, line: dict[str, object]) -> None:
    assert json.loads(line_of(request_)) == line
    assert line_of(request_).count(b"\n") == 1


def test_events() -> None:
    line = '{"event": "received", "peer": ["10.77.0.11", 53294], "data": "AP8=", "time": 5}'
    assert heard(line) == Received(time=5, peer=ALICE, data=b"\0\xff")
    line = '{"event": "error", "do": "connect", "errno": 111, "text": "Connection refused", "time": 6}'
    assert heard(line) == Fault(time=6, do="connect", errno=111, text="Connection refused")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "hello",
        "{}",
        '{"event": "gone", "time": 1}',
        '{"event": "received", "peer": ["a", 1], "data": "?", "time": 1}',
        '{"event": "stopped", "time": 1, "more": 2}',
    ],
)
def test_what_is_no_event_is_an_error_of_the_lab(line: str) -> None:
    with pytest.raises(EngineError):
        heard(line)
