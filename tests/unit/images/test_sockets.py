from __future__ import annotations

import builtins
import contextlib
import io
import os
import socket
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0A004D0A:1F90 0B004D0A:9CB0 01 00000003:00000005 00:00000000 00000000  1000        0 4712 1 0000000000000000 20 4 30 10 -1
   2: 0A004D0A:1F90 0B004D0A:9CB1 06 00000000:00000000 03:000017AF 00000000     0        0 0 3 0000000000000000
"""
TCP6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4713 1 0000000000000000 100 0 0 10 0
   1: 000077FD000000000000000010000000:0050 000077FD000000000000000011000000:8000 08 00000000:00000000 00:00000000 00000000  1000        0 4714 1 0000000000000000 20 4 30 10 -1
   2: 0000000000000000FFFF00000A004D0A:0050 0000000000000000FFFF00000B004D0A:8001 01 00000000:00000000 00:00000000 00000000  1000        0 4715 1 0000000000000000 20 4 30 10 -1
"""
UDP = """\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  513: 00000000:0035 00000000:0000 07 00000000:00000200 00:00000000 00000000  1000        0 4716 2 0000000000000000 0
  514: 0A004D0A:1388 0B004D0A:0035 01 00000000:00000000 00:00000000 00000000  1000        0 4717 2 0000000000000000 0
"""
OWNERS = {"4711": "server", "4712": "server", "4713": "six", "4714": "six", "4716": "dns"}
CALLS = {"4711": "accept", "4712": "recv", "4714": "recv", "4716": "recv"}


@pytest.fixture
def sockets(load: Callable[[str, str], ModuleType]) -> ModuleType:
    return load("host", "sockets")


@pytest.fixture
def table(sockets: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The rows of the tables above; there is no udp6."""
    files = {"/proc/net/tcp": TCP, "/proc/net/tcp6": TCP6, "/proc/net/udp": UDP}

    def opened(path: str, **_: object) -> io.StringIO:
        if path not in files:
            raise FileNotFoundError(path)
        return io.StringIO(files[path])

    monkeypatch.setattr(sockets, "inode_owners", lambda _: OWNERS)
    monkeypatch.setattr(sockets, "inode_calls", lambda _: (CALLS, ["six"]))
    monkeypatch.setattr(sockets.calls, "known", lambda: True)
    monkeypatch.setattr(sockets.netlink, "limits", lambda: {"4711": 5})
    with monkeypatch.context() as patched:
        patched.setattr(builtins, "open", opened)
        rows: list[dict[str, Any]]
        rows, free = sockets.table_with_calls({})
        assert [row | {"call": None, "limit": None} for row in rows] == sockets.table({})
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


def test_queues_holders_and_calls(table: list[dict[str, Any]]) -> None:
    assert [(r["send_queue"], r["receive_queue"], r["program"], r["call"]) for r in table] == [
        (0, 0, "server", "accept"),
        (3, 5, "server", "recv"),
        (0, 0, None, None),
        (0, 0, "six", None),
        (0, 0, "six", "recv"),
        (0, 0, None, None),
        (0, 0x200, "dns", "recv"),
        (0, 0, None, None),
    ]


def test_the_limits_of_listeners(table: list[dict[str, Any]]) -> None:
    assert [r["limit"] for r in table] == [5] + [None] * 7  # netlink told of the first alone


def test_a_kernel_that_tells_of_no_limits(sockets: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets.netlink, "limits", lambda: None)
    monkeypatch.setattr(sockets.calls, "known", lambda: False)
    rows, _ = sockets.table_with_calls({})
    assert all(row["limit"] is None for row in rows)


@pytest.mark.parametrize(
    ("columns", "timer"),
    [
        ("01 00000001:00000000 00:00000000 00000000 1000 0", None),
        ("01 00000001:00000000 01:00000019 00000003 1000 0", ("retransmission", 0.25, 3)),
        ("02 00000001:00000000 01:00000064 00000001 1000 0", ("retransmission", 1.0, 1)),
        ("01 00000000:00000000 02:000AFC80 00000000 1000 2", ("keep-alive", 7200.0, 2)),
        ("06 00000000:00000000 03:000017AF 00000000 0 0", ("time-wait", 60.63, 0)),
        ("01 00000001:00000000 04:00000032 00000000 1000 4", ("zero-window-probe", 0.5, 4)),
    ],
)
def test_timers(sockets: ModuleType, columns: str, timer: tuple[str, float, int] | None) -> None:
    fields = f"0: 0A004D0A:1F90 0B004D0A:9CB0 {columns} 4712 1 0000000000000000".split()
    told = sockets.row("tcp", fields, {}, {}, {})["timer"]
    assert (told and (told["which"], told["seconds"], told["fired"])) == timer


def test_a_machine_that_tells_of_no_calls(sockets: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets.calls, "known", lambda: False)
    rows, free = sockets.table_with_calls({})
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
def test_conditions(
    sockets: ModuleType, table: list[dict[str, Any]], want: dict[str, Any], program: str | None, ports: list[int]
) -> None:
    assert [row["local_port"] for row in sockets.matches(table, want, program)] == ports


def row(state: str, send: int = 0, receive: int = 0) -> dict[str, Any]:
    transport = "udp" if state == "UNCONN" else "tcp"
    return {"transport": transport, "state": state, "send_queue": send, "receive_queue": receive}


@pytest.mark.parametrize(
    ("rows", "quiet"),
    [
        ([], True),
        ([row("LISTEN"), row("ESTABLISHED"), row("TIME-WAIT"), row("UNCONN")], True),
        ([row("LISTEN", receive=1)], True),  # a connection that nobody accepts
        ([row("UNCONN", receive=1)], True),  # a datagram that nobody reads
        ([row("ESTABLISHED", send=1)], False),
        ([row("ESTABLISHED", receive=1)], False),
        *[([row(state)], False) for state in ("SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "CLOSING", "LAST-ACK")],
    ],
)
def test_quiet(sockets: ModuleType, rows: list[dict[str, Any]], quiet: bool) -> None:
    assert sockets.matches(rows, {"quiet": True}, None) is quiet


def test_the_holder_of_a_socket_is_found_by_its_session(sockets: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets.student, "acting", contextlib.nullcontext)
    with socket.socket() as held:
        inode = str(os.fstat(held.fileno()).st_ino)
        assert sockets.inode_owners({os.getsid(0): "us"})[inode] == "us"
        assert inode not in sockets.inode_owners({})


def test_a_thread_of_ours_that_waits(sockets: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets.student, "acting", contextlib.nullcontext)
    one, other = socket.socketpair()
    with one, other:
        thread = threading.Thread(target=one.recv, args=(1,))
        thread.start()
        inode = str(os.fstat(one.fileno()).st_ino)
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
    for slept in ([("1", "recv"), ("1", "send")], [("1", "send"), ("1", "recv")]):
        monkeypatch.setattr(sockets.calls, "sleeping", lambda *_, slept=slept: (slept, False))
        assert sockets.inode_calls({}) == ({"1": "send"}, [])


def test_a_process_that_is_gone_holds_nothing(sockets: ModuleType) -> None:
    gone = 2**22 + 1
    assert sockets.session_of(gone) is None
    assert sockets.socket_inodes(str(gone)) == {}
