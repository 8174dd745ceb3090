"""The log as lines."""

from __future__ import annotations

from datetime import UTC

from lab.assistant.endpoint import Peer
from lab.assistant.lines import Lines, saved
from lab.assistant.model import Entry, Kind
from lab.text import Language, say

ALICE = Peer("10.77.0.11", 53294)
MOMENT = 1_700_000_000_123_456_789  # 22:13:20 UTC


def lines(*, hexadecimal: bool = False, most: int | None = 1024, language: Language = "en") -> Lines:
    return Lines("gbk", language, hexadecimal=hexadecimal, most=most, zone=UTC)


def piece(data: bytes, kind: Kind = "received") -> Entry:
    return Entry(MOMENT, kind, "alice:53294", data, stream=ALICE)


def test_time_direction_peer_size_and_text() -> None:
    made = lines()
    assert str(made.line(piece("早上好\r\n".encode("gbk")))) == r"22:13:20.123 ← alice:53294  8 B  早上好\r\n"
    assert str(made.line(piece(b"ok", "sent"))) == "22:13:20.123 → alice:53294  2 B  ok"
    fault = Entry(MOMENT, "fault", words=say("it failed", "失败了"))
    assert str(made.line(fault)) == "22:13:20.123 ✗ it failed"
    assert str(lines(language="zh").line(fault)) == "22:13:20.123 ✗ 失败了"


def test_hex_with_the_text_beside() -> None:
    assert lines(hexadecimal=True).line(piece(b"\xc4\xe3\0")).what == r"3 B  c4 e3 00  你\x00"


def test_the_two_ways_of_a_connection_and_its_next_one_are_streams_of_their_own() -> None:
    made = lines()
    entries = [
        piece(b"\xc4"),
        piece(b"ok", "sent"),
        piece(b"\xe3\xc4"),
        Entry(MOMENT, "note", "alice:53294", words=say("closed", "关闭"), stream=ALICE),
        piece(b"ok"),
    ]
    assert [made.line(entry).what for entry in entries] == ["1 B  ", "2 B  ok", "2 B  你", "closed", "2 B  ok"]


def test_what_is_long_is_cut_on_the_screen_and_whole_in_the_file() -> None:
    assert lines(most=4, hexadecimal=True).line(piece(b"123456")).what == "6 B  31 32 33 34  1234… of 6 B"
    text = saved([piece(b"123456")], 3, lines(most=None), "en")
    assert text == "the first 3 entries are not kept\n22:13:20.123 ← alice:53294  6 B  123456\n"


def test_nothing_that_came_can_reach_the_terminal() -> None:
    hostile = Entry(MOMENT, "program", "\x1b[1mbob", words=say("\x1b[2J", "\x1b[2J"))
    assert str(lines().line(hostile)) == r"22:13:20.123 │ \x1b[1mbob  \x1b[2J"
    assert lines().line(piece(b"\x1b]0;x\x07")).what == r"6 B  \x1b]0;x\x07"
