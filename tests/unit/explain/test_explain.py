"""Whole stories: a capture with what is known beside it, and every sentence of what is told of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from facts import printed
from stories import Calls, datagram, record, seen, story, wired
from wire import ACK, CLIENT, MILLISECOND, RST, SERVER, START, Talk

from lab.explain import OF_ASKED, OF_SEEN, OF_TALK, explain
from lab.seen import Seen


def hello() -> Talk:
    """A question in two segments that cut a character, an answer, and an orderly close by the client."""
    talk = wired()
    talk.open()
    talk.client.says("早上好".encode()[:4])
    talk.client.says("早上好".encode()[4:])
    talk.server.acks()
    talk.server.says("好".encode())
    talk.client.acks()
    talk.close()
    return talk


def test_a_run_that_was_not_traced(tmp_path: Path) -> None:
    shown = seen(hello().frames, tmp_path, record())
    assert story(shown) == [
        "unknown: when accept() returned and what each recv() gave; the system calls were not traced",
        "alice (program client) connects to server:8080 from port 40112, which is ephemeral by Linux's default (ip(7)) [1]",
        "the handshake is complete after 2.0 ms: segments of at most 1460 bytes (MSS), windows in units of 128 bytes, selective ACKs (SACK) and timestamps [1,2,3]",
        "alice sends 9 bytes in 2 segments: `早上好`; packet 4 ends inside a character of utf-8 [4,5]",
        "server sends 3 bytes in 1 segment: `好` [7]",
        "alice closes first, in four segments: FIN, ACK, the other's FIN, ACK [9,10,11,12]",
        "alice holds the connection in TIME-WAIT, 60 s on Linux (RFC 9293, 3.6.1); unknown: whether its socket table shows it, for it was not read [12]",
    ]
    assert story(shown, "zh") == [
        "未知：accept() 何时返回，每次 recv() 得到什么；没有跟踪系统调用",
        "alice（程序 client） 连接 server:8080，源端口 40112，按 Linux 默认属于临时端口（ip(7)） [1]",
        "握手用时 2.0 ms：报文段最多 1460 字节（MSS），窗口以 128 字节为单位，选择确认（SACK）、时间戳 [1,2,3]",
        "alice 用 2 个报文段发送 9 字节：`早上好`；第 4 个数据包止于一个 utf-8 字符的中间 [4,5]",
        "server 用 1 个报文段发送 3 字节：`好` [7]",
        "alice 先关闭，用四个报文段：FIN、ACK、对方的 FIN、ACK [9,10,11,12]",
        "alice 上的连接处于 TIME-WAIT，Linux 上为 60 秒（RFC 9293，3.6.1）；未知：套接字表是否可证，因为没有读取 [12]",
    ]


def traced(folder: Path) -> Seen:
    shown = seen(hello().frames, folder, record())
    calls = Calls(shown.conversations.connections[0])
    calls.call("client", "connect", "('server', 8080)", at=0, caused=(1,), woken_by=(2,))
    calls.call("server", "accept", at=3, woken_by=(3,))
    calls.call("client", "send", "9 bytes", at=3, bytes=4, caused=(4,))
    calls.call("client", "send", "5 bytes", at=4, bytes=5, caused=(5,))
    calls.call("server", "recv", "1024", at=5, bytes=9, woken_by=(4, 5))
    calls.call("server", "send", "3 bytes", at=6, bytes=3, caused=(7,))
    calls.call("client", "recv", "2", at=7, bytes=2, woken_by=(7,))
    calls.call("client", "close", at=8, caused=(9,))
    calls.call("server", "recv", "1024", at=8, bytes=0, woken_by=(9,))
    return replace(shown, calls=calls.beside)


def test_a_run_that_was_traced(tmp_path: Path) -> None:
    shown = traced(tmp_path)
    assert story(shown) == [
        "alice (program client) connects to server:8080 at client.py:1 from port 40112, an ephemeral one that the kernel chose (ip(7)) [1] (1)",
        "the handshake is complete after 2.0 ms: segments of at most 1460 bytes (MSS), windows in units of 128 bytes, selective ACKs (SACK) and timestamps [1,2,3]",
        "alice sends 9 bytes in 2 segments: `早上好`; packet 4 ends inside a character of utf-8 [4,5]",
        "accept() at server.py:2 is called 1.0 ms after the handshake: until then the connection waits in the backlog of listen(2) [3] (2)",
        "server sends 3 bytes in 1 segment: `好` [7]",
        "server: recv(1024) at server.py:5 returns 9 bytes: `早上好`; 2 sends in one: TCP keeps no borders (RFC 9293, 2.2) [4,5] (5)",
        "alice: recv(2) at client.py:7 returns 2 bytes: `\\xe5\\xa5`; part of a send of 3: it asked for no more; it ends inside a character of utf-8: decode() of it alone fails [7] (7)",
        "alice closes first by close() at client.py:8, in four segments: FIN, ACK, the other's FIN, ACK [9,10,11,12] (8)",
        "server: recv(1024) at server.py:9 returns 0, the end of the stream: alice sent a FIN (packet 9; recv(2)) [9] (9)",
        "alice holds the connection in TIME-WAIT, 60 s on Linux (RFC 9293, 3.6.1); unknown: whether its socket table shows it, for it was not read [12]",
    ]
    assert story(shown, "zh")[4:8] == [
        "server 用 1 个报文段发送 3 字节：`好` [7]",
        "server：recv(1024)（server.py:5）返回 9 字节：`早上好`；2 次发送合成一次：TCP 不保留边界（RFC 9293，2.2） [4,5] (5)",
        "alice：recv(2)（client.py:7）返回 2 字节：`\\xe5\\xa5`；是一次 3 字节发送的一部分：它没有要更多；止于一个 utf-8 字符的中间：单独 decode() 会失败 [7] (7)",
        "alice 先关闭，用 close()（client.py:8），用四个报文段：FIN、ACK、对方的 FIN、ACK [9,10,11,12] (8)",
    ]


def test_a_capture_made_elsewhere(tmp_path: Path) -> None:
    refused = Talk(ports=(40001, 9999))
    refused.client.syn()
    refused.server.sends(RST | ACK)
    frames = [*refused.frames, datagram((5000, 53000), b"hi", refused.time)]
    assert story(seen(frames, tmp_path)) == [
        "unknown: which programs these were and what they called; a capture has packets only",
        "10.0.0.1 tries to connect to 10.0.0.2:9999 from port 40001, which is ephemeral by Linux's default (ip(7)) [1]",
        "10.0.0.2 refuses with a RST: nothing listens on port 9999 (RFC 9293, 3.5.2), connect() fails with ECONNREFUSED [1,2]",
        "10.0.0.1:5000 sends 10.0.0.2:53000 a datagram of 2 bytes: `hi` [3]",
        "10.0.0.2:53000 never answers; unknown: whether anything arrived, for UDP tells nobody (RFC 768) [3]",
    ]


def test_conversations_are_told_one_after_the_other(tmp_path: Path) -> None:
    one = wired()
    other = wired("bob", ports=(50000, 8080), start=START + 1000, frames=one.frames)
    for each in (one, other):
        each.open()
    one.frames.sort()
    names = [each.conversation for each in explain(seen(one.frames, tmp_path, record()))]
    assert names == [None, *["1"] * names.count("1"), *["2"] * names.count("2")]
    assert names.count("1") == names.count("2") == 3


def test_what_a_program_prints_is_told_where_it_came_from(tmp_path: Path) -> None:
    lines = printed("got 早上好", since=START + 3 * MILLISECOND)
    recorded = record()
    service = recorded.programs["service"].model_copy(update={"output": lines})
    recorded = recorded.model_copy(update={"programs": {**recorded.programs, "service": service}})
    (said,) = [each for each in story(seen(hello().frames, tmp_path, recorded)) if "prints" in each]
    assert said.endswith("`早上好`; packet 4 ends inside a character of utf-8; service prints it [4,5]")


def test_nothing_is_told_of_nothing(tmp_path: Path) -> None:
    assert story(seen([], tmp_path)) == []
    assert story(seen([], tmp_path, record())) == []


def test_hostile_payload_is_harmless(tmp_path: Path) -> None:
    talk = Talk()
    talk.open()
    talk.client.says("\x1b[31mred\u202e\0".encode())
    frames = [*talk.frames, datagram((5, 6), b"\x1b]0;x\x07", talk.time, (CLIENT, SERVER))]
    text = " ".join(story(seen(frames, tmp_path)) + story(seen(frames, tmp_path), "zh"))
    assert text.isprintable()
    assert "\\x1b[31mred\\u202e\\x00" in text


def test_every_rule_names_what_it_stands_on() -> None:
    for rule in (*OF_SEEN, *OF_TALK, *OF_ASKED):
        assert rule.__doc__
