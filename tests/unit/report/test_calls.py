from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab.conversations import Connection, Conversations, Endpoint
from lab.report.calls import call_label
from lab.report.ladder import datagram_ladder, ladder
from lab.trace import SocketCall
from lab.trace.beside import Beside


def call(name: str, **told: Any) -> SocketCall:
    fields = {"number": 1, "program": "server", "process": 1, "thread": 1, "started": 1, "ended": 2, "name": name}
    return SocketCall.model_validate(fields | told)


@pytest.mark.parametrize(
    ("made", "label"),
    [
        (
            call("recv", arguments="1024", result="6", bytes=6, file="server.py", line=17),
            "recv(1024) = 6  server.py:17",
        ),
        (call("accept", result="4", file="server.py", line=31), "accept()  server.py:31"),
        (
            call("connect", arguments="('server', 80)", error="ECONNREFUSED"),
            "connect(('server', 80)) = ECONNREFUSED  server",
        ),
        (call("recv", arguments="9", ended=None), "recv(9) …  server"),
        (call("select", arguments="[3, 4], [], []", result="[4]"), "select([3, 4], [], []) = [4]  server"),
        (call("bind", arguments="x" * 90, result="0"), f"bind({'x' * 39}…)  server"),
        (call("bind", arguments="\x1b[31m\n"), r"bind(\x1b[31m\n)  server"),
    ],
)
def test_a_call_in_a_line(made: SocketCall, label: str) -> None:
    assert call_label(made) == label


def test_before_what_it_caused_after_what_woke_it_at_its_own_rail(connection: Connection) -> None:
    numbers = [segment.number for segment in connection.segments or ()]
    other = replace(connection, index=9)
    calls = [
        Beside(call("send", bytes=1, result="1"), connection, "client", caused=(numbers[3], numbers[4])),
        Beside(call("recv", bytes=2, result="2"), connection, "server", woken_by=(numbers[3], numbers[4])),
        Beside(call("listen"), None, None),
        Beside(call("close"), other, "client", caused=(numbers[0],)),
        Beside(call("shutdown", started=connection.end + 1, ended=None), connection, "server"),
    ]
    lines = ladder(connection, None, "en", "utf-8", width=80, calls=calls).text(80).splitlines()
    packet = {n: next(i for i, line in enumerate(lines) if line.startswith(f"{n:>5} ")) for n in numbers}
    send, recv = (next(i for i, line in enumerate(lines) if name in line) for name in ("send() = 1", "recv() = 2"))
    assert packet[numbers[2]] < send < packet[numbers[3]]
    assert packet[numbers[4]] < recv < packet[numbers[5]]
    assert lines[send].startswith("      │ send() = 1  server ")
    assert lines[recv].endswith(" recv() = 2  server │")
    assert "shutdown() …" in lines[-1]
    assert not any("listen" in line or "close()" in line for line in lines)


def test_datagrams_have_calls_too(conversations: Conversations) -> None:
    exchange = conversations.exchanges[0]
    sent = Beside(
        call("sendto", result="5", bytes=5, local=Endpoint("0.0.0.0", 1)), exchange, "client", (exchange.first_packet,)
    )
    lines = datagram_ladder(exchange, conversations, None, "en", "utf-8", calls=[sent]).text(80).splitlines()
    at = next(i for i, line in enumerate(lines) if "sendto() = 5  server" in line)
    assert lines[at + 1].startswith(f"{exchange.first_packet:>5} ")


def test_what_an_icmp_message_let_fail_stands_by_its_time(conversations: Conversations) -> None:
    exchange = conversations.exchanges[0]
    fails = call("send", error="ECONNREFUSED", started=exchange.end + 1)
    failed = Beside(fails, exchange, "client", woken_by=(exchange.last_packet + 1,))
    lines = datagram_ladder(exchange, conversations, None, "en", "utf-8", calls=[failed]).text(80).splitlines()
    assert "send() = ECONNREFUSED  server" in lines[-1]
