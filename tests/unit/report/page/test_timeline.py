from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab.conversations import Conversations
from lab.record import OutputLine, Record
from lab.report.page.commands import Commands
from lab.report.page.conversations import ladders
from lab.report.page.timeline import MOST_EVENTS, MOST_LANES, timeline
from lab.seen import Seen

BEGAN = 1_760_000_000_000_000_000


@pytest.fixture
def seen(conversations: Conversations, record: Record) -> Seen:
    return Seen(Path("capture.pcapng"), conversations, record)


def test_a_lane_for_each_program_and_each_conversation(seen: Seen) -> None:
    drawn = timeline(seen, ladders(seen, BEGAN, Commands.of(seen)), BEGAN)
    assert drawn is not None
    for name in (
        "server",
        "alice",
        'href="#c1"',
        'href="#cu1"',
        "seconds since the exchange began",
        "自交互开始起的秒数",
    ):
        assert name in drawn.svg
    assert 'class="stroke client"' in drawn.svg
    assert drawn.svg.count('class="in"') == 2
    assert drawn.svg.count('class="out"') == 4


def test_what_programs_said_is_told_in_order(seen: Seen) -> None:
    drawn = timeline(seen, [], BEGAN)
    assert drawn is not None
    told = [(event.time, event.who, event.text.zh) for event in drawn.events]
    assert told[0] == ("0.002", "server", "← 等待连接...")
    assert told[-1] == ("0.017", "alice", "输入已关闭")
    assert [event.text.en for event in drawn.events][3] == "← stderr  \\x1b[31mreceived\\x1b[0m 早上好"


def test_packets_stand_beside_what_programs_said(seen: Seen) -> None:
    drawn = timeline(seen, ladders(seen, BEGAN, Commands.of(seen)), BEGAN)
    assert drawn is not None
    shown = [event.number or event.text.en for event in drawn.events]
    assert shown.index("→ 早上好") < shown.index(14) < shown.index("← stderr  \\x1b[31mreceived\\x1b[0m 早上好")
    data = drawn.events[shown.index(14)]
    assert (data.who, data.text.en) == (
        "alice:40112 → server:8080",
        "PSH ACK  seq 1  ack 1  len 10  早上好",
    )
    answer = drawn.events[shown.index(15)]
    assert answer.who == "server:8080 → alice:40112"


def test_what_is_left_out_is_counted(seen: Seen) -> None:
    ladder = ladders(seen, BEGAN, Commands.of(seen))[0]
    drawn = timeline(seen, [replace(ladder, key=f"{n}") for n in range(MOST_LANES + 2)], BEGAN)
    assert drawn is not None
    assert drawn.left_out is not None
    assert drawn.left_out.en == "2 more conversations are not in the drawing"
    assert seen.record is not None
    lines = tuple(OutputLine(time=BEGAN + n, stream="out", text="x") for n in range(MOST_EVENTS + 1))
    chatty = {"server": seen.record.programs["server"].model_copy(update={"output": lines})}
    drawn = timeline(replace(seen, record=seen.record.model_copy(update={"programs": chatty})), [], BEGAN)
    assert drawn is not None
    assert drawn.more_events is not None
    assert drawn.more_events.en == "1 more line"


def test_nothing_to_draw() -> None:
    assert timeline(Seen(Path("none.pcap"), Conversations()), [], 0) is None
