from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck as Health
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from lab.conversations import Connection, Conversations, Message, Segment
from lab.errors import InputError
from lab.record import FaultFacts, HostState, InputLine, OutputLine, Record, SocketFacts, Words
from lab.report import sayings
from lab.report.ladder import DUMPED_BYTES, HEAD_PACKETS, TAIL_PACKETS, datagram_ladder, ladder
from lab.visible import visible


def drawn(
    connection: Connection, record: Record | None = None, encoding: str = "utf-8", width: int = 80, **more: Any
) -> str:
    return ladder(connection, record, "en", encoding, width=width, **more).text(999)


def with_payload(connection: Connection, payload: bytes) -> Connection:
    assert connection.segments is not None
    segments = [replace(s, payload=payload, length=len(payload)) if s.number == 14 else s for s in connection.segments]
    return replace(connection, segments=segments)


@settings(suppress_health_check=[Health.function_scoped_fixture])
@given(
    payload=st.binary(max_size=300), width=st.integers(1, 140), encoding=st.sampled_from(["utf-8", "gbk", "latin-1"])
)
def test_the_rails_are_straight_whatever_is_said(
    connection: Connection, payload: bytes, width: int, encoding: str
) -> None:
    screen = drawn(with_payload(connection, payload), None, encoding, width, hex=True)
    rails = {
        (line.index(left), cell_len(line[: max(line.rfind("│"), line.rfind("┤"))]))
        for line in screen.splitlines()
        for left in "│├"
        if left in line[:7]
    }
    assert len(rails) == 1
    assert all(visible(line) == line for line in screen.splitlines())


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(connection: Connection, record: Record, width: int) -> None:
    assert max(cell_len(line) for line in drawn(connection, record, width=width).splitlines()) <= width


def test_payload_is_read_in_the_encoding_of_the_scenario(connection: Connection) -> None:
    assert "早上好" in drawn(with_payload(connection, "早上好".encode("gbk")), encoding="gbk")
    assert r"\xd4\xe7" in drawn(with_payload(connection, "早上好".encode("gbk")), encoding="utf-8")


@pytest.mark.parametrize("encoding", ["utf-99", "rot13", "idna", "hex", "a\x00b"])
def test_an_encoding_that_is_none_is_refused(connection: Connection, encoding: str) -> None:
    with pytest.raises(InputError, match="no text encoding"):
        drawn(connection, encoding=encoding)


def test_a_long_payload_is_cut_with_its_length_told(connection: Connection) -> None:
    screen = drawn(with_payload(connection, b"GET / HTTP/1.1\r\n" * 300))
    assert "len 4800" in screen
    assert screen.count(r"GET / HTTP/1.1\r\n") == 4
    assert r"GET / HTTP/1.1\r\n …" in screen


def test_a_dump_is_cut_with_the_rest_told(connection: Connection) -> None:
    screen = drawn(with_payload(connection, bytes(DUMPED_BYTES + 1_500)), width=120, hex=True)
    assert f"{DUMPED_BYTES - 16:04x}  00" in screen
    assert "… 1,500 more bytes" in screen
    assert "0000  " not in drawn(with_payload(connection, b"abc"))


def test_a_dump_shows_bytes_and_their_ascii(connection: Connection) -> None:
    screen = drawn(with_payload(connection, b"\x00GET\x7f\xff"), width=120, hex=True)
    assert "0000  00 47 45 54 7f ff                                .GET..  " in screen


def test_a_shut_window_is_told_but_not_that_of_a_reset(connection: Connection) -> None:
    assert connection.segments is not None
    pure = connection.segments[2]
    shut = replace(pure, window=0)
    reset = replace(pure, number=8, flags="RST", ack=None, window=0)
    screen = drawn(replace(connection, segments=[pure, shut, reset]))
    assert "── ACK  ack 1 ──" in screen
    assert "── ACK  ack 1  win 0 ──" in screen
    assert "── RST  seq 1 ──" in screen


def test_states_are_shown_when_they_change(connection: Connection) -> None:
    lines = drawn(connection).splitlines()
    assert sum("ESTABLISHED" in line for line in lines) == 1
    assert any("TIME-WAIT" in line and "CLOSED" in line for line in lines)


def test_marks_are_shown(connection: Connection) -> None:
    assert sum("retransmission" in line for line in drawn(connection).splitlines()) == 1


