from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from stories import Calls, record, seen, told, wired
from wire import ACK, RST, Talk

from lab.explain import receiving
from lab.explain.talk import talks

BEGIN = "server: recv(1024) at server.py"


def said(talk: Talk, calls: list[tuple[str, str, dict[str, object]]], folder: Path, language: str = "en") -> list[str]:
    (found,) = talks(seen(talk.frames, folder, record()))
    beside = Calls(found.connection)
    for role, name, more in calls:
        beside.call(role, name, **{"arguments": "1024", **more})
    return told(receiving.received(replace(found, calls=tuple(beside.beside))), language)


def hello(*pieces: bytes) -> Talk:
    talk = wired()
    talk.open()
    for piece in pieces:
        talk.client.says(piece)
    return talk


def sends(*sizes: int) -> list[tuple[str, str, dict[str, object]]]:
    return [("client", "send", {"bytes": size}) for size in sizes]


def receives(size: int | None, **more: object) -> tuple[str, str, dict[str, object]]:
    return ("server", "recv", {"bytes": size, **more})


def test_one_send_in_one_recv_needs_no_words(tmp_path: Path) -> None:
    assert said(hello(b"hello"), [*sends(5), receives(5, woken_by=(4,))], tmp_path) == [
        f"{BEGIN}:2 returns 5 bytes: `hello` [4] (2)"
    ]


def test_two_sends_in_one(tmp_path: Path) -> None:
    (line,) = said(hello(b"hello", b"you"), [*sends(5, 3), receives(8, woken_by=(4, 5))], tmp_path)
    assert (
        line == f"{BEGIN}:3 returns 8 bytes: `helloyou`; 2 sends in one: TCP keeps no borders (RFC 9293, 2.2) [4,5] (3)"
    )


def test_one_send_in_two(tmp_path: Path) -> None:
    lines = said(hello(b"hello"), [*sends(5), receives(2, arguments="2"), receives(3)], tmp_path)
    assert lines[0].endswith("returns 2 bytes: `he`; part of a send of 5: it asked for no more (2)")
    assert lines[1].endswith(
        "`llo`; part of a send of 5: no more of it had come, or an earlier recv() has the rest (3)"
    )


def test_the_borders_are_counted_in_bytes_not_by_time(tmp_path: Path) -> None:
    calls = [*sends(2, 3), receives(2, at=90), receives(3, at=91)]
    assert [line.split("`")[1:] for line in said(hello(b"hello"), calls, tmp_path)] == [["he", " (3)"], ["llo", " (4)"]]


def test_without_the_calls_of_the_other_side_segments_are_told_and_sends_are_not(tmp_path: Path) -> None:
    (line,) = said(hello(b"he", b"llo"), [receives(5)], tmp_path)
    assert line == f"{BEGIN}:1 returns 5 bytes: `hello`; it came in 2 segments; unknown: in how many send()s (1)"
    (line,) = said(hello(b"hello"), [receives(5)], tmp_path)
    assert line == f"{BEGIN}:1 returns 5 bytes: `hello` (1)"


def test_a_character_that_is_cut(tmp_path: Path) -> None:
    talk = hello("早".encode())
    first, second = said(talk, [*sends(3), receives(2, arguments="2"), receives(1)], tmp_path)
    assert "it ends inside a character of utf-8: decode() of it alone fails" in first
    assert "character" not in second


def test_nothing_is_the_end_of_the_stream_where_a_fin_came(tmp_path: Path) -> None:
    talk = hello()
    talk.client.fin()
    assert said(talk, [receives(0, woken_by=(4,))], tmp_path) == [
        f"{BEGIN}:1 returns 0, the end of the stream: alice sent a FIN (packet 4; recv(2)) [4] (1)"
    ]
    (line,) = said(hello(), [receives(0)], tmp_path)
    assert line == f"{BEGIN}:1 returns 0; unknown: why, for the other side sent no FIN (1)"


@pytest.mark.parametrize(
    ("errno", "reset", "why"),
    [
        ("ECONNRESET", True, " fails with ECONNRESET: alice sent a RST (packet 4)"),
        ("ECONNRESET", False, " fails with ECONNRESET; unknown: why"),
        ("EAGAIN", False, " fails with EAGAIN: nothing had come yet, and the socket does not block"),
        ("EINTR", True, " fails with EINTR; unknown: why"),
    ],
)
def test_why_it_failed(tmp_path: Path, errno: str, reset: bool, why: str) -> None:
    talk = hello()
    if reset:
        talk.client.sends(RST | ACK)
    assert said(talk, [receives(None, error=errno)], tmp_path) == [f"{BEGIN}:1{why} (1)"]


def test_a_recv_that_never_returned(tmp_path: Path) -> None:
    (line,) = said(hello(), [receives(None, took=None)], tmp_path)
    assert line == f"{BEGIN}:1 never returns: alice sends nothing (1)"
    talk = hello(b"hello")
    talk.server.acks()
    *_, line = said(talk, [receives(5), receives(None, took=None)], tmp_path)
    assert line == f"{BEGIN}:2 never returns: alice sends nothing more (1.0 ms to the end of the conversation) (2)"


def test_what_it_returned_may_be_unknown_and_a_peek_takes_nothing(tmp_path: Path) -> None:
    (line,) = said(hello(b"hello"), [receives(5, arguments="1024, MSG_PEEK"), receives(None)], tmp_path)
    assert line == f"{BEGIN}:2: unknown: what it returned (2)"


def test_many_are_summed_up(tmp_path: Path) -> None:
    size = receiving.TOLD + 5
    lines = said(hello(b"x" * size), [*sends(size), *[receives(1, arguments="1")] * size], tmp_path)
    assert len(lines) == receiving.TOLD + 1
    assert lines[-1].startswith("server: 5 more recv()s not told one by one, with 5 bytes together (")
    assert said(hello(b"x" * size), [*[receives(1)] * size], tmp_path, "zh")[-1].startswith(
        "server：5 次 recv() 不再逐一叙述，共 5 字节"
    )
