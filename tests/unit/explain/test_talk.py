from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from facts import program
from stories import Calls, datagram, record, seen, wired
from wire import MILLISECOND, SECOND, START, Talk

from lab.conversations import Endpoint, Message
from lab.explain.talk import asked, quoted, running, talks
from lab.record import HostState


def test_the_ends_are_called_by_their_hosts_else_by_their_addresses(tmp_path: Path) -> None:
    frames = wired(), Talk(), Talk(addresses=("127.0.0.1", "127.0.0.1"))
    for talk in frames:
        talk.client.syn()
    names = []
    for talk in frames:
        (found,) = talks(seen(talk.frames, tmp_path, record()))
        names.append((found.name("client"), found.name("server"), found.end("server")))
    assert names == [
        ("alice", "server", "server:8080"),
        ("10.0.0.1", "10.0.0.2", "10.0.0.2:8080"),
        ("127.0.0.1:40000", "127.0.0.1:8080", "127.0.0.1:8080"),
    ]


def test_calls_belong_to_their_conversation_and_side(tmp_path: Path) -> None:
    one = wired()
    one.open()
    other = wired("bob", ports=(50000, 8080), start=one.time, frames=one.frames)
    other.open()
    shown = seen(one.frames, tmp_path, record())
    calls = Calls(shown.conversations.connections[1])
    calls.call("client", "connect")
    first, second = talks(replace(shown, calls=calls.beside))
    assert not first.traced("client")
    assert second.traced("client")
    assert not second.traced("server")
    assert [each.call.name for each in second.called("client", "connect", "send")] == ["connect"]
    assert second.called("client", "send") == []


def test_datagrams_belong_to_the_last_exchange_of_their_ends_that_had_begun(tmp_path: Path) -> None:
    frames = [datagram((5000, 6000), b"a"), datagram((5000, 6000), b"b", START + 100 * SECOND)]
    frames.append(datagram((6000, 5000), b"c", START + 101 * SECOND, ("10.0.0.2", "10.0.0.1")))
    found = list(asked(seen(frames, tmp_path)))
    assert [[d.payload for d in each.datagrams] for each in found] == [[b"a"], [b"b", b"c"]]
    assert [[d.payload for d in each.of("server")] for each in found] == [[], [b"c"]]


def test_what_an_icmp_error_quotes() -> None:
    ends = Endpoint("10.0.0.1", 1), Endpoint("10.0.0.2", 2)
    about = {"protocol": "udp", "source": ends[0], "destination": ends[1]}
    message = Message(1, 0, 0, "icmp", "10.0.0.2", "10.0.0.1", "", 0, {"about": about})
    assert quoted(message, "udp") == ends
    assert quoted(message, "tcp") is None
    assert quoted(Message(1, 0, 0, "icmp", "", "", "", 0, {"type": 8}), "udp") is None


def test_programs_that_ran_at_a_host_at_a_time(tmp_path: Path) -> None:
    programs = {
        "gone": program("alice", started=1, ended=5),
        "there": program("alice", started=1),
        "later": program("alice", started=20),
        "never": program("alice", started=None),
        "elsewhere": program("bob"),
    }
    shown = seen([], tmp_path, record(programs))
    assert running(shown, Endpoint("10.77.4.11", 1), 10) == ["there"]
    assert running(seen([], tmp_path), Endpoint("10.77.4.11", 1), 10) is None


def test_what_the_kernel_sends_when_the_steps_are_over_is_late(tmp_path: Path) -> None:
    talk = wired()
    talk.open()
    talk.close()
    (found,) = talks(
        seen(talk.frames, tmp_path, record(observations={"end": {"alice": HostState(time=START + 4 * MILLISECOND)}}))
    )
    assert [found.late(number) for number in (4, 5, 6, None)] == [False, False, True, False]