def test_what_programs_say_stands_in_the_order_of_time(connection: Connection, record: Record) -> None:
    lines = drawn(connection, record).splitlines()
    place = {
        word: next(i for i, line in enumerate(lines) if word in line)
        for word in ("等待连接", "SYN ", "alice → 早上好", "   14 ", "alice ← OK", "input closed", "   26 ")
    }
    assert list(place.values()) == sorted(place.values())


def test_only_programs_of_the_two_hosts_are_heard(connection: Connection, record: Record) -> None:
    bob = record.programs["alice"].model_copy(update={"host": "bob"})
    assert "alice →" not in drawn(connection, record.model_copy(update={"programs": {"alice": bob}}))


def test_only_what_is_said_near_the_conversation_is_heard(connection: Connection, record: Record) -> None:
    second = 1_000_000_000
    alice = record.programs["alice"].model_copy(
        update={
            "input": (
                InputLine(time=connection.start - second, text="early"),
                InputLine(time=connection.end + second, text="late"),
            )
        }
    )
    screen = drawn(connection, record.model_copy(update={"programs": {"alice": alice}}))
    assert "early" not in screen
    assert "late" not in screen


def said_by(record: Record, connection: Connection, **programs: dict[str, Any]) -> Record:
    """A run in which programs of alice's, started at these times, each print their name at theirs."""
    alice = record.programs["alice"].model_copy(update={"input": ()})
    made = {
        name: alice.model_copy(
            update={
                "started": connection.start + times["started"],
                "ended": None if "ended" not in times else connection.start + times["ended"],
                "output": (OutputLine(time=connection.start + times["prints"], stream="out", text="hi"),),
            }
        )
        for name, times in programs.items()
    }
    return record.model_copy(update={"programs": made})


def test_a_program_that_cannot_have_opened_the_connection_is_not_heard(connection: Connection, record: Record) -> None:
    ms = 1_000_000
    screen = drawn(
        connection,
        said_by(
            record,
            connection,
            opener={"started": -10 * ms, "prints": ms},
            later={"started": ms, "prints": 2 * ms},
            gone={"started": -90 * ms, "ended": -20 * ms, "prints": -30 * ms},
            before={"started": -90 * ms, "prints": -50 * ms},  # before `opener` was there
        ),
    )
    assert "opener ← hi" in screen
    for name in ("later", "gone", "before"):
        assert f"{name} ←" not in screen


def test_where_the_holder_of_a_connection_was_seen_only_it_is_heard(connection: Connection, record: Record) -> None:
    both = said_by(record, connection, other={"started": -5, "prints": 1}, holder={"started": -9, "prints": 1})
    client, server = connection.client.endpoint, connection.server.endpoint
    socket = SocketFacts(
        transport="tcp",
        state="ESTABLISHED",
        local=f"::ffff:{client.address}",
        local_port=client.port,
        remote=server.address,
        remote_port=server.port,
        receive_queue=0,
        send_queue=0,
        program="holder",
    )
    for time, told in ((connection.start + 1, False), (connection.end + 1, True)):
        seen = {"served": {"alice": HostState(time=time, sockets=(socket,))}}
        screen = drawn(connection, both.model_copy(update={"observations": seen}))
        assert "holder ← hi" in screen
        assert ("other ← hi" in screen) == told


def test_a_flood_of_a_program_is_cut(connection: Connection, record: Record) -> None:
    lines = tuple(OutputLine(time=connection.start + n, stream="out", text=f"flood {n}") for n in range(1_000))
    server = record.programs["server"].model_copy(update={"output": lines})
    screen = drawn(connection, record.model_copy(update={"programs": {"server": server}}))
    assert screen.count("flood ") == sayings.SHOWN
    assert "… 960 more lines" in screen


def many(connection: Connection, count: int) -> Connection:
    assert connection.segments is not None
    first: Segment = connection.segments[3]
    return replace(connection, segments=[replace(first, number=n, time=first.time + n) for n in range(1, count + 1)])


def test_the_middle_of_a_long_conversation_is_left_out_and_counted(connection: Connection) -> None:
    long = many(connection, 5_000)
    assert "⋮  4,800 packets left out here; --all shows them" in drawn(long)
    assert "here; ALL=1 shows them" in drawn(long, opens="make inspect NAME=hello CONVERSATION=")
    assert drawn(long).count("PSH ACK") == HEAD_PACKETS + TAIL_PACKETS
    assert drawn(long, everything=True).count("PSH ACK") == 5_000
    assert "left out" not in drawn(many(connection, HEAD_PACKETS + TAIL_PACKETS))


