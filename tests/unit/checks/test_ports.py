import pytest
from facts import Wire, find, lines, run
from pydantic import ValidationError


def wire() -> Wire:
    made = Wire()
    for port in (40001, 40002, 59000):
        made.talk("alice", from_=port).shake()
    made.talk("bob", from_=40001).shake()
    for port in (33000, 33000, 34000):
        made.datagram(("alice", port), ("server", 53), b"?")
    return made


@pytest.mark.parametrize(
    "asked",
    [
        "transport: tcp, from: {host: alice}, lowest: 32768, highest: 60999, are: different, count: 3",
        "transport: tcp, from: {host: alice}, lowest: 40001, highest: 59000",
        "transport: tcp, from: {port: 40001}, are: same, count: 2",
        "transport: tcp, to: {host: server, port: 8080}, count: 4",
        "transport: udp, from: {host: alice}, are: different, lowest: 33000, count: 2",
        "transport: udp, to: {host: server, port: 53}, highest: 34000",
    ],
)
def test_what_holds(asked: str):
    assert find(run(wire()), "ports", f"{{{asked}}}").ok


@pytest.mark.parametrize(
    ("asked", "actual"),
    [
        ("transport: tcp, are: different", "port 40001 came 2 times"),
        ("transport: tcp, are: same", "there were 3 different ports"),
        ("transport: tcp, lowest: 40002", "port 40001 lies outside"),
        ("transport: tcp, highest: 58999", "port 59000 lies outside"),
        ("transport: tcp, from: {host: carol}", "found 0"),
        ("transport: udp, are: same", "there were 2 different ports"),
        ("transport: udp, count: 3", "found 2"),
    ],
)
def test_what_does_not(asked: str, actual: str):
    finding = find(run(wire()), "ports", f"{{{asked}}}")
    assert not finding.ok
    assert finding.actual.en == actual


def test_what_is_said():
    finding = find(run(wire()), "ports", "{transport: tcp, from: {host: alice}, lowest: 50000, are: different}")
    expected = "at least 1 source port of a connection from alice (50000 to 65535, all different)"
    assert finding.expected.en == expected
    assert finding.expected.zh == "来自 alice 的至少 1 条连接的源端口（50000 到 65535，各不相同）"
    assert "alice:40002 (packet 4)" in lines(finding)


def test_a_range_without_ports():
    with pytest.raises(ValidationError, match="is greater than"):
        find(run(), "ports", "{transport: tcp, lowest: 2, highest: 1}")
