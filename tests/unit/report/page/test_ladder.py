from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab.conversations import Connection, Conversations
from lab.record import Record
from lab.report.page.ladder import DUMPED, SHEET, Row, left_out, of_segments, said_and_called, sheets
from lab.seen import Seen
from lab.trace.beside import Beside
from lab.trace.call import SocketCall

BEGAN = 1_760_000_000_000_000_000


@pytest.fixture
def seen(conversations: Conversations, record: Record) -> Seen:
    return Seen(Path("capture.pcapng"), conversations, record)


def rows(seen: Seen, connection: Connection, dumped: int | None = None) -> list[Row]:
    arrows = of_segments(connection.segments or ())
    made = sheets(arrows, said_and_called(connection, arrows, seen, BEGAN), seen, BEGAN, dumped)
    return [row for sheet in made for row in sheet.rows]


def packets(seen: Seen, connection: Connection, dumped: int | None = None) -> dict[int, Row]:
    return {row.number: row for row in rows(seen, connection, dumped) if row.kind == "packet"}


def call(number: int, name: str, started: int, **more: object) -> SocketCall:
    return SocketCall.model_validate(
        {"number": number, "program": "server", "process": 1, "thread": 1, "name": name, "started": BEGAN + started,
         "arguments": "", "file": "server.py", "line": 23} | more
    )  # fmt: skip


def test_a_packet_says_what_it_is(seen: Seen, connection: Connection) -> None:
    syn, data = packets(seen, connection)[5], packets(seen, connection)[14]
    assert (syn.role, syn.time, syn.text.en) == ("client", "0.014", "SYN  seq 0  win 64240  mss 1460")
    assert syn.states == ("SYN-SENT", "LISTEN")
    assert (data.payload, data.since) == ("早上好\\n", "+1.1 ms")
    assert data.dump[0].startswith("0000  e6 97 a9 e4")


def test_states_are_told_where_they_change(seen: Seen, connection: Connection) -> None:
    drawn = packets(seen, connection)
    assert drawn[15].states == ("", "")
    assert drawn[27].states == ("FIN-WAIT-2", "LAST-ACK")


def test_payload_is_in_the_encoding_of_the_run(seen: Seen, connection: Connection) -> None:
    gbk = [replace(s, payload="你好".encode("gbk")) for s in connection.segments or ()]
    drawn = packets(replace(seen, encoding="gbk"), replace(connection, segments=gbk))
    assert drawn[14].payload == "你好"


def test_what_is_sent_again_and_what_is_lost(seen: Seen, connection: Connection) -> None:
    drawn = packets(replace(seen, lost=frozenset({14})), connection)
    assert [number for number, row in drawn.items() if row.lost] == [14]
    assert [number for number, row in drawn.items() if row.again] == [19]
    assert [mark.zh for mark in drawn[19].marks] == ["重传"]


def test_the_rest_of_a_long_payload_is_counted(seen: Seen, connection: Connection) -> None:
    long = [replace(s, payload=bytes(DUMPED + 44)) for s in connection.segments or ()]
    row = packets(seen, replace(connection, segments=long), DUMPED)[14]
    assert (len(row.dump), row.more) == (DUMPED // 16, 44)
    assert row.payload.endswith(" …")


def test_what_programs_said_stands_between_the_packets(seen: Seen, connection: Connection) -> None:
    order = [row.number or row.text.en for row in rows(seen, connection)]
    assert (
        order.index("alice → 早上好")
        < order.index(14)
        < order.index("server ← stderr  \\x1b[31mreceived\\x1b[0m 早上好")
    )
    closed = next(row.text for row in rows(seen, connection) if "closed" in row.text.en)
    assert (closed.en, closed.zh) == ("alice   input closed", "alice   输入已关闭")


def test_calls_stand_by_their_packets_whatever_the_time(seen: Seen, connection: Connection) -> None:
    calls = [
        Beside(call(1, "accept", 0, result="4", ended=BEGAN + 99), connection, "server", woken_by=(5, 7)),
        Beside(call(2, "send", 90_000_000, error="EPIPE"), connection, "server", caused=(20,)),
        Beside(call(3, "recv", 0), replace(connection, index=9), "server", woken_by=(7,)),
        Beside(call(4, "close", 17_250_000), connection, "server"),
    ]
    found = rows(replace(seen, record=None, calls=calls), connection)
    order = [row.text.en if row.kind == "call" else row.number for row in found]
    assert order[:4] == [5, 6, 7, "accept()  server.py:23"]
    assert order[order.index(20) - 1] == "send() = EPIPE  server.py:23"
    assert order[order.index(26) + 1] == "close() …  server.py:23"
    assert sum(row.kind == "call" for row in found) == 3, "those of another conversation are not here"
    assert [(row.caused, row.woken_by) for row in found if row.kind == "call"] == [((), (5, 7)), ((20,), ()), ((), ())]
    assert {row.role for row in found if row.kind == "call"} == {"server"}


def test_a_long_ladder_is_divided_and_nothing_lost(seen: Seen, connection: Connection) -> None:
    segment = (connection.segments or [])[3]
    count = 2 * SHEET + 50
    many = [replace(segment, number=n, time=segment.time + n) for n in range(1, count + 1)]
    arrows = of_segments(many)
    made = sheets(arrows, said_and_called(replace(connection, segments=many), arrows, seen, BEGAN), seen, BEGAN)
    assert [(sheet.first, sheet.last) for sheet in made] == [(1, 200), (201, 400), (401, 450)]
    assert [row.number for sheet in made for row in sheet.rows if row.kind == "packet"] == [*range(1, count + 1)]
    assert sum(row.kind == "said" for sheet in made for row in sheet.rows) > 3


def test_what_is_left_out_is_said_with_what_shows_it() -> None:
    assert left_out(0, "lab inspect x") is None
    told = left_out(1_234, "lab inspect x -c 1 --all")
    assert told is not None
    assert told.en == "1,234 packets are not drawn; lab inspect x -c 1 --all shows them"
    assert told.zh == "1,234 个数据包未画出；lab inspect x -c 1 --all 可查看"
