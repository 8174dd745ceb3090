from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from facts import program
from stories import Calls, record, seen, told, wired
from wire import ACK, SECOND, SYN, SYN_OPTIONS, Talk

from lab.conversations import Endpoint
from lab.explain import connecting
from lab.explain.talk import Talk as Told
from lab.explain.talk import talks


def of(talk: Talk, folder: Path, recorded: object = None) -> Told:
    (found,) = talks(seen(talk.frames, folder, recorded))
    return found


def opened(**more: object) -> Talk:
    talk = wired(**more)
    talk.open()
    return talk


def with_calls(found: Told, calls: Calls) -> Told:
    return replace(found, seen=replace(found.seen, calls=calls.beside), calls=tuple(calls.beside))


def test_who_connects_is_unknown_where_the_capture_begins_later(tmp_path: Path) -> None:
    talk = Talk()
    talk.client.says(b"hello")
    assert told(connecting.connected(of(talk, tmp_path))) == [
        "unknown: who connected; the capture begins in the middle of this connection [1]"
    ]


def test_the_program_is_told_only_where_one_alone_can_be_it(tmp_path: Path) -> None:
    two = record({"chat": program("alice"), "log": program("alice")})
    assert "alice (program unknown) connects" in told(connecting.connected(of(opened(), tmp_path, two)))[0]
    one = record({"chat": program("alice"), "log": program("bob")})
    assert "alice (program chat) connects" in told(connecting.connected(of(opened(), tmp_path, one)))[0]
    assert "10.77.4.11 connects" in told(connecting.connected(of(opened(), tmp_path)))[0]


def test_a_call_tells_the_program_and_where_in_it(tmp_path: Path) -> None:
    found = of(opened(), tmp_path, record({"client": program("alice"), "log": program("alice")}))
    calls = Calls(found.connection)
    calls.call("client", "connect", line=7)
    assert told(connecting.connected(with_calls(found, calls))) == [
        "alice (program client) connects to server:8080 at client.py:7 from port 40112, an ephemeral one that the kernel chose (ip(7)) [1] (1)"
    ]


def test_a_port_that_bind_chose(tmp_path: Path) -> None:
    found = of(opened(ports=(5000, 8080)), tmp_path, record())
    assert told(connecting.connected(found))[0].endswith(
        "not ephemeral by Linux's default (ip(7)); unknown: whether bind() chose it [1]"
    )
    calls = Calls(found.connection)
    calls.call("client", "bind", local=Endpoint("0.0.0.0", 5000), line=3)
    calls.call("client", "connect")
    assert (
        "from port 5000, which bind() at client.py:3 chose" in told(connecting.connected(with_calls(found, calls)))[0]
    )


def test_bind_of_another_socket_or_port_chose_nothing(tmp_path: Path) -> None:
    found = of(opened(), tmp_path, record())
    for other in ({"descriptor": 9}, {"process": 99}, {"local": Endpoint("0.0.0.0", 1)}, {"error": "EADDRINUSE"}):
        calls = Calls(found.connection)
        calls.call("client", "bind", **{"local": Endpoint("0.0.0.0", 40112), **other})
        calls.call("client", "connect")
        assert "the kernel chose" in told(connecting.connected(with_calls(found, calls)))[0]


def test_a_syn_that_was_sent_again(tmp_path: Path) -> None:
    talk = wired()
    talk.client.sends(SYN, options=SYN_OPTIONS, lost=True)
    first = talk.client.seq - 1
    talk.client.sends(SYN, seq=first, options=SYN_OPTIONS)
    talk.rests(SECOND)
    talk.client.sends(SYN, seq=first, options=SYN_OPTIONS)
    talk.server.syn_ack()
    talk.client.acks()
    assert told(connecting.asked_again(of(talk, tmp_path))) == [
        "2 SYNs before one was answered: after 1.00 s the SYN was sent again (RFC 6298, 2.1); unknown: whether the first was lost or ignored [1,2]"
    ]
    assert told(connecting.asked_again(of(opened(), tmp_path))) == []


def shaken(folder: Path, client: bytes, server: bytes) -> str:
    talk = wired()
    talk.client.sends(SYN, options=client)
    talk.server.sends(SYN | ACK, options=server)
    talk.client.acks()
    (said,) = told(connecting.agreed(of(talk, folder)))
    return said


def test_what_the_handshake_agreed_is_what_both_sides_offer(tmp_path: Path) -> None:
    small, scaled = bytes((2, 4, 2, 0)), bytes((2, 4, 5, 180, 1, 3, 3, 2))
    assert "segments to the client of at most 1460 bytes, to the server 512 (MSS), windows not scaled" in shaken(
        tmp_path, SYN_OPTIONS, small
    )
    assert "no selective ACKs (SACK) or timestamps" in shaken(tmp_path, SYN_OPTIONS, small)
    assert "at most 536 bytes (MSS), windows not scaled, so at most 65,535 bytes" in shaken(tmp_path, b"", b"")
    assert "windows of the client in units of 128 bytes, of the server 4" in shaken(tmp_path, SYN_OPTIONS, scaled)


def test_without_a_complete_handshake_nothing_is_agreed(tmp_path: Path) -> None:
    talk = wired()
    talk.client.syn()
    talk.server.syn_ack()
    assert told(connecting.agreed(of(talk, tmp_path))) == []


def test_accept_that_waits_already_and_accept_that_comes_later(tmp_path: Path) -> None:
    found = of(opened(), tmp_path, record())
    calls = Calls(found.connection)
    calls.call("server", "accept", at=0, took=2_500_000, woken_by=(3,), line=31)
    calls.call("server", "accept4", at=500, woken_by=(3,), line=31)
    assert told(connecting.accepted(with_calls(found, calls))) == [
        "accept() at server.py:31 waits already, and returns 500 µs after the handshake [3] (1)",
        "accept() at server.py:31 is called 498.0 ms after the handshake: until then the connection waits in the backlog of listen(2) [3] (2)",
    ]


def test_accept_that_failed_or_never_returned_accepted_nothing(tmp_path: Path) -> None:
    found = of(opened(), tmp_path, record())
    calls = Calls(found.connection)
    calls.call("server", "accept", error="EMFILE")
    calls.call("server", "accept", took=None)
    assert told(connecting.accepted(with_calls(found, calls))) == []
