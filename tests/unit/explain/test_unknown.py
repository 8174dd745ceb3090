from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stories import Calls, datagram, record, seen, told, wired

from lab.conversations import Conversations
from lab.explain import unknown
from lab.reader import Keep
from lab.text import Text


def test_calls_that_were_not_traced_are_unknown_and_those_that_were_are_not(tmp_path: Path) -> None:
    talk = wired()
    talk.open()
    shown = seen(talk.frames, tmp_path, record())
    (said,) = told(unknown.traced(shown))
    assert "not traced" in said
    calls = Calls(shown.conversations.connections[0])
    calls.call("client", "connect")
    assert told(unknown.traced(replace(shown, calls=calls.beside))) == []


def test_of_a_capture_made_elsewhere_the_programs_are_unknown(tmp_path: Path) -> None:
    (said,) = told(unknown.traced(seen([datagram((1, 2), b"")], tmp_path)), "zh")
    assert said == "未知：是哪些程序，调用了什么；抓包里只有数据包"


def test_where_there_is_no_conversation_nothing_is_unknown(tmp_path: Path) -> None:
    assert told(unknown.traced(seen([], tmp_path))) == []


def test_that_segments_were_not_kept(tmp_path: Path) -> None:
    talk = wired()
    talk.open()
    assert told(unknown.kept(seen(talk.frames, tmp_path))) == []
    (said,) = told(unknown.kept(seen(talk.frames, tmp_path, keep=Keep.MESSAGES)))
    assert said == "unknown: what was said over TCP; the capture is too large to keep every segment"


def test_what_came_after_the_damage_of_a_file(tmp_path: Path) -> None:
    talk = wired()
    talk.open()
    shown = seen(talk.frames, tmp_path)
    assert told(unknown.damaged(shown)) == []
    shown.conversations.damage = Text("it breaks off", "它中断了")
    assert told(unknown.damaged(shown), "zh") == ["未知：其余内容；文件已损坏：它中断了"]
    assert told(unknown.damaged(replace(shown, conversations=Conversations(damage=shown.conversations.damage)))) == []