def test_the_time_that_passes_over_what_is_left_out_is_told(connection: Connection) -> None:
    assert connection.segments is not None
    second, times = 1_000_000_000, (0, 1, 3, 7, 7, 15)
    first = connection.segments[3]
    segments = [replace(first, number=n, time=first.time + at * second) for n, at in enumerate(times, 1)]
    lines = drawn(replace(connection, segments=segments), around={4, 6}).splitlines()
    column = [(line.split()[0], line[-10:].strip()) for line in lines if "⋮" in line or "├" in line]
    assert column == [("│", "+3.00 s"), ("4", "+4.00 s"), ("│", "+0 ns"), ("6", "+8.00 s")]


def test_a_connection_whose_segments_were_not_kept_has_no_rungs(connection: Connection) -> None:
    assert "├" not in drawn(replace(connection, segments=None))


def test_only_the_datagrams_of_the_exchange_are_drawn(conversations: Conversations) -> None:
    exchange = conversations.exchanges[0]
    screen = datagram_ladder(exchange, conversations, None, "en", "utf-8").text(80)
    assert "hello" in screen
    assert "not of it" not in screen
    assert "2 packets in 2.0 ms" in screen
    elsewhere = replace(exchange, interface=3)
    assert "hello" not in datagram_ladder(elsewhere, conversations, None, "en", "utf-8").text(80)


def test_dns_is_told_in_its_own_terms(conversations: Conversations) -> None:
    asked = conversations.exchanges[0]
    first = next(d for d in conversations.datagrams if d.source == asked.client)
    told = Message(first.number, first.time, 0, "dns", "bob", "server", "query A quiz.example.test", 5, {})
    screen = datagram_ladder(asked, replace(conversations, messages=[told]), None, "en", "utf-8").text(80)
    assert "len 5   query A quiz.example.test ──" in screen
    assert "hello" not in screen


def test_long_addresses_stand_on_two_lines(connection: Connection) -> None:
    far = "2001:db8:1111:2222:3333:4444:5555:666"
    client = replace(connection.client, endpoint=connection.client.endpoint._replace(address=far + "1"))
    server = replace(connection.server, endpoint=connection.server.endpoint._replace(address=far + "2"))
    lines = drawn(replace(connection, client=client, server=server)).splitlines()
    assert lines[2].strip() == f"[{far}1]:40112"
    assert lines[3].strip() == f"[{far}2]:8080"


def speaking(connection: Connection, record: Record, *said: str) -> str:
    lines = tuple(OutputLine(time=connection.start + 1, stream="out", text=text) for text in said)
    server = record.programs["server"].model_copy(update={"output": lines})
    return drawn(connection, record.model_copy(update={"programs": {"server": server}}), width=120)


@pytest.mark.parametrize(
    "text", ["from 10.77.4.12:5000", "from ('fd77:4::12', 5000)", "::ffff:10.77.4.13 left", "FD77:4::12"]
)
def test_lines_that_name_a_third_host_are_left_out(connection: Connection, record: Record, text: str) -> None:
    assert text not in speaking(connection, record, text)


@pytest.mark.parametrize(
    "text",
    [
        "from 10.77.4.11:5000",
        "10.77.4.12 to 10.77.4.11",
        "10.77.4.10 is me",
        "110.77.4.12",
        "10.77.4.129",
        "fd77:4::12a",
    ],
)
def test_other_lines_stay(connection: Connection, record: Record, text: str) -> None:
    assert text in speaking(connection, record, text)


def test_lines_of_one_moment_keep_their_order(connection: Connection, record: Record) -> None:
    screen = speaking(connection, record, "zwei", "eins", "drei")
    assert screen.index("zwei") < screen.index("eins") < screen.index("drei")


@pytest.mark.parametrize(("kind", "head", "told"), [("drop", "✗", "never arrives"), ("delay", "▶", "arrives late")])
def test_an_arrow_that_never_arrives_ends_in_a_cross(
    connection: Connection, record: Record, kind: str, head: str, told: str
) -> None:
    assert connection.segments
    segment = next(s for s in connection.segments if s.sender == "client" and s.length)
    what = Words(en="TCP", zh="TCP")
    lost = kind == "drop"
    fault = FaultFacts(
        name="hole", into="server", kind=kind, what=what, met=1, acted=1, lost=lost, packets=(segment.number,)
    )
    text = drawn(connection, record.model_copy(update={"faults": (fault,)}), width=120)
    (line,) = [line for line in text.splitlines() if line.split(" ├")[0].strip() == str(segment.number)]
    assert f"{told} (fault hole)" in line
    assert f"{head}┤" in line
    assert text.count("✗") == lost
