from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from lab.conversations import Close, Connection, Conversations, Message
from lab.messages import MARKER
from lab.reader import FIRST_MESSAGES
from lab.record import Record
from lab.report.inspect import (
    PAGE,
    close_wording,
    completeness_flags,
    conversation_named,
    conversation_of,
    conversations_table,
)
from lab.text import same


@pytest.mark.parametrize(
    ("completeness", "flags"), [(0, "······"), (31, "·FDASS"), (37, "R··A·S"), (63, "RFDASS"), (2, "····S·")]
)
def test_completeness_flags(completeness: int, flags: str) -> None:
    assert completeness_flags(completeness) == flags


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"close": Close.FIN, "first_closer": "server"}, "FIN, server first"),
        ({"close": Close.FIN, "first_closer": "client", "simultaneous_close": True}, "FIN, both at once"),
        ({"close": Close.RST, "first_closer": "client"}, "RST by client"),
        ({"close": Close.OPEN, "first_closer": "client"}, "half, by client"),
        ({"close": Close.OPEN, "first_closer": None}, "open"),
    ],
)
def test_close_wording(connection: Connection, changes: dict[str, object], words: str) -> None:
    assert close_wording(replace(connection, **changes)).en == words  # type: ignore[arg-type]


def test_conversations_are_found_by_the_names_of_the_table(conversations: Conversations) -> None:
    assert conversation_named(conversations, "2") is conversations.connections[1]
    assert conversation_named(conversations, "u1") is conversations.exchanges[0]
    for name in ("", "u", "0", "3", "u2", "x1", "-1", "1.0", "²"):
        assert conversation_named(conversations, name) is None


def crowd(connection: Connection, count: int) -> Conversations:
    return Conversations(connections=[replace(connection, index=n) for n in range(1, count + 1)])


def rows(screen: str) -> list[int]:
    return [int(line.split()[0]) for line in screen.splitlines() if ":8080 " in line]


def test_a_page_is_shown_and_the_rest_is_told(connection: Connection, record: Record) -> None:
    listed = crowd(connection, 3 * PAGE - 20)
    opens = "lab inspect tcp-multiclient -c "
    first = conversations_table(listed, record, "en", opens=opens).text(120)
    assert rows(first) == list(range(1, PAGE + 1))
    assert "1-50 of 130 shown; --page 2 goes on; --all shows them all" in first
    assert "1-50 of 130 shown; ALL=1 shows them all" in conversations_table(listed, record, "en").text(120)
    third = conversations_table(listed, record, "en", page=3, opens=opens).text(120)
    assert rows(third) == list(range(101, 131))
    assert "101-130 of 130 shown; --all" in third
    assert "page 4 is past the last, 3; --all" in conversations_table(listed, None, "en", page=4).text(120)
    whole = conversations_table(listed, record, "en", everything=True).text(120)
    assert rows(whole) == list(range(1, 131))
    assert "shown" not in whole


def test_a_page_that_is_all_says_nothing_of_pages(connection: Connection) -> None:
    assert "--page" not in conversations_table(crowd(connection, PAGE), None, "en").text(120)


def test_the_udp_conversations_that_fit_on_one_page_stand_on_each(
    conversations: Conversations, connection: Connection
) -> None:
    listed = replace(crowd(connection, PAGE + 1), exchanges=conversations.exchanges)
    assert "u1  10.77.4.12:51544" in conversations_table(listed, None, "en", page=2).text(120)


def test_other_messages_are_counted_and_the_first_shown() -> None:
    arp = Message(1, 0, 0, "arp", "", "", "who has\x1b[31m", 42, {})
    listed = Conversations(messages=[replace(arp, number=n) for n in range(1, 2_001)])
    screen = conversations_table(listed, None, "en").text(80)
    assert "arp 2,000" in screen
    assert screen.count(r"who has\x1b[31m") == FIRST_MESSAGES
    assert "… 1,992 more (--all shows them)" in screen
    assert conversations_table(listed, None, "en", everything=True).text(80).count("who has") == 2_000


def test_damage_is_told(conversations: Conversations) -> None:
    conversations.damage = same("packet 7 is cut\x1b short")
    assert r"the file is damaged: packet 7 is cut\x1b short" in conversations_table(conversations, None, "en").text(80)


def test_it_says_how_to_open_one(conversations: Conversations, record: Record) -> None:
    own = conversations_table(conversations, record, "en").text(80)
    assert own.endswith("open one   make inspect NAME=tcp-multiclient CONVERSATION=1\n")
    file = conversations_table(conversations, None, "en", opens="lab inspect x.pcap --conversation ").text(80)
    assert file.endswith("open one   lab inspect x.pcap --conversation 1\n")
    only_udp = replace(conversations, connections=[])
    assert conversations_table(only_udp, record, "en").text(80).endswith("CONVERSATION=u1\n")


def test_an_empty_capture_has_a_head_only(record: Record) -> None:
    screen = conversations_table(Conversations(), record, "en").text(80)
    assert screen == "0 packets   0 TCP conversations   0 UDP conversations\n"


@pytest.mark.parametrize("width", [80, 120])
def test_lines_fit(conversations: Conversations, record: Record, width: int) -> None:
    for language in ("en", "zh"):
        lines = conversations_table(conversations, record, language).text(width).splitlines()
        assert max(cell_len(line) for line in lines) <= width


def test_beside_conversations_other_messages_are_only_counted(conversations: Conversations) -> None:
    marker = replace(conversations.messages[0], protocol="other", summary=MARKER)
    listed = replace(conversations, messages=[*conversations.messages, marker, marker])
    screen = conversations_table(listed, None, "en").text(80)
    assert "  lab markers 2   arp 1   icmp 1   (--all lists them)\n" in screen
    assert "Who has" not in screen
    assert "实验室标记 2" in conversations_table(listed, None, "zh").text(80)
    whole = conversations_table(listed, None, "en", everything=True).text(80)
    assert whole.count(MARKER) == 2
    assert "--all" not in whole
    assert "其他  实验室标记\n" in conversations_table(listed, None, "zh", everything=True).text(80)


def test_all_is_asked_for_as_the_reader_asked(conversations: Conversations) -> None:
    made, called = (
        conversations_table(conversations, None, "en", opens=opens).text(80)
        for opens in ("make inspect NAME=hello CONVERSATION=", "lab inspect hello -c ")
    )
    assert "(ALL=1 lists them)" in made
    assert "(--all lists them)" in called


def test_the_conversation_of_a_packet(conversations: Conversations) -> None:
    assert conversation_of(conversations, 14) == "1"
    assert conversation_of(conversations, 32) == "u1"
    assert conversation_of(conversations, 33) is None
    assert conversation_of(conversations, 1) is None
