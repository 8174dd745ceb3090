from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from lab.record import SocketFacts

V4, V6 = socket.AF_INET, socket.AF_INET6
Timer = tuple[int, int, int]  # which, milliseconds until it fires, how often it has fired
STATES = {1: "ESTABLISHED", 2: "SYN-SENT", 3: "SYN-RECEIVED", 4: "FIN-WAIT-1", 6: "TIME-WAIT", 7: "CLOSED"}
STATES |= {9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING"}  # include/net/tcp_states.h


def told(
    state: int, local: str, remote: str, queues: tuple[int, int] = (0, 0), inode: int = 0, timer: Timer = (0, 0, 0)
) -> tuple[int | bytes, ...]:
    """A socket as netlink tells of it: `address port` twice, the queues for receiving and sending."""
    ends = [end.split() for end in (local, remote)]
    family = V6 if ":" in local else V4
    source, destination = (socket.inet_pton(family, host).ljust(16, b"\0") for host, _ in ends)
    ports = [int(port).to_bytes(2) for _, port in ends]
    which, fires, fired = timer
    return (family, state, which, fired, *ports, source, destination, fires, *queues, 1000, inode)


TCP = [
    told(10, "0.0.0.0 8080", "0.0.0.0 0", (1, 5), 4711),
    told(1, "10.77.0.10 8080", "10.77.0.11 40112", (5, 3), 4712),
    told(6, "10.77.0.10 8080", "10.77.0.11 40113", timer=(3, 60630, 0)),
    told(10, ":: 8080", ":: 0", (0, 7), 4713),
    told(8, "fd77::10 80", "fd77::11 32768", inode=4714),
    told(1, "::ffff:10.77.0.10 80", "::ffff:10.77.0.11 32769", inode=4715),
]
UDP = [
    told(7, "0.0.0.0 53", "0.0.0.0 0", (0x200, 0), 4716),
    told(1, "10.77.0.10 5000", "10.77.0.11 53", inode=4717),
]
OWNERS = {4711: "server", 4712: "server", 4713: "six", 4714: "six", 4716: "dns"}
CALLS = {4711: "accept", 4712: "recv", 4714: "recv", 4716: "recv"}


@pytest.fixture
def sockets(load: Callable[[str, str], ModuleType]) -> ModuleType:
    return load("host", "sockets")


def kernel(sockets: ModuleType, monkeypatch: pytest.MonkeyPatch, tcp: list[Any], udp: list[Any]) -> None:
    """Have netlink tell of these."""
    tables = {socket.IPPROTO_TCP: tcp, socket.IPPROTO_UDP: udp}
    monkeypatch.setattr(
        sockets.netlink, "sockets", lambda protocol, states: [t for t in tables[protocol] if states >> t[1] & 1]
    )


@pytest.fixture
def known(sockets: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, with the sockets above."""
    monkeypatch.setattr(sockets, "inode_owners", lambda _: OWNERS)
    monkeypatch.setattr(sockets, "inode_calls", lambda _: (CALLS, ["six"]))
    monkeypatch.setattr(sockets.calls, "known", lambda: True)
    kernel(sockets, monkeypatch, TCP, UDP)
    return sockets


@pytest.fixture
def table(known: ModuleType) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]]
    rows, free = known.table({})
    assert free == ["six"]
    return rows


def test_every_socket_of_every_table(table: list[dict[str, Any]]) -> None:
    seen = [(r["transport"], r["state"], r["local"], r["local_port"], r["remote"], r["remote_port"]) for r in table]
    assert seen == [
        ("tcp", "LISTEN", "0.0.0.0", 8080, "0.0.0.0", 0),
        ("tcp", "ESTABLISHED", "10.77.0.10", 8080, "10.77.0.11", 40112),
        ("tcp", "TIME-WAIT", "10.77.0.10", 8080, "10.77.0.11", 40113),
        ("tcp", "LISTEN", "::", 8080, "::", 0),
        ("tcp", "CLOSE-WAIT", "fd77::10", 80, "fd77::11", 32768),
        ("tcp", "ESTABLISHED", "10.77.0.10", 80, "10.77.0.11", 32769),
        ("udp", "UNCONN", "0.0.0.0", 53, "0.0.0.0", 0),
        ("udp", "ESTABLISHED", "10.77.0.10", 5000, "10.77.0.11", 53),
    ]


def test_queues_limits_holders_and_calls(table: list[dict[str, Any]]) -> None:
    assert [(r["send_queue"], r["receive_queue"], r["limit"], r["program"], r["call"]) for r in table] == [
        (0, 1, 5, "server", "accept"),
        (3, 5, None, "server", "recv"),
        (0, 0, None, None, None),
        (0, 0, 7, "six", None),
        (0, 0, None, "six", "recv"),
        (0, 0, None, None, None),
        (0, 0x200, None, "dns", "recv"),
        (0, 0, None, None, None),
    ]


def test_what_is_told_are_the_fields_of_a_fact(table: list[dict[str, Any]]) -> None:
    for row in table:
        SocketFacts.model_validate(row)


@pytest.mark.parametrize(
    ("told_of", "timer"),
    [
        ((0, 0, 0), None),
        ((1, 250, 3), ("retransmission", 0.25, 3)),
        ((2, 7_200_000, 2), ("keep-alive", 7200.0, 2)),
        ((3, 60630, 0), ("time-wait", 60.63, 0)),
        ((4, 500, 4), ("zero-window-probe", 0.5, 4)),
    ],
)
def test_timers(sockets: ModuleType, told_of: Timer, timer: tuple[str, float, int] | None) -> None:
    row = sockets.row("tcp", *told(1, "10.77.0.10 8080", "10.77.0.11 40112", timer=told_of))
    assert (row["timer"] and tuple(row["timer"].values())) == timer


def test_a_machine_that_tells_of_no_calls(known: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known.calls, "known", lambda: False)
    rows, free = known.table({})
    assert free is None
    assert all(row["call"] is None for row in rows)


@pytest.mark.parametrize(
    ("want", "program", "ports"),
    [
        ({"listening": "tcp", "port": 8080}, "server", [8080]),
        ({"listening": "tcp", "port": 8080}, "six", [8080]),
        ({"listening": "tcp", "port": 8080}, "alice", []),
        ({"listening": "tcp", "port": 8081}, "server", []),
        ({"listening": "udp", "port": 53}, "dns", [53]),
        ({"listening": "udp", "port": 8080}, "server", []),
        ({"connected": "tcp", "port": 40112}, "server", [8080]),
        ({"connected": "tcp", "port": 40113}, "server", []),
        ({"connected": "udp", "port": 53}, None, [5000]),
        ({"receiving": "tcp", "port": 80}, "six", [80]),
        ({"receiving": "tcp", "port": 32768}, "six", [80]),
        ({"receiving": "tcp", "port": 81}, "six", []),
        ({"receiving": "udp", "port": 80}, "six", []),
        ({"receiving": "tcp", "port": 80}, "server", []),
        ({"receiving": "tcp", "port": 8080}, "server", []),  # bytes lie unread
        ({"receiving": "tcp", "port": 8080}, "six", []),  # held, but in no call
        ({"receiving": "udp", "port": 53}, "dns", []),  # a datagram lies unread
    ],
)
def test_conditions(known: ModuleType, want: dict[str, Any], program: str | None, ports: list[int]) -> None:
    assert [row["local_port"] for row in known.matching(want, program, {})] == ports


@pytest.mark.parametrize("want", [{"listening": "tcp", "port": 1}, {"connected": "tcp", "port": 8080}])
def test_who_holds_sockets_is_not_looked_for_where_none_will_do(
    known: ModuleType, monkeypatch: pytest.MonkeyPatch, want: dict[str, Any]
) -> None:
    monkeypatch.setattr(known, "inode_owners", lambda _: pytest.fail("looked for"))
    assert known.matching(want, "server", {}) == []


def test_sockets_are_not_asked_for_while_no_thread_receives(known: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "inode_calls", lambda _: ({4711: "accept"}, []))
    monkeypatch.setattr(known.netlink, "sockets", lambda *_: pytest.fail("asked for"))
    assert known.matching({"receiving": "tcp", "port": 80}, "six", {}) == []


def of_state(state: str, send: int = 0, receive: int = 0) -> tuple[str, tuple[int | bytes, ...]]:
    """Its transport and the socket."""
    number = next(n for n, name in STATES.items() if name == state)
    transport = "udp" if state == "CLOSED" else "tcp"
    return transport, told(number, "10.77.0.10 8080", "10.77.0.11 40112", (receive, send))


@pytest.mark.parametrize(
    ("rows", "quiet"),
    [
        ([], True),
        ([of_state("LISTEN"), of_state("ESTABLISHED"), of_state("TIME-WAIT"), of_state("CLOSED")], True),
        ([of_state("LISTEN", receive=1)], True),  # a connection that nobody accepts
        ([of_state("CLOSED", receive=1)], True),  # a datagram that nobody reads
        ([of_state("ESTABLISHED", send=1)], False),
        ([of_state("ESTABLISHED", receive=1)], False),
        *[([of_state(state)], False) for state in ("SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "CLOSING", "LAST-ACK")],
    ],
)
def test_quiet(sockets: ModuleType, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, Any]], quiet: bool) -> None:
    tables = {transport: [each for of, each in rows if of == transport] for transport in ("tcp", "udp")}
    kernel(sockets, monkeypatch, tables["tcp"], tables["udp"])
    assert sockets.matching({"quiet": True}, None, {}) is quiet


def test_the_holder_of_a_socket_is_found_by_its_session(sockets: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets.student, "acting", contextlib.nullcontext)
    with socket.socket() as held:
        inode = os.fstat(held.fileno()).st_ino
        assert sockets.inode_owners({os.getsid(0): "us"})[inode] == "us"
        assert inode not in sockets.inode_owners({})


def test_a_thread_of_ours_that_waits(sockets: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets.student, "acting", contextlib.nullcontext)
    one, other = socket.socketpair()
    with one, other:
        thread = threading.Thread(target=one.recv, args=(1,))
        thread.start()
        inode = os.fstat(one.fileno()).st_ino
        deadline = time.monotonic() + 10
        while sockets.inode_calls({os.getsid(0): "us"})[0].get(inode) != "recv":
            assert time.monotonic() < deadline
        assert sockets.inode_calls({os.getsid(0): "us"})[1] == ["us"]  # the main thread runs
        assert sockets.inode_calls({}) == ({}, [])
        other.send(b".")
        thread.join()


def test_of_several_threads_on_one_socket_the_one_that_sends(
    sockets: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets.student, "acting", contextlib.nullcontext)
    monkeypatch.setattr(sockets, "processes", lambda _: [("7", "us")])
    for slept in ([(1, "recv"), (1, "send")], [(1, "send"), (1, "recv")]):
        monkeypatch.setattr(sockets.calls, "sleeping", lambda *_, slept=slept: (slept, False))
        assert sockets.inode_calls({}) == ({1: "send"}, [])


def test_a_process_that_is_gone_holds_nothing(sockets: ModuleType) -> None:
    gone = 2**22 + 1
    assert sockets.session_of(gone) is None
    assert sockets.socket_inodes(str(gone)) == {}
