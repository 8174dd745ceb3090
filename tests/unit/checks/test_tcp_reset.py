import pytest
from facts import MS, Wire, find, lines, run

from lab.record import END, HostState

SERVER = "to: {host: server, port: 8080}"


def wire() -> Wire:
    made = Wire()
    refused = made.talk("alice")
    refused.syn()
    refused.rst("server")
    aborted = made.talk("bob")
    aborted.shake()
    aborted.asks("hello")
    aborted.rst("client")
    forgotten = made.talk("carol")
    forgotten.shake()
    forgotten.close("server")
    forgotten.asks("late")
    forgotten.segment("server", "RST")
    forgotten.segment("server", "RST")
    return made


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ("", 3),
        ("by: server", 2),
        ("by: client", 1),
        ("why: refused", 1),
        ("why: refused, by: client", 0),
        ("why: aborted", 1),
        ("why: aborted, from: {host: bob}, by: client", 1),
        ("why: no-connection", 1),
        ("why: no-connection, from: {host: carol}, by: server", 1),
    ],
)
def test_who_and_why(asked: str, number: int):
    comma = ", " if asked else ""
    assert find(run(wire()), "tcp.reset", f"{{{asked}{comma}count: {number}}}").ok
    assert not find(run(wire()), "tcp.reset", f"{{{asked}{comma}count: {number + 1}}}").ok


def test_what_is_said():
    finding = find(run(wire()), "tcp.reset", f"{{{SERVER}, by: client, why: refused}}")
    assert finding.expected.en == "at least 1 reset to server:8080 (refused, by the client)"
    assert finding.expected.zh == "到 server:8080 的至少 1 次复位（拒绝连接，由客户端发送）"
    assert "alice: the server sent RST at packet 2 (refused)" in lines(finding)
    assert "bob: the client sent RST at packet 7 (aborted)" in lines(finding)
    assert "carol：服务端在第 15 包发送 RST（没有这个连接）" in lines(finding)
    assert find(run(wire()), "tcp.reset", "{why: aborted}").packets == ((7,),)


def test_a_syn_before_the_capture_is_no_refusal():
    made = Wire()
    talk = made.talk()
    talk.asks("hello")
    talk.rst("server")
    assert find(run(made), "tcp.reset", "{why: aborted, count: 1}").ok


def test_what_the_lab_s_end_brings_does_not_count():
    over = {END: {"server": HostState(time=3 * MS)}}  # at packet 3
    assert find(run(wire(), observations=over), "tcp.reset", "{count: 1}").ok
