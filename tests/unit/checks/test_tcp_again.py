import pytest
from facts import Talk, Wire, find, lines, run
from pydantic import ValidationError

from lab.conversations import Mark

SERVER = "to: {host: server, port: 8080}"
AGAIN = frozenset({Mark.RETRANSMISSION})


def union() -> Wire:
    wire = Wire()
    talk = wire.talk()
    talk.shake()
    talk.asks("hello")
    talk.again("client")
    talk.answers("hi")
    talk.again("server", Mark.FAST_RETRANSMISSION)
    talk.again("server", Mark.SPURIOUS_RETRANSMISSION)
    talk.again("server", Mark.DUPLICATE_ACK)
    return wire


def data_after(*milliseconds: int) -> Wire:
    """Data of alice, sent again after so long each time."""
    wire = Wire()
    talk = wire.talk()
    talk.shake()
    talk.asks("hello")
    for after in milliseconds:
        talk.segment("client", "PSH ACK", b"hello", AGAIN, seq=1, after=after)
    return wire


def syns(talk: Talk, *milliseconds: int) -> None:
    talk.syn()
    for after in milliseconds:
        talk.segment("client", "SYN", marks=AGAIN, seq=0, after=after)


def test_the_union_of_three_is_counted():
    finding = find(run(union()), "tcp.retransmissions", f"{{{SERVER}, count: 3}}")
    assert finding.ok
    assert finding.packets == ((5,), (7, 8))


def test_none_allowed():
    finding = find(run(union()), "tcp.retransmissions", f"{{{SERVER}, at_most: 0}}")
    assert not finding.ok
    assert finding.expected.en == "0 retransmissions to server:8080"
    assert "the server sent data again at packets 7, 8, after 1.0 ms, 1.0 ms, on the connection of alice" in lines(
        finding
    )
    assert "客户端在第 5 包重传数据，间隔 1.0 ms（alice 的连接）" in lines(finding)


def test_of_one_side():
    assert find(run(union()), "tcp.retransmissions", "{sent_by: client, count: 1}").ok
    assert find(run(union()), "tcp.retransmissions", "{sent_by: server, count: 2}").ok


def test_of_what():
    wire = Wire()
    talk = wire.talk()
    syns(talk, 1000)
    talk.segment("server", "SYN ACK")
    talk.segment("server", "SYN ACK", marks=AGAIN, seq=0)
    talk.segment("client", "ACK")
    talk.asks("hello")
    talk.segment("client", "ACK", b"h", frozenset({Mark.KEEP_ALIVE}), seq=1)  # a probe sends nothing again
    talk.fin("client")
    for _ in range(2):
        talk.segment("client", "FIN ACK", marks=AGAIN, seq=6)
    for sort, number in (("syn", 1), ("syn-ack", 1), ("data", 0), ("fin", 2)):
        assert find(run(wire), "tcp.retransmissions", f"{{of: {sort}, count: {number}}}").ok, sort
    finding = find(run(wire), "tcp.retransmissions", "{of: data, sent_by: client}")
    assert finding.expected.en == "at least 1 retransmission (of data, by the client)"
    assert finding.expected.zh == "至少 1 次重传（重传的是数据，由客户端发送）"


@pytest.mark.parametrize(
    ("milliseconds", "doublings"),
    [
        ((200, 400, 800, 1600), 3),
        ((12, 204, 408, 816), 2),  # a tail loss probe comes first
        ((200, 480, 700), 1),  # within a quarter, then too short
        ((200, 520, 1040), 1),
        ((1000, 1000, 1000), 0),
        ((200, 400, 100, 200, 400), 2),  # the longest row counts
        ((200,), 0),
    ],
)
def test_intervals_that_double(milliseconds: tuple[int, ...], doublings: int):
    wire = data_after(*milliseconds)
    number = len(milliseconds)
    if doublings:
        asked = f"{{{SERVER}, of: data, doubling: {doublings}, count: {number}}}"
        assert find(run(wire), "tcp.retransmissions", asked).ok
    finding = find(run(wire), "tcp.retransmissions", f"{{{SERVER}, of: data, doubling: {doublings + 1}}}")
    assert not finding.ok
    assert f"intervals double {doublings + 1} times in a row" in finding.expected.en


def test_the_tolerance_is_a_part_of_the_right_interval():
    wire = data_after(200, 480)
    assert find(run(wire), "tcp.retransmissions", "{doubling: 1, tolerance: 0.2}").ok
    assert not find(run(wire), "tcp.retransmissions", "{doubling: 1, tolerance: 0.19}").ok


def test_intervals_that_are_known():
    wire = Wire()
    syns(wire.talk("alice"), 1010, 1000, 2020)
    syns(wire.talk("bob"), 500, 3000)
    assert find(run(wire), "tcp.retransmissions", "{of: syn, intervals: [1, 1, 2], count: 3}").ok  # of alice alone
    assert find(run(wire), "tcp.retransmissions", "{of: syn, intervals: [1.0], count: 3}").ok
    assert not find(run(wire), "tcp.retransmissions", "{of: syn, intervals: [1, 1, 2, 4]}").ok
    finding = find(run(wire), "tcp.retransmissions", "{of: syn, intervals: [1, 2], at_least: 2}")
    assert not finding.ok
    assert finding.expected.en == "at least 2 retransmissions (of a SYN, after 1, 2 s)"
    assert "the client sent a SYN again at packets 2, 3, 4, after 1.01 s, 1.00 s, 2.02 s" in lines(finding)


def test_a_probe_with_a_byte_is_no_first_sending():
    wire = Wire()
    talk = wire.talk()
    talk.shake()
    talk.segment("client", "ACK", b"h", frozenset({Mark.ZERO_WINDOW_PROBE}), seq=1)
    talk.segment("client", "PSH ACK", b"hello", seq=1, after=700)
    talk.segment("client", "PSH ACK", b"hello", AGAIN, seq=1, after=200)
    assert find(run(wire), "tcp.retransmissions", "{of: data, intervals: [0.2], count: 1}").ok


def test_none_of_the_rest_is_counted_with_a_rule():
    wire = data_after(200, 400)
    other = wire.talk("bob")
    other.shake()
    other.asks("x")
    other.again("client")
    assert find(run(wire), "tcp.retransmissions", "{count: 3}").ok
    assert find(run(wire), "tcp.retransmissions", "{doubling: 1, count: 2}").ok


def test_one_rule_alone():
    with pytest.raises(ValidationError, match="give `intervals` or `doubling`, not both"):
        find(run(), "tcp.retransmissions", "{doubling: 1, intervals: [1]}")
    with pytest.raises(ValidationError):
        find(run(), "tcp.retransmissions", "{doubling: 0}")
