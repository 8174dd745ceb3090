"""Which packets a call caused and was woken by, where time alone would say otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import facts
import pytest
import wire
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.conversations import Endpoint
from lab.trace import SocketCall
from lab.trace.beside import Beside, beside
from lab.trace.whose import order

SERVER = Endpoint(facts.ipv4("server"), 8080)
CLIENT = Endpoint(facts.ipv4("alice"), 40000)
RECORD = replace(
    facts.run(programs={"server": facts.program("server"), "alice": facts.program("alice")}),
).record


def talk(port: int = 40000, frames: Any = None, **more: Any) -> wire.Talk:
    return wire.Talk(addresses=(CLIENT.address, SERVER.address), ports=(port, 8080), frames=frames, **more)


class Calls:
    """Calls of programs, one millisecond after the other unless said otherwise."""

    def __init__(self) -> None:
        self.made: list[SocketCall] = []

    def add(self, program: str, name: str, **told: Any) -> int:
        number = len(self.made) + 1
        started = told.pop("started", number * 1_000_000)
        fields = {"process": 1, "thread": 1, "descriptor": 3, "transport": "tcp", "ended": started + 1000} | told
        self.made.append(
            SocketCall.model_validate(
                {"number": number, "program": program, "name": name, "started": started, **fields}
            )
        )
        return number

    def server(self, name: str, port: int = 40000, **told: Any) -> int:
        ends = {"local": SERVER, "remote": Endpoint(CLIENT.address, port), "descriptor": 4}
        return self.add("server", name, **ends | told)

    def client(self, name: str, port: int = 40000, **told: Any) -> int:
        return self.add("alice", name, **{"local": Endpoint(CLIENT.address, port), "remote": SERVER} | told)


@pytest.fixture
def calls() -> Calls:
    return Calls()


def placed(tmp_path: Path, talk: wire.Talk, calls: Calls) -> dict[int, Beside]:
    return {each.call.number: each for each in beside(RECORD, talk.read(tmp_path), calls.made)}


def test_a_conversation_from_connect_to_close(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    it.client.says(b"hello")
    it.server.says(b"hi")
    it.close()
    connect = calls.client("connect", result="0")
    accept = calls.server("accept", result="4", descriptor=3, new_descriptor=4)
    send = calls.client("send", bytes=5)
    recv = calls.server("recv", bytes=5)
    answer = calls.server("send", bytes=2)
    heard = calls.client("recv", bytes=2)
    close = calls.client("close")
    end = calls.server("recv", bytes=0)
    closed = calls.server("close")
    found = placed(tmp_path, it, calls)
    assert (found[connect].caused, found[connect].woken_by) == ((1,), (2,))
    assert (found[accept].caused, found[accept].woken_by, found[accept].role) == ((), (3,), "server")
    assert (found[send].caused, found[recv].woken_by) == ((4,), (4,))
    assert (found[answer].caused, found[heard].woken_by) == ((5,), (5,))
    assert (found[close].caused, found[end].woken_by, found[closed].caused) == ((6,), (6,), (8,))
    assert {each.conversation.index for each in found.values() if each.conversation} == {1}
    assert found[send].role == "client"


def test_two_sends_in_one_segment_and_one_in_two(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    it.client.says(b"abcdef")
    it.client.says(b"gh")
    sends = [calls.client("send", bytes=3), calls.client("send", bytes=1), calls.client("send", bytes=4)]
    recvs = [calls.server("recv", bytes=1), calls.server("recv", bytes=6), calls.server("recv", bytes=1)]
    found = placed(tmp_path, it, calls)
    assert [found[n].caused for n in sends] == [(4,), (4,), (4, 5)]
    assert [found[n].woken_by for n in recvs] == [(4,), (4, 5), (5,)]


def test_what_was_sent_again_was_caused_by_the_same_call(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    seq = it.client.seq
    it.client.says(b"abc")
    it.rests(wire.SECOND)
    it.client.says(b"abc", seq=seq)
    it.client.says(b"d")
    first, second = calls.client("send", bytes=3), calls.client("send", bytes=1)
    recv = calls.server("recv", bytes=4)
    found = placed(tmp_path, it, calls)
    assert (found[first].caused, found[second].caused) == ((4, 5), (6,))
    assert found[recv].woken_by == (4, 6)


def test_two_threads_on_two_connections_at_once(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    other = talk(50000, it.frames, start=it.time, isn=(7, 70000))
    other.open()
    it.time = other.time
    it.client.says(b"one")
    other.client.says(b"two")
    late = calls.server("recv", bytes=3, started=10, thread=2)
    early = calls.server("recv", 50000, bytes=3, started=5, thread=3, descriptor=5)
    found = placed(tmp_path, it, calls)
    assert found[late].woken_by == (7,)
    assert found[early].woken_by == (8,)
    assert [found[n].conversation.index for n in (late, early)] == [1, 2]  # type: ignore[union-attr]


def test_accept_long_after_the_handshake_is_still_beside_it(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    other = talk(50000, it.frames, start=it.time, isn=(7, 70000))
    other.open()
    second = calls.server("accept", started=9 * wire.SECOND, descriptor=3, new_descriptor=4)
    first = calls.server("accept", 50000, started=8 * wire.SECOND, descriptor=3, new_descriptor=5)
    found = placed(tmp_path, it, calls)
    assert (found[second].woken_by, found[first].woken_by) == ((3,), (6,))


def test_recv_long_after_the_data(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    it.client.says(b"abc")
    it.close()
    calls.client("send", bytes=3)
    recv = calls.server("recv", bytes=3, started=wire.START + 100 * wire.SECOND)
    end = calls.server("recv", bytes=0, started=wire.START + 200 * wire.SECOND)
    found = placed(tmp_path, it, calls)
    assert (found[recv].woken_by, found[end].woken_by) == ((4,), (5,))


def test_descriptors_that_were_duplicated_share_the_stream(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    it.client.says(b"abc")
    it.client.says(b"def")
    it.close()
    by_child = calls.client("send", bytes=3, process=2, descriptor=3)
    by_parent = calls.client("send", bytes=3, process=1, descriptor=9)
    too_early = calls.client("close", process=1, descriptor=9)
    last = calls.client("close", process=2, descriptor=3)
    found = placed(tmp_path, it, calls)
    assert (found[by_child].caused, found[by_parent].caused) == ((4,), (5,))
    assert (found[too_early].caused, found[last].caused) == ((), (6,))


def test_a_process_that_ended_without_close_sent_the_fin_itself(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    it.client.says(b"abc")
    it.close()
    calls.client("send", bytes=3, process=2)
    closed = calls.client("close", process=1)
    assert placed(tmp_path, it, calls)[closed].caused == ()


def test_shutdown_sends_the_fin_and_close_then_nothing(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    it.close()
    half = calls.client("shutdown", arguments="SHUT_RD")
    whole = calls.client("shutdown", arguments="SHUT_WR")
    closed = calls.client("close")
    found = placed(tmp_path, it, calls)
    assert [found[n].caused for n in (half, whole, closed)] == [(), (4,), ()]


def test_ports_and_descriptors_that_are_used_again(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    it.client.says(b"one")
    it.close()
    again = talk(frames=it.frames, start=it.time + wire.SECOND, isn=(500_000, 900_000))
    again.open()
    again.client.says(b"two")
    calls.server("accept", descriptor=3, new_descriptor=4)
    first = calls.server("recv", bytes=3)
    # the second accept() has begun before the first conversation was over
    accept = calls.server("accept", descriptor=3, new_descriptor=4, started=1_500_000, ended=50_000_000)
    calls.server("close")
    second = calls.server("recv", bytes=3, started=60_000_000)
    found = placed(tmp_path, it, calls)
    assert (found[first].woken_by, found[accept].woken_by, found[second].woken_by) == ((4,), (11,), (12,))


def test_a_refused_connect_by_whatever_is_known_of_its_socket(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.client.syn()
    it.server.sends(wire.RST | wire.ACK)
    other = talk(50000, it.frames, start=it.time, isn=(7, 0))
    other.client.syn()
    other.server.sends(wire.RST | wire.ACK)
    nothing = calls.client("connect", error="ENETUNREACH", local=None)
    by_port = calls.client("connect", error="ECONNREFUSED", local=Endpoint("0.0.0.0", 50000), remote=None)
    by_rest = calls.client("connect", error="ECONNREFUSED", local=None)
    found = placed(tmp_path, it, calls)
    assert (found[nothing].conversation, found[nothing].caused) == (None, ())
    assert (found[by_port].caused, found[by_port].woken_by) == ((3,), (4,))
    assert (found[by_rest].caused, found[by_rest].woken_by) == ((1,), (2,))


def test_a_reset_wakes_recv(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    it.client.says(b"abc")
    it.server.rst()
    closed = calls.server("close")
    recv = calls.client("recv", error="ECONNRESET")
    found = placed(tmp_path, it, calls)
    assert (found[recv].woken_by, found[closed].caused) == ((5,), (5,))


def test_a_peek_takes_nothing_away(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    it.client.says(b"abc")
    peek = calls.server("recv", bytes=3, arguments="1024, MSG_PEEK")
    recv = calls.server("recv", bytes=3, arguments="1024")
    found = placed(tmp_path, it, calls)
    assert found[peek].woken_by == found[recv].woken_by == (4,)


def test_select_stands_where_the_call_does_that_it_was_for(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    it.client.says(b"abc")
    wait = calls.add("server", "select", descriptor=None, transport=None, arguments="[0, 4], [], []", result="[4]")
    nobody = calls.add("server", "poll", descriptor=None, transport=None, result="[0]")
    calls.client("recv", bytes=0, descriptor=4)  # of a process with the same number on another host
    calls.server("recv", bytes=3)
    it.server.fin()
    found = placed(tmp_path, it, calls)
    assert (found[wait].woken_by, found[wait].role) == ((4,), "server")
    assert found[nobody].conversation is None


def test_a_call_that_never_returned_and_one_on_no_connection(tmp_path: Path, calls: Calls) -> None:
    it = talk()
    it.open()
    waits = calls.server("recv", ended=None)
    bind = calls.add("server", "bind", local=SERVER)
    found = placed(tmp_path, it, calls)
    assert (found[waits].role, found[waits].woken_by) == ("server", ())
    assert found[bind].conversation is None


def story(tmp_path: Path) -> tuple[wire.Talk, list[list[SocketCall]]]:
    """Three connections and the calls on each socket, in the order in which a program must make them."""
    calls, frames, sockets = Calls(), [], []
    time = wire.START
    for port, isn in ((40000, 1), (50000, 1_000_000), (40000, 5_000_000)):
        it = talk(port, frames, start=time, isn=(isn, isn + 7))
        it.open()
        it.client.says(b"abcd")
        it.client.says(b"ef")
        it.server.says(b"ok")
        it.close()
        time = it.time
        start = len(calls.made)
        calls.client("connect", port, result="0")
        calls.client("send", port, bytes=2)
        calls.client("send", port, bytes=4)
        calls.client("recv", port, bytes=2)
        calls.client("close", port)
        middle = len(calls.made)
        calls.server("accept", port, descriptor=3, new_descriptor=4)
        for count in (3, 3, 0):
            calls.server("recv", port, bytes=count)
        calls.server("send", port, bytes=2)
        calls.server("close", port)
        sockets += [calls.made[start:middle], calls.made[middle:]]
    # the third connection has the addresses of the first: its calls come after those
    return it, [sockets[0] + sockets[4], sockets[1] + sockets[5], sockets[2], sockets[3]]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_interleaving_of_the_same_calls_gives_the_same_mapping(tmp_path: Path, data: st.DataObject) -> None:
    it, sockets = story(tmp_path)
    conversations = it.read(tmp_path)
    plain = sorted((call for each in sockets for call in each), key=order)
    expected = {each.call.number: (each.caused, each.woken_by) for each in beside(RECORD, conversations, plain)}
    turns = data.draw(st.permutations([n for n, each in enumerate(sockets) for _ in each]))
    rest = [list(each) for each in sockets]
    shuffled, time = [], 0
    for turn in turns:
        time += data.draw(st.integers(1, 1_000_000))
        call = rest[turn].pop(0)
        began = data.draw(st.integers(0, time)) if call.name == "accept" else time
        shuffled.append(call.model_copy(update={"started": began, "ended": time}))
    found = beside(RECORD, conversations, shuffled)
    assert {each.call.number: (each.caused, each.woken_by) for each in found} == expected
    assert sum(len(caused) + len(woken) for caused, woken in expected.values()) == 3 * 14
