from __future__ import annotations

from typing import Any

import pytest

from lab.record import HostState, SocketFacts
from lab.text import Text
from lab.waiting import Tables, diagnosis

ADDRESSES = {"10.77.0.10": "server", "10.77.0.11": "client", "fd77::10": "server"}


def socket(local: tuple[str, int], remote: tuple[str, int], program: str | None, call: str | None, **more: Any) -> Any:
    facts = {
        "transport": "tcp",
        "state": "ESTABLISHED",
        "local": local[0],
        "local_port": local[1],
        "remote": remote[0],
        "remote_port": remote[1],
        "receive_queue": 0,
        "send_queue": 0,
        "program": program,
        "call": call,
    }
    return SocketFacts.model_validate(facts | more)


NOWHERE = ("0.0.0.0", 0)
SERVER, CLIENT = ("10.77.0.10", 8765), ("10.77.0.11", 40000)
OF_CLIENT = socket(CLIENT, SERVER, "client", "recv")
OF_SERVER = socket(SERVER, CLIENT, "server", "recv")
LISTENING = socket(("0.0.0.0", 8765), NOWHERE, "server", "accept", state="LISTEN")
UNACCEPTED = socket(SERVER, CLIENT, None, None)


def state(*sockets: SocketFacts, free: tuple[str, ...] | None = ()) -> HostState:
    return HostState(time=0, sockets=sockets, free=free)


def told(program: str, client: HostState, server: HostState, before: dict[str, HostState] | None = None) -> Text | None:
    after = {"client": client, "server": server}
    return diagnosis(Tables(after | (before or {}), after, ADDRESSES.get), program, program)


def test_both_wait_for_the_other() -> None:
    text = told("client", state(OF_CLIENT), state(LISTENING, OF_SERVER))
    assert text == Text(
        "client waits in recv() on its connection to server:8765, "
        "and server waits in recv() on the other end: both wait for the other",
        "client 在 recv() 中等待（到 server:8765 的连接），server 也在另一端的 recv() 中等待：双方互相等待",
    )


def test_a_timer_that_goes_on_changes_nothing() -> None:
    def sockets(seconds: float) -> dict[str, HostState]:
        timer = {"timer": {"which": "keep-alive", "seconds": seconds, "fired": 0}}
        ends = (("client", CLIENT, SERVER), ("server", SERVER, CLIENT))
        return {name: state(socket(local, remote, name, "recv", **timer)) for name, local, remote in ends}

    text = told("client", **sockets(7199.9), before=sockets(7200))
    assert text is not None
    assert text.en.endswith("both wait for the other")


@pytest.mark.parametrize(
    ("client", "server"),
    [
        (state(OF_CLIENT, free=("client",)), state(OF_SERVER)),
        (state(OF_CLIENT), state(OF_SERVER, free=("server",))),
        (state(OF_CLIENT, free=None), state(OF_SERVER)),
        (state(OF_CLIENT), state(socket(SERVER, CLIENT, "server", "recv", send_queue=5))),
        (state(OF_CLIENT), state(OF_SERVER, socket(SERVER, ("10.77.0.12", 1), "server", "recv"))),
    ],
)
def test_where_one_may_go_on_it_is_not_said_that_both_wait_for_the_other(client: HostState, server: HostState) -> None:
    text = told("client", client, server)
    assert text is not None
    assert text.en.endswith("and server waits in recv() on the other end")


@pytest.mark.parametrize(
    ("program", "client", "server", "en"),
    [
        ("server", state(), state(LISTENING), "server waits in accept() on tcp 8765"),
        (
            "client",
            state(OF_CLIENT),
            state(LISTENING, UNACCEPTED),
            "client waits in recv() on its connection to server:8765, which no program has accepted",
        ),
        (
            "client",
            state(OF_CLIENT),
            state(socket(SERVER, CLIENT, "server", None)),
            "client waits in recv() on its connection to server:8765, nothing is there to read",
        ),
        (
            "client",
            state(OF_CLIENT),
            state(socket(SERVER, CLIENT, None, None, state="FIN-WAIT-2")),  # closed by its program, not unaccepted
            "client waits in recv() on its connection to server:8765, nothing is there to read",
        ),
        (
            "client",
            state(socket(CLIENT, ("10.9.9.9", 7), "client", "recv")),
            state(),
            "client waits in recv() on its connection to 10.9.9.9:7, nothing is there to read",
        ),
        (
            "client",
            state(socket(CLIENT, ("10.77.0.10", 9999), "client", "recv", transport="udp")),
            state(),
            "client waits in recv() from server:9999, nothing is there to read",
        ),
        (
            "client",
            state(socket(("0.0.0.0", 40000), NOWHERE, "client", "recv", transport="udp", state="UNCONN")),
            state(),
            "client waits in recv() on udp 40000, nothing is there to read",
        ),
        (
            "client",
            state(socket(CLIENT, ("fd77::99", 8765), "client", "connect", state="SYN-SENT")),
            state(),
            "client waits in connect() to [fd77::99]:8765, which does not answer",
        ),
        (
            "client",
            state(socket(CLIENT, SERVER, "client", "send")),
            state(),
            "client waits in send() to server:8765, which does not read",
        ),
        (
            "server",
            state(),
            state(LISTENING, OF_SERVER),
            (
                "server waits in recv() on its connection to client:40000, nothing is there to read; "
                "server waits in accept() on tcp 8765"
            ),
        ),
    ],
)
def test_what_a_program_waits_for(program: str, client: HostState, server: HostState, en: str) -> None:
    text = told(program, client, server)
    assert text is not None
    assert text.en == en
    assert text.zh != en


def test_what_waits_for_no_socket_is_not_told() -> None:
    assert told("client", state(socket(CLIENT, SERVER, "client", None)), state(OF_SERVER)) is None
    assert told("client", state(OF_SERVER), state()) is None


def test_what_was_otherwise_a_moment_ago_is_not_told() -> None:
    changed = {"client": state(socket(CLIENT, SERVER, "client", None))}
    assert told("client", state(OF_CLIENT), state(OF_SERVER), changed) is None
    text = told("client", state(OF_CLIENT), state(OF_SERVER), {"server": state()})
    assert text is not None
    assert "both" not in text.en


def test_the_same_wait_of_many_threads_is_told_once_and_of_many_waits_the_first() -> None:
    many = [socket(SERVER, (CLIENT[0], n), "server", "recv") for n in range(1, 6)]
    text = told("server", state(), state(LISTENING, *many))
    assert text is not None
    assert text.en.count("; ") == 2
    assert "accept" not in text.en


def test_a_record_of_before_there_were_calls_is_read() -> None:
    old = {"time": 1, "sockets": [OF_CLIENT.model_dump(exclude={"call"})]}
    read = HostState.model_validate(old)
    assert (read.until, read.free, read.sockets[0].call) == (None, None, None)
