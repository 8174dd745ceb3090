import pytest
from facts import MS, Wire, find, lines, run

from lab.record import END, HostState

SERVER = "to: {host: server, port: 8080}"
ORDERLY = f"{{{SERVER}, kind: fin, by: client}}"


def closed(*how: str) -> Wire:
    """A connection of alice, then of bob and carol, each ended in one way."""
    wire = Wire()
    for client, way in zip(("alice", "bob", "carol"), how, strict=False):
        talk = wire.talk(client)
        talk.shake()
        match way:
            case "client" | "server":
                talk.close(way)
            case "rst":
                talk.fin("client")
                talk.rst("server")
            case "half":
                talk.fin("client")
            case "open":
                pass
    return wire


def over(wire: Wire, at_packet: int):
    """The run of `wire`, with the steps over just after a packet."""
    return run(wire, observations={END: {"server": HostState(time=at_packet * MS + 1)}})


def test_orderly_closes_by_the_client():
    finding = find(run(closed("client", "client", "client")), "tcp.close", ORDERLY)
    assert finding.ok
    assert finding.actual.en == "3 orderly closes (FIN) to server:8080, the client first"
    assert finding.actual.zh == "到 server:8080 的 3 次正常关闭（FIN），由客户端先发起"
    assert finding.packets == ((4, 5), (10, 11), (16, 17))


def test_as_many_as_asked_are_told_by_their_own_packets():
    finding = find(
        run(closed("client", "rst", "client")), "tcp.close", f"{{{SERVER}, kind: fin, by: client, count: 2}}"
    )
    assert finding.ok
    assert finding.packets == ((4, 5), (15, 16))


def test_one_of_them_was_reset():
    finding = find(run(closed("client", "rst", "client")), "tcp.close", ORDERLY)
    assert not finding.ok
    assert finding.expected.en == "every connection to server:8080 closed in order (FIN), the client first"
    assert finding.expected.zh == "到 server:8080 的每条连接都正常关闭（FIN），由客户端先发起"
    assert finding.actual.en == "found 2 of 3"
    assert [d.en for d in finding.details] == [
        "bob: the client sent FIN at packet 10; the server sent RST at packet 11"
    ]
    assert finding.details[0].zh == "bob：客户端在第 10 包发送 FIN；服务端在第 11 包发送 RST"
    assert finding.packets == ((10, 11),)


def test_the_server_never_closes():
    finding = find(run(closed("half")), "tcp.close", ORDERLY)
    assert not finding.ok
    assert lines(finding).startswith("alice: the client sent FIN at packet 4; the server never closed\n")


def test_what_the_lab_s_stopping_caused_does_not_count():
    wire = closed("client")  # FINs at 4 and 5
    assert find(over(wire, 5), "tcp.close", ORDERLY).ok
    finding = find(over(wire, 4), "tcp.close", ORDERLY)
    assert not finding.ok
    assert "the server did not close before the lab stopped it (packet 5)" in lines(finding)
    assert "服务端直到被实验室终止才关闭（第 5 包）" in lines(finding)
    assert find(over(wire, 4), "tcp.close", f"{{{SERVER}, kind: open, by: client}}").ok
    assert find(over(wire, 3), "tcp.close", f"{{{SERVER}, kind: open}}").ok
    assert not find(over(wire, 3), "tcp.close", f"{{{SERVER}, kind: open, by: client}}").ok


def test_a_reset_by_the_lab_s_stopping_leaves_it_open():
    wire = closed("rst")  # FIN at 4, RST at 5
    assert find(over(wire, 5), "tcp.close", "{kind: rst}").ok
    assert find(over(wire, 4), "tcp.close", "{kind: open}").ok


def test_who_closed_first():
    wire = closed("server", "client")
    assert not find(run(wire), "tcp.close", ORDERLY).ok
    assert find(run(wire), "tcp.close", "{kind: fin}").ok
    assert find(run(wire), "tcp.close", "{kind: fin, by: server, count: 1}").ok
    assert find(run(wire), "tcp.close", "{kind: fin, by: server, from: {host: alice}}").ok


@pytest.mark.parametrize(("kind", "number"), [("fin", 1), ("rst", 1), ("any", 2), ("open", 2)])
def test_kinds(kind: str, number: int):
    wire = closed("client", "rst", "half")
    wire.talk("alice", from_=40113).shake()
    assert find(run(wire), "tcp.close", f"{{kind: {kind}, count: {number}}}").ok
    assert not find(run(wire), "tcp.close", f"{{kind: {kind}, count: {number + 1}}}").ok
    assert not find(run(wire), "tcp.close", f"{{kind: {kind}}}").ok


def test_limits():
    wire = closed("client", "client", "open")
    assert find(run(wire), "tcp.close", "{kind: fin, at_least: 2}").ok
    assert not find(run(wire), "tcp.close", "{kind: fin, at_least: 3}").ok
    assert not find(run(wire), "tcp.close", "{kind: fin, at_most: 1}").ok


def test_no_connection_is_no_close():
    finding = find(run(), "tcp.close", ORDERLY)
    assert not finding.ok
    assert finding.actual.en == "found no connection"
    assert "there was no TCP connection at all" in lines(finding)
