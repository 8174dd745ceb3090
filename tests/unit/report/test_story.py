from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from stories import datagram, record, seen, wired
from wire import MILLISECOND, START

from lab.explain import explain
from lab.report.inspect import PAGE
from lab.report.story import first_told, story_document, story_screen
from lab.seen import Seen, Sentence
from lab.text import same


@pytest.fixture
def shown(tmp_path: Path) -> Seen:
    talk = wired()
    talk.open()
    talk.client.says("早上好".encode())
    talk.close()
    return seen([*talk.frames, datagram((5000, 6000), b"hi", talk.time)], tmp_path, record())


def test_a_block_for_each_conversation(shown: Seen) -> None:
    lines = story_screen(shown, explain(shown), "en").text(100).splitlines()
    assert lines[0].startswith("          unknown: when accept() returned")
    assert [line for line in lines if line.startswith("conv")] == [
        "conversation 1   alice:40112 → server:8080",
        "conversation u1   10.0.0.1:5000 → 10.0.0.2:6000",
    ]
    assert "   0.003  alice sends 9 bytes in 1 segment: `早上好`   packet 4" in lines


@pytest.mark.parametrize("width", [60, 80, 300])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_line_is_wider_than_the_terminal(shown: Seen, width: int, language: str) -> None:
    lines = story_screen(shown, explain(shown), language).text(width).splitlines()
    assert max(map(cell_len, lines)) <= min(width, 120)


def test_packets_and_calls_are_named(shown: Seen) -> None:
    told = Sentence(same("it happened"), (1, 2, 3, 7), (4,), "1", START + 5 * MILLISECOND)
    assert (
        story_screen(shown, [told], "en").text(100).splitlines()[-1] == "   0.005  it happened   packets 1-3,7  call 4"
    )
    assert (
        story_screen(shown, [told], "zh").text(100).splitlines()[-1] == "   0.005  it happened   数据包 1-3,7  调用 4"
    )


def test_what_is_not_shown_is_counted(shown: Seen) -> None:
    lines = story_screen(shown, explain(shown, ["1"]), "en", 1).text(100).splitlines()
    assert lines[-1] == "… 1 more conversation: --all tells of them, -c of one"
    assert any(line.startswith("conversation 1 ") for line in lines)
    assert not any("u1" in line for line in lines)
    assert "more" not in story_screen(shown, explain(shown), "en").text(100)


def test_the_first_that_began_are_told(shown: Seen) -> None:
    begun = shown.conversations
    begun.connections *= PAGE
    assert first_told(begun) == ["1"] * PAGE
    begun.connections = begun.connections[:1]
    begun.exchanges[0] = replace(begun.exchanges[0], start=START - 1)
    assert first_told(begun) == ["u1", "1"]


def test_what_sentences_hold_harms_no_terminal(shown: Seen) -> None:
    told = Sentence(same("\x1b[31m\n\u202e"), (1,), (), None, START)
    assert story_screen(shown, [told], "en").text(100) == "   0.000  \\x1b[31m \\u202e   packet 1\n"


def test_the_document(shown: Seen) -> None:
    told = replace(explain(shown)[1], calls=(4,))
    assert story_document([told], "zh")["sentences"] == [
        {"conversation": "1", "time": START, "text": told.text.zh, "packets": [1], "calls": [4]}
    ]
