"""The part of what a check counts that was found, for partial credit."""

import pytest
from facts import Wire, find, printed, program, run
from hypothesis import given
from hypothesis import strategies as st

from lab.checks import PARAMS
from lab.checks.parameters import Bounds
from lab.record import END, HostState, SocketFacts

SERVER = "to: {host: server, port: 8080}"
LISTENING = SocketFacts(
    transport="tcp",
    state="LISTEN",
    local="0.0.0.0",
    local_port=8080,
    remote="0.0.0.0",
    remote_port=0,
    receive_queue=0,
    send_queue=0,
)
ALICE = program("alice", ended=1, exit=0, output=printed("one", "two", "two"))
BOB = program("bob", ended=1, exit=1, output=printed("two"))
MUTE = program("carol", ended=1, exit=0)


def happened():
    wire = Wire()
    talks = [wire.talk(client) for client in ("alice", "bob")]
    for talk in talks:
        talk.shake()
    for talk in talks:
        talk.answers("OK")
    for client in ("alice", "bob"):
        wire.datagram((client, 5000), ("server", 9999), b"hello")
    state = HostState(time=0, sockets=(LISTENING,))
    return run(wire, programs={"alice": ALICE, "bob": BOB, "mute": MUTE}, observations={END: {"server": state}})


@pytest.mark.parametrize(
    ("kind", "params", "share"),
    [
        ("tcp.handshake", f"{{{SERVER}, complete: 3}}", 2 / 3),
        ("tcp.handshake", f"{{{SERVER}, at_least: 4}}", 2 / 4),
        ("tcp.handshake", f"{{{SERVER}, complete: 4, half_open: 0}}", 2 / 4),
        ("tcp.handshake", f"{{{SERVER}, complete: 4, half_open: 1}}", 0),
        ("tcp.handshake", f"{{{SERVER}, half_open: 2}}", 0),
        ("tcp.connections", f"{{{SERVER}, at_least: 4}}", 2 / 4),
        ("tcp.connections", f"{{{SERVER}, at_most: 1}}", 0),
        ("tcp.connections", f"{{{SERVER}, count: 1}}", 0),
        ("tcp.overlap", f"{{{SERVER}, at_least: 3}}", 2 / 3),
        ("tcp.payload", f"{{{SERVER}, sent_by: server, text: OK, count: 4}}", 2 / 4),
        ("tcp.payload", f"{{{SERVER}, sent_by: server, text: nothing}}", 0),
        ("udp.datagrams", "{to: {host: server}, text: hello, at_least: 8}", 2 / 8),
        ("socket", "{host: server, state: LISTEN, at_least: 2}", 1 / 2),
        ("socket", "{host: server, state: LISTEN, at: before, at_least: 2}", 0),
        ("output", "{program: alice, line: two, count: 3}", 2 / 3),
        ("output", "{program: alice, line: two, count: 1}", 0),
        ("output", "{program: alice, lines: [one, two, three, two]}", 2 / 4),
        ("output", "{program: [alice, bob, mute], line: two}", 2 / 3),
        ("output", "{program: [alice, bob, mute], line: two, at_least: 2}", 3 / 6),
        ("output", "{program: [alice, bob, mute], line: two, count: 1}", 1 / 3),
        ("output", "{program: [alice, bob], lines: [one, two]}", 2 / 4),
        ("exit", "{program: [alice, bob, mute], status: 0}", 2 / 3),
        ("exit", "{program: [bob], status: 0}", 0),
    ],
)
def test_the_share_of_what_was_found(kind: str, params: str, share: float):
    finding = find(happened(), kind, params)
    assert not finding.ok
    assert finding.share == pytest.approx(share)


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("tcp.handshake", f"{{{SERVER}, complete: 2}}"),
        ("tcp.overlap", f"{{{SERVER}}}"),
        ("output", "{program: alice, lines: [one, two]}"),
        ("exit", "{program: [alice, mute], status: 0}"),
    ],
)
def test_what_holds_has_no_share(kind: str, params: str):
    finding = find(happened(), kind, params)
    assert finding.ok
    assert finding.share == 0


@given(st.integers(0, 50), st.integers(0, 50) | st.none(), st.integers(0, 100))
def test_a_share_is_below_the_whole(least: int, more: int | None, number: int):
    bounds = Bounds(least=least, most=None if more is None else least + more)
    assert 0 <= bounds.share(number) < 1
    assert not (bounds.share(number) and bounds.holds(number))


@pytest.mark.parametrize(
    ("kind", "params", "most"),
    [
        ("tcp.handshake", {"complete": 3}, 3),
        ("tcp.handshake", {"half_open": 3}, 1),
        ("tcp.connections", {}, 1),
        ("tcp.connections", {"at_most": 4}, 1),
        ("tcp.overlap", {}, 2),
        ("tcp.payload", {"sent_by": "server", "text": "OK"}, 1),
        ("tcp.close", {"count": 2}, 2),
        ("none", {"packet": "tcp"}, 1),
        ("output", {"program": "a", "line": "x"}, 1),
        ("output", {"program": ("a", "b"), "line": "x"}, 2),
        ("output", {"program": ("a", "b"), "lines": ("x", "y")}, 4),
        ("output", {"program": ("a", "b"), "line": "x", "count": 0}, 1),
        ("exit", {"program": ("a", "b"), "status": 0}, 2),
        ("exit", {"program": "a", "status": 0}, 1),
    ],
)
def test_how_many_parts_there_are(kind: str, params: dict[str, object], most: int):
    assert PARAMS[kind].model_validate(params).most_shares == most
