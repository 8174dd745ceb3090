from __future__ import annotations

import pytest

from lab import output
from lab.output import ProgramLog
from lab.scenario import Program
from lab.steps import Said


def log(encoding: str | None = None) -> ProgramLog:
    made = ProgramLog("alice", Program.model_validate({"host": "alice", "run": ["x"], "encoding": encoding}), 1000)
    made.start(1)
    return made


def prints(to: ProgramLog, *pieces: bytes, stream: str = "out") -> None:
    for piece in pieces:
        to.printed(len(to.raw) + 10, stream, piece, len(to.raw) + len(piece))


def texts(of: ProgramLog) -> list[str]:
    return [line.text for line in of.lines]


def test_bytes_become_lines_when_their_newline_comes() -> None:
    it = log()
    prints(it, b"one\ntw", b"o\n", b"three")
    assert texts(it) == ["one", "two"]
    assert [line.time for line in it.lines] == [10, 16]


def test_a_character_may_be_split_between_pieces() -> None:
    it = log()
    whole = "你好\n".encode()
    prints(it, *(whole[i : i + 1] for i in range(len(whole))))
    assert texts(it) == ["你好"]


def test_the_streams_do_not_mix() -> None:
    it = log()
    prints(it, "你".encode()[:2])
    prints(it, b"oops\n", stream="err")
    prints(it, "你".encode()[2:] + b"\n")
    assert [(line.stream, line.text) for line in it.lines] == [("err", "oops"), ("out", "你")]


def test_gbk_programs() -> None:
    it = log("gbk")
    prints(it, "数据处理中\n".encode("gbk"))
    assert texts(it) == ["数据处理中"]


def test_bytes_that_are_not_in_the_encoding_stay_visible() -> None:
    it = log()
    prints(it, b"caf\xe9 \xff\n")
    assert texts(it) == ["caf\\xe9 \\xff"]


def test_a_character_that_never_ends_stays_visible() -> None:
    it = log()
    prints(it, b"bye \xe4\xbd")
    it.end(99, 0, None, 6)
    assert texts(it) == ["bye \\xe4\\xbd"]
    assert not it.lines[0].complete


def test_the_carriage_return_of_a_line_end_is_no_part_of_the_line() -> None:
    it = log()
    prints(it, b"HTTP/1.1 200 OK\r\n", b"a\rb\n")
    assert texts(it) == ["HTTP/1.1 200 OK", "a\rb"]


def test_what_a_program_ends_with_is_a_line_too() -> None:
    it = log()
    prints(it, b"no newline")
    it.end(50, 3, None, 10)
    assert [(line.text, line.complete, line.time) for line in it.lines] == [("no newline", False, 10)]
    assert (it.exit, it.signal, it.ended) == (3, None, 50)


def test_a_line_is_expected_whole() -> None:
    it = log()
    prints(it, b"welcome, alice\n")
    assert not it.find(Said(line="welcome"))
    assert it.find(Said(line="welcome, alice"))


def test_text_is_found_in_a_prompt_without_newline() -> None:
    it = log()
    prints(it, b"name: ")
    assert it.find(Said(text="name:"))
    assert not it.find(Said(line="name: "))
    assert not it.find(Said(match="name"))


def test_what_was_expected_is_not_found_again() -> None:
    it = log()
    prints(it, b"ok\nok\n")
    it.take(Said(line="ok"))
    it.take(Said(line="ok"))
    assert not it.find(Said(line="ok"))


def test_after_a_line_come_the_lines_after_it() -> None:
    it = log()
    prints(it, b"first\nsecond\n")
    it.take(Said(line="second"))
    assert not it.find(Said(line="first"))


def test_after_a_text_comes_the_rest_of_its_line() -> None:
    it = log()
    prints(it, b"name: password: ")
    it.take(Said(text="name: "))
    assert not it.find(Said(text="name"))
    it.take(Said(text="password:"))
    prints(it, b"welcome\n")
    assert it.find(Said(line=" welcome"))
    assert it.find(Said(match="^ wel"))


