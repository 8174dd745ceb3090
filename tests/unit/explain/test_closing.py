from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from facts import ipv4
from stories import Calls, record, seen, told, wired
from wire import ACK, FIN, MILLISECOND, RST, SECOND, START, Talk

from lab.explain import closing
from lab.explain.talk import Talk as Told
from lab.explain.talk import talks
from lab.record import HostState, SocketFacts

RULES = (closing.closed, closing.half_closed, closing.time_wait, closing.left_open)
UNREAD = "; unknown: whether its socket table shows it, for it was not read"


def of(talk: Talk, folder: Path, recorded: object = None) -> Told:
    (found,) = talks(seen(talk.frames, folder, recorded or record()))
    return found


def said(found: Told, rules: object = RULES) -> list[str]:
    return [each for rule in rules for each in told(rule(found))]


def opened() -> Talk:
    talk = wired()
    talk.open()
    return talk


def test_four_segments_and_three(tmp_path: Path) -> None:
    four, three = opened(), opened()
    four.close()
    three.server.fin()
    three.client.fin()
    three.server.acks()
    assert (
        said(of(four, tmp_path))[0] == "alice closes first, in four segments: FIN, ACK, the other's FIN, ACK [4,5,6,7]"
    )
    assert (
        said(of(three, tmp_path))[0]
        == "server closes first, in three segments: FIN, the other's FIN with its ACK, ACK [4,5,6]"
    )


def test_a_simultaneous_close_leaves_both_in_time_wait(tmp_path: Path) -> None:
    talk = opened()
    talk.client.fin()
    talk.server.fin(ack=talk.server.ack - 1)
    talk.client.acks()
    talk.server.acks()
    first, *held = said(of(talk, tmp_path))
    assert first.startswith("alice closes first, both at once, for neither FIN acknowledges the other")
    assert [line.split()[0] for line in held] == ["alice", "server"]


def test_a_last_fin_that_nobody_acknowledges_leaves_no_time_wait_to_tell_of(tmp_path: Path) -> None:
    talk = opened()
    talk.client.fin()
    talk.server.acks()
    talk.server.fin()
    assert said(of(talk, tmp_path))[0].startswith(
        "alice closes first, then the other side; its FIN is not acknowledged ["
    )


def test_the_call_that_closed(tmp_path: Path) -> None:
    talk = opened()
    talk.close()
    found = of(talk, tmp_path)
    calls = Calls(found.connection)
    calls.call("client", "shutdown", "SHUT_WR", caused=(4,), line=20)
    calls.call("client", "close", line=21)
    (line,) = said(replace(found, calls=tuple(calls.beside)), [closing.closed])
    assert line.startswith("alice closes first by shutdown() at client.py:20, in four segments")
    assert line.endswith("(1)")


def test_what_is_sent_after_the_first_fin(tmp_path: Path) -> None:
    talk = opened()
    talk.client.fin()
    talk.server.says(b"goodbye")
    talk.server.fin()
    talk.client.acks()
    assert said(of(talk, tmp_path), [closing.half_closed]) == [
        "after this FIN server still sends 7 bytes: only one direction is closed (RFC 9293, 3.6.1) [4,5]"
    ]


def test_what_was_sent_before_the_fin_is_not_told_to_be_after_it(tmp_path: Path) -> None:
    talk = opened()
    talk.server.says(b"hello")
    talk.close()
    assert said(of(talk, tmp_path), [closing.half_closed]) == []


def table(state: str, remote: int, since: int) -> dict[str, dict[str, HostState]]:
    socket = SocketFacts(
        transport="tcp",
        state=state,
        local=ipv4("alice"),
        local_port=40112,
        remote=ipv4("server"),
        remote_port=remote,
        receive_queue=0,
        send_queue=0,
    )
    return {"quiet": {"alice": HostState(time=START + since, sockets=(socket,))}}


@pytest.mark.parametrize(
    ("state", "remote", "since", "shown"),
    [
        ("TIME-WAIT", 8080, SECOND, "; its socket table shows it (`quiet`)"),
        ("TIME-WAIT", 8081, SECOND, "; its socket table, read after 995.0 ms, does not show it; unknown: why"),
        ("CLOSE-WAIT", 8080, SECOND, "; its socket table, read after 995.0 ms, does not show it; unknown: why"),
        ("TIME-WAIT", 8080, 70 * SECOND, UNREAD),
        ("TIME-WAIT", 8080, 0, UNREAD),
    ],
)
def test_time_wait_is_confirmed_by_the_socket_table(
    tmp_path: Path, state: str, remote: int, since: int, shown: str
) -> None:
    talk = opened()
    talk.close()
    found = of(talk, tmp_path, record(observations=table(state, remote, since)))
    assert said(found, [closing.time_wait]) == [
        f"alice holds the connection in TIME-WAIT, 60 s on Linux (RFC 9293, 3.6.1){shown} [7]"
    ]


def test_a_server_in_time_wait_has_to_set_so_reuseaddr(tmp_path: Path) -> None:
    talk = opened()
    talk.server.fin()
    talk.client.sends(FIN | ACK)
    talk.server.acks()
    (line,) = said(of(talk, tmp_path), [closing.time_wait])
    assert line.startswith("server holds")
    assert "SO_REUSEADDR" in line


def test_of_a_capture_made_elsewhere_no_table_is_told(tmp_path: Path) -> None:
    talk = opened()
    talk.close()
    (found,) = talks(seen(talk.frames, tmp_path))
    (line,) = said(found, [closing.time_wait])
    assert line.endswith("(RFC 9293, 3.6.1) [7]")


def test_what_is_left_open(tmp_path: Path) -> None:
    talk = opened()
    assert said(of(talk, tmp_path)) == ["nobody closes while the capture lasts: the connection stays open [3]"]
    talk.client.fin()
    talk.server.acks()
    assert said(of(talk, tmp_path)) == [
        "alice closes, server never does: alice is left in FIN-WAIT-2, server in CLOSE-WAIT until its program calls close() [4,5]"
    ]


def test_a_close_by_the_lab_is_not_the_programs(tmp_path: Path) -> None:
    talk = opened()
    talk.rests(SECOND)
    talk.close()
    over = record(observations={"end": {"alice": HostState(time=START + 500 * MILLISECOND)}})
    (line,) = said(of(talk, tmp_path, over), [closing.closed])
    assert line.startswith("alice closes first, only when the steps are over and the lab ends it, in four")
    late = record(observations={"end": {"alice": HostState(time=START + 5 * SECOND)}})
    (line,) = said(of(talk, tmp_path, late), [closing.closed])
    assert "the lab" not in line


def test_neither_a_refusal_nor_a_reset_is_told_as_left_open(tmp_path: Path) -> None:
    refused, half, reset = wired(), wired(), opened()
    refused.client.syn()
    refused.server.sends(RST | ACK)
    half.client.syn()
    reset.server.sends(RST | ACK)
    for talk in (refused, half, reset):
        assert said(of(talk, tmp_path)) == []
