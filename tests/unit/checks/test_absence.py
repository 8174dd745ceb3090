import pytest
from facts import Wire, find, lines, run
from pydantic import ValidationError


def wire() -> Wire:
    told = Wire()
    talk = told.talk("bob")
    talk.syn()
    talk.rst("server")
    told.datagram(("alice", 4000), ("server", 9999), b"x")
    return told


def test_connections_count_even_when_refused():
    finding = find(run(wire()), "none", "{connection: {from: {host: bob}, to: {host: server}}}")
    assert not finding.ok
    assert finding.expected.en == "no connection from bob to server"
    assert finding.expected.zh == "没有 bob 到 server 的连接"
    assert finding.actual.en == "found 1"
    assert "bob:51544 to server:8080: packets 1 to 2" in lines(finding)
    assert finding.packets == ((1, 2),)


def test_no_connection():
    finding = find(run(wire()), "none", "{connection: {from: {host: alice}}}")
    assert finding.ok
    assert finding.actual.en == "no connection from alice"
    assert find(run(wire()), "none", "{connection: {to: {port: 80}}}").ok


def test_datagrams():
    finding = find(run(wire()), "none", "{datagram: {from: {host: alice}}}")
    assert not finding.ok
    assert "packet 3: alice:4000 to server:9999" in lines(finding)
    assert find(run(wire()), "none", "{datagram: {to: {host: alice}}}").ok
    assert find(run(wire()), "none", "{datagram: {from: {host: bob}}}").ok


@pytest.mark.parametrize("params", ["{}", "{connection: {}, datagram: {}}", "{packet: tcp prot 80}"])
def test_refused_parameters(params: str):
    with pytest.raises(ValidationError):
        find(run(), "none", params)
