from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from facts import ipv4
from stories import Calls, record, seen, told, wired
from wire import ACK, RST, SECOND, SYN, SYN_OPTIONS, Talk, ethernet
from wire import ipv4 as packet

from lab.explain import failing
from lab.explain.talk import Talk as Told
from lab.explain.talk import talks

RULES = (failing.refused, failing.unanswered, failing.half_open)


def of(talk: Talk, folder: Path) -> Told:
    (found,) = talks(seen(talk.frames, folder, record()))
    return found


def said(found: Told) -> list[str]:
    return [each for rule in RULES for each in told(rule(found))]


def asks() -> Talk:
    talk = wired(ports=(40112, 9999))
    talk.client.syn()
    return talk


def test_a_port_that_nobody_listens_on(tmp_path: Path) -> None:
    talk = asks()
    talk.server.sends(RST | ACK)
    found = of(talk, tmp_path)
    assert said(found) == [
        "server refuses with a RST: nothing listens on port 9999 (RFC 9293, 3.5.2), connect() fails with ECONNREFUSED [1,2]"
    ]
    calls = Calls(found.connection)
    calls.call("client", "connect", error="ECONNREFUSED", line=4)
    (with_call,) = said(replace(found, calls=tuple(calls.beside)))
    assert with_call.endswith("connect() at client.py:4 fails with ECONNREFUSED [1,2] (1)")


def test_syns_that_nothing_answers(tmp_path: Path) -> None:
    talk = asks()
    for wait in (1, 2):
        talk.rests(wait * SECOND)
        talk.client.sends(SYN, seq=1000, options=SYN_OPTIONS)
    assert said(of(talk, tmp_path)) == [
        "nothing answers 3 SYNs, 1.00 s, 2.00 s apart (RFC 6298, 5.5); unknown: whether server:9999 got any [1,2,3]"
    ]


def unreachable(talk: Talk, code: int) -> None:
    quoted = talk.frames[0][1][14:42]
    error = bytes((3, code, 0, 0, 0, 0, 0, 0)) + quoted
    talk.frames.append((talk.time, ethernet(packet(error, 1, ipv4("carol"), ipv4("alice")))))


def test_an_icmp_error_says_why_nothing_answers(tmp_path: Path) -> None:
    talk = asks()
    unreachable(talk, 1)
    (line,) = said(of(talk, tmp_path))
    assert line == (
        "no answer but from carol: ICMP destination unreachable (host) about tcp to 10.77.4.10 port 9999; connect() fails [1,2]"
    )


def test_an_icmp_error_about_another_connection_says_nothing(tmp_path: Path) -> None:
    talk = asks()
    other = wired("bob", ports=(1, 9999))
    other.client.syn()
    unreachable(other, 1)
    talk.frames.append((talk.time, other.frames[1][1]))
    (line,) = said(of(talk, tmp_path))
    assert line.startswith("nothing answers 1 SYN; unknown")


def test_a_handshake_that_is_never_completed(tmp_path: Path) -> None:
    talk = asks()
    talk.server.syn_ack()
    assert said(of(talk, tmp_path)) == [
        "the handshake is never completed: the SYN-ACK is not acknowledged; unknown: why [1,2]"
    ]
    talk.client.rst()
    (line,) = said(of(talk, tmp_path))
    assert line.endswith(
        "the client answered it with a RST: it knows of no such attempt, or gave it up (RFC 9293, 3.5.2) [1,2,3]"
    )


def test_a_connection_that_came_about_did_not_fail(tmp_path: Path) -> None:
    whole, cut, late = wired(), wired(), wired()
    whole.open()
    whole.server.sends(RST | ACK)
    cut.server.syn_ack()
    late.client.says(b"hello")
    late.server.sends(RST)
    for talk in (whole, cut, late):
        assert said(of(talk, tmp_path)) == []
