from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from facts import ipv4
from stories import Calls, datagram, record, seen, told
from wire import MILLISECOND, START, ethernet
from wire import ipv4 as packet

from lab.explain import datagrams
from lab.explain.talk import Asked
from lab.explain.talk import asked as every_asked

ALICE, SERVER = ipv4("alice"), ipv4("server")
THERE, BACK = (ALICE, SERVER), (SERVER, ALICE)


def of(frames: list[tuple[int, bytes]], folder: Path) -> Asked:
    (found,) = every_asked(seen(frames, folder, record()))
    return found


def with_calls(found: Asked, *calls: tuple[str, str, dict[str, object]]) -> Asked:
    beside = Calls(found.exchange)
    for role, name, more in calls:
        beside.call(role, name, **more)
    return replace(found, calls=tuple(beside.beside))


def error(frame: tuple[int, bytes], code: int) -> tuple[int, bytes]:
    quoted = frame[1][14:42]
    message = bytes((3, code, 0, 0, 0, 0, 0, 0)) + quoted
    return frame[0] + MILLISECOND, ethernet(packet(message, 1, *BACK))


def test_who_asks_and_who_answers(tmp_path: Path) -> None:
    frames = [datagram((5000, 6000), "你好".encode(), START, THERE), datagram((6000, 5000), b"hi", START + 1, BACK)]
    found = of(frames, tmp_path)
    assert told(datagrams.asked(found)) == [
        "alice:5000 sends server:6000 a datagram of 6 bytes: `你好` [1]",
        "server:6000 sends alice:5000 a datagram of 2 bytes: `hi` [2]",
    ]
    assert told(datagrams.unanswered(found)) == []


def test_what_never_gets_an_answer(tmp_path: Path) -> None:
    found = of([datagram((5000, 6000), b"a", START, THERE), datagram((5000, 6000), b"b", START + 1, THERE)], tmp_path)
    assert told(datagrams.unanswered(found)) == [
        "server:6000 never answers; unknown: whether anything arrived, for UDP tells nobody (RFC 768) [1,2]"
    ]


@pytest.mark.parametrize("to", ["224.0.0.251", "255.255.255.255"])
def test_of_a_multicast_or_broadcast_no_answer_is_owed(tmp_path: Path, to: str) -> None:
    assert told(datagrams.unanswered(of([datagram((5000, 6000), b"a", START, (ALICE, to))], tmp_path))) == []


def test_a_port_that_no_socket_has(tmp_path: Path) -> None:
    asks = datagram((5000, 6000), b"a", START, THERE)
    (line,) = told(datagrams.unanswered(of([asks, error(asks, 3)], tmp_path)))
    assert line == (
        "server answers with ICMP port unreachable: no socket was bound to server:6000; a connected socket fails with ECONNREFUSED at its next call (udp(7)) [2]"
    )


def test_another_icmp_error_is_told_in_its_own_words(tmp_path: Path) -> None:
    asks = datagram((5000, 6000), b"a", START, THERE)
    (line,) = told(datagrams.unanswered(of([asks, error(asks, 1)], tmp_path)))
    assert line == "server reports with ICMP: destination unreachable (host) about udp to 10.77.4.10 port 6000 [2]"


def test_what_recvfrom_returns_and_what_does_not_fit(tmp_path: Path) -> None:
    found = of([datagram((5000, 6000), b"x" * 40, START, THERE)], tmp_path)
    recvfrom = {"arguments": "16", "woken_by": (1,)}
    whole, cut, failed, unknown = (
        ("server", "recvfrom", {**recvfrom, "bytes": 40}),
        ("server", "recvfrom", {**recvfrom, "bytes": 16}),
        ("server", "recvfrom", {"arguments": "16", "error": "ECONNREFUSED"}),
        ("server", "recvfrom", {"arguments": "16"}),
    )
    assert told(datagrams.received(with_calls(found, whole, cut, failed, unknown))) == [
        "server: recvfrom(16) at server.py:1 returns 40 bytes [1] (1)",
        "server: recvfrom(16) at server.py:2 returns 16 bytes of a datagram of 40: the rest is lost (recv(2), MSG_TRUNC) [1] (2)",
        "server: recvfrom(16) at server.py:3 fails with ECONNREFUSED (3)",
        "server: recvfrom(16) at server.py:4: unknown: what it returned (4)",
    ]


def test_a_call_that_fails_of_an_icmp_message(tmp_path: Path) -> None:
    asks = datagram((5000, 6000), b"a", START, THERE)
    refused = {"arguments": "1", "error": "ECONNREFUSED", "woken_by": (2,)}
    found = with_calls(of([asks, error(asks, 3)], tmp_path), ("client", "send", refused), ("client", "recv", refused))
    why = "the kernel reports the ICMP port unreachable about an earlier datagram; this call moved no data"
    assert told(datagrams.refused(found)) == [
        f"alice: send(1) at client.py:1 fails with ECONNREFUSED: {why} [2] (1)",
        f"alice: recv(1) at client.py:2 fails with ECONNREFUSED: {why} [2] (2)",
    ]
    assert told(datagrams.received(found)) == []


def test_a_recvfrom_that_never_returned(tmp_path: Path) -> None:
    found = of([datagram((5000, 6000), b"x", START, THERE)], tmp_path)
    waiting = with_calls(
        found, ("client", "recvfrom", {"took": None}), ("server", "recvfrom", {"bytes": 1, "woken_by": (1,)})
    )
    assert told(datagrams.waits(waiting)) == [
        "alice: recvfrom() at client.py:1 never returns: no datagram came for it (1)"
    ]


def test_many_are_summed_up(tmp_path: Path) -> None:
    many = datagrams.TOLD + 5
    found = of([datagram((5000, 6000), b"xy", START + n * MILLISECOND, THERE) for n in range(many)], tmp_path)
    lines = told(datagrams.asked(found))
    assert len(lines) == datagrams.TOLD + 1
    assert lines[-1] == "then 5 more datagrams not told one by one, in 4.0 ms, 10 bytes together [41,42,43,44,45]"
    received = with_calls(found, *[("server", "recvfrom", {"bytes": 2})] * many)
    assert told(datagrams.received(received))[-1].startswith("server: 5 more recvfrom()s not told one by one (41,")