def test_a_prompt_that_is_answered_is_a_line_of_its_own() -> None:
    it = log()
    prints(it, b"name: ")
    it.take(Said(text="name:"))
    it.flush()
    it.typed(20, "alice")
    prints(it, b"hello alice\n")
    assert texts(it) == ["name: ", "hello alice"]
    assert it.find(Said(line="hello alice"))


def test_a_regular_expression_is_searched_in_lines() -> None:
    it = log()
    prints(it, b"port 40112 open\n")
    assert it.find(Said(match=r"port \d+"))
    assert not it.find(Said(match=r"^\d+"))


def test_only_standard_output_is_expected() -> None:
    it = log()
    prints(it, b"Traceback\n", stream="err")
    assert not it.find(Said(text="Traceback"))
    assert it.rest() == []


def test_the_rest_is_what_nothing_expected_yet() -> None:
    it = log()
    prints(it, b"a\nb\n\nc")
    it.take(Said(line="a"))
    assert [line.text for line in it.rest()] == ["b", "c"]


def test_each_line_is_told_once() -> None:
    it = log()
    prints(it, b"a\nb\n")
    assert [line.text for line in it.untold()] == ["a", "b"]
    prints(it, b"c\n")
    assert [line.text for line in it.untold()] == ["c"]
    assert it.untold() == []


def test_output_beyond_the_limit_is_counted_and_said() -> None:
    it = log()
    it.printed(10, "out", b"x" * 1000, 5000)
    facts = it.facts()
    assert (facts.output_bytes, facts.output_cut) == (5000, True)


def test_output_within_the_limit_is_whole() -> None:
    it = log()
    prints(it, b"hello\n")
    it.end(20, 0, None, 6)
    facts = it.facts()
    assert (facts.output_bytes, facts.output_cut) == (6, False)


def test_a_program_that_is_started_again_goes_on_in_the_same_log() -> None:
    it = log()
    prints(it, "first 你".encode()[:-1])
    it.end(20, 1, None, 8)
    it.start(30)
    it.printed(31, "out", b"second\n", 7)
    assert (it.started, it.ended, it.exit, it.over) == (30, None, None, False)
    assert texts(it) == ["first \\xe4\\xbd", "second"]
    assert (it.facts().output_bytes, it.facts().output_cut) == (15, False)


def test_a_program_that_could_not_be_started_is_over() -> None:
    it = ProgramLog("alice", Program(host="alice", run=("x",)), 1000)
    assert not it.over
    it.failure = "No such file or directory"
    assert it.over
    assert it.facts().failure == "No such file or directory"


def test_the_facts_hold_everything() -> None:
    it = log()
    prints(it, b"hi\n")
    it.typed(11, "hello")
    it.typed(12, None)
    it.end(20, None, "KILL", 3)
    facts = it.facts()
    assert (facts.host, facts.run, facts.started, facts.ended, facts.exit, facts.signal) == (
        "alice",
        ("x",),
        1,
        20,
        None,
        "KILL",
    )
    assert [(line.time, line.text) for line in facts.input] == [(11, "hello"), (12, None)]
    assert [line.text for line in facts.output] == ["hi"]


def test_what_was_searched_is_not_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a megabyte of short lines takes a thousand times as long as one of a thousand."""
    looked: list[str] = []

    def look(said: Said, text: str) -> bool:
        looked.append(text)
        return text == said.line

    monkeypatch.setattr(output, "_is_what", look)
    it, said = log(), Said(line="7")
    for n in range(8):
        assert not it.find(said)
        prints(it, f"{n}\n".encode())
    assert it.find(said)
    assert looked == list("01234567")
    it.take(said)
    assert not it.find(said)


def test_a_line_may_come_in_many_pieces() -> None:
    it = log()
    prints(it, *(b"x" for _ in range(500)))
    assert it.find(Said(text="x" * 500))
    prints(it, b"\r\ny")
    assert texts(it) == ["x" * 500]
