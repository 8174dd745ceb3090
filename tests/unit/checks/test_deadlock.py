import pytest
from facts import MS, PORTS, Wire, find, ipv4, lines, run

from lab.checks.facts import RunFacts
from lab.errors import EngineError, InputError
from lab.record import Call, HostState, SocketFacts

ASKED = "{at: stuck, to: {host: server, port: 8080}, count: 1}"


def end(
    own: tuple[str, int],
    other: tuple[str, int],
    program: str | None,
    call: Call | None = "recv",
    unread: int = 0,
    unsent: int = 0,
) -> SocketFacts:
    return SocketFacts(
        transport="tcp",
        state="ESTABLISHED",
        local=ipv4(own[0]),
        local_port=own[1],
        remote=ipv4(other[0]),
        remote_port=other[1],
        receive_queue=unread,
        send_queue=unsent,
        program=program,
        call=call,
    )


def clients(name: str = "alice", call: Call | None = "recv", unread: int = 0, unsent: int = 0) -> SocketFacts:
    return end((name, PORTS[name]), ("server", 8080), name, call, unread, unsent)


def servers(client: str = "alice", program: str | None = "server", call: Call | None = "recv") -> SocketFacts:
    return end(("server", 8080), (client, PORTS[client]), program, call)


def listener(call: Call | None = "accept") -> SocketFacts:
    return servers(call=call).model_copy(update={"state": "LISTEN", "remote": "0.0.0.0", "remote_port": 0})


def state(*sockets: SocketFacts, free: tuple[str, ...] | None = (), time: int = 10 * MS) -> HostState:
    return HostState(time=time, until=time + MS // 2, sockets=sockets, free=free)


def seen(wire: Wire | None = None, **hosts: HostState) -> RunFacts:
    if wire is None:
        wire = Wire()
        wire.talk().shake()
    return run(wire, observations={"stuck": hosts})


def test_both_wait():
    finding = find(seen(alice=state(clients()), server=state(listener(), servers())), "tcp.deadlock", ASKED)
    assert finding.ok
    assert finding.expected.en == "1 connection in deadlock to server:8080"
    assert finding.actual.en == (
        "1 connection in deadlock to server:8080: "
        "alice and server both wait in recv() for the other, and nothing is on its way"
    )
    assert finding.actual.zh == (
        "到 server:8080 的 1 条死锁的连接：alice 与 server 都在 recv() 中等待对方，途中没有任何数据"
    )
    assert finding.packets == ((1, 2, 3),)


@pytest.mark.parametrize(
    ("alice", "server", "why"),
    [
        (state(), state(servers()), "no program holds alice:40112"),
        (state(clients()), state(listener(), servers(program=None, call=None)), "no program holds server:8080"),
        (state(clients(call="send")), state(servers()), "alice is not in recv() on it"),
        (state(clients()), state(servers(call=None)), "server is not in recv() on it"),
        (state(clients(unread=2)), state(servers()), "alice:40112 has 2 bytes unread and 0 bytes unacknowledged"),
        (state(clients(unsent=3)), state(servers()), "alice:40112 has 0 bytes unread and 3 bytes unacknowledged"),
        (state(clients(), free=("alice",)), state(servers()), "alice has a thread that may go on by itself"),
        (state(clients()), state(servers(), free=("server",)), "server has a thread that may go on by itself"),
        (state(clients(), time=2 * MS), state(servers()), "packets 2, 3 passed while the hosts were observed"),
        (state(clients(), time=0), state(servers()), "it did not exist yet"),
    ],
)
def test_one_may_go_on(alice: HostState, server: HostState, why: str):
    finding = find(seen(alice=alice, server=server), "tcp.deadlock", ASKED)
    assert not finding.ok
    assert finding.actual.en == "found 0"
    assert f"alice:40112 → server:8080: {why}" in lines(finding)


def test_a_connection_that_was_closed_by_then():
    wire = Wire()
    talk = wire.talk()
    talk.shake()
    talk.close()
    finding = find(seen(wire, alice=state(), server=state()), "tcp.deadlock", ASKED)
    assert "it was closed by then" in lines(finding)


def test_a_program_that_waits_elsewhere_too_goes_on_when_something_comes_there():
    wire = Wire()
    wire.talk("alice").shake()
    wire.talk("bob").shake()
    server = state(listener(), servers("alice"), servers("bob"))
    facts = seen(wire, alice=state(clients("alice")), bob=state(clients("bob"), free=("bob",)), server=server)
    finding = find(facts, "tcp.deadlock", ASKED)
    assert not finding.ok
    assert "server waits in recv() on tcp port 8080 too, where something may come" in lines(finding)
    facts = seen(wire, alice=state(clients("alice")), bob=state(clients("bob")), server=server)
    assert find(facts, "tcp.deadlock", "{at: stuck, to: {host: server}, count: 2}").ok
    assert find(facts, "tcp.deadlock", "{at: stuck, to: {host: server}, from: {host: bob}, count: 1}").ok


def test_where_nothing_can_be_told():
    with pytest.raises(EngineError, match="the machine of alice does not tell what programs wait for"):
        find(seen(alice=state(clients(), free=None), server=state(servers())), "tcp.deadlock", ASKED)
    with pytest.raises(InputError, match="`stuck` does not observe alice"):
        find(seen(server=state(servers())), "tcp.deadlock", ASKED)


def test_a_run_that_ended_before_it_was_observed_fails():
    finding = find(run(), "tcp.deadlock", ASKED)
    assert not finding.ok
    assert finding.actual.en == "the run ended before that"


def test_no_connection():
    finding = find(seen(Wire(), server=state(listener())), "tcp.deadlock", ASKED)
    assert not finding.ok
    assert "there was no TCP connection at all" in lines(finding)
    assert find(seen(Wire(), server=state()), "tcp.deadlock", "{at: stuck, count: 0}").ok
