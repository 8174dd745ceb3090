from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from lab.conversations import Close, Connection, Conversations, Datagram, Endpoint
from lab.record import Record
from lab.report.capturedocument import SMALL, CaptureDocument


def text_of(conversations: Conversations, record: Record | None) -> str:
    with CaptureDocument(record) as document:
        for found in [*conversations.datagrams, *conversations.messages]:
            document.take(found)
        return "".join(document.pieces(conversations))


def document_of(conversations: Conversations, record: Record | None) -> Any:
    return json.loads(text_of(conversations, record))


def test_the_document_of_a_connection(conversations: Conversations) -> None:
    connection = document_of(conversations, None)["connections"][0]
    wanted = {
        "index": 1,
        "client": {"address": "10.77.4.11", "port": 40112},
        "server": {"address": "10.77.4.10", "port": 8080},
        "completeness": 31,
        "conn_state": "SF",
        "history": "ShADadtFf",
        "handshake": "complete",
        "close": "fin",
        "first_closer": "client",
        "packets": 11,
        "bytes": {"client": 10, "server": 264},
        "retransmissions": 3,
    }
    assert connection == connection | wanted


def test_the_document_is_json_whatever_the_fields_of_messages_hold(conversations: Conversations) -> None:
    document = document_of(conversations, None)
    assert [d["length"] for d in document["datagrams"]] == [5, 50, 9]
    assert document["datagrams"][0]["destination"] == {"address": "10.77.4.10", "port": 9999}
    assert document["exchanges"][0]["packets"] == {"client": 1, "server": 1}
    assert document["messages"][1]["fields"] == {"about": [["10.77.4.12", 51544], "ff"]}
    assert document["packets"] == 34


def test_hosts_are_named_where_the_run_knows_them(conversations: Conversations, record: Record) -> None:
    document = document_of(conversations, record)
    assert document["connections"][0]["client"] == {"address": "10.77.4.11", "port": 40112, "host": "alice"}


def test_nobody_closed_an_open_connection(connection: Connection) -> None:
    still = replace(connection, close=Close.OPEN, first_closer=None)
    assert document_of(Conversations(connections=[still]), None)["connections"][0]["first_closer"] is None


def test_the_document_of_nothing() -> None:
    document = document_of(Conversations(interfaces=[""]), None)
    lists = {key: [] for key in ("datagrams", "messages", "connections", "exchanges")}
    assert document == lists | {"packets": 0, "interfaces": [""], "damage": None}


def test_an_item_is_a_line(conversations: Conversations) -> None:
    lines = text_of(conversations, None).splitlines()
    assert json.loads(lines[lines.index('"datagrams": [') + 1].removesuffix(","))["length"] == 5


@pytest.mark.parametrize("evil", ["\x1b[2J", "\u2028", "\u202e"])
def test_what_packets_say_is_harmless(conversations: Conversations, evil: str) -> None:
    said = replace(conversations.messages[0], summary=evil)
    text = text_of(replace(conversations, messages=[said], interfaces=[evil]), None)
    assert evil not in text
    assert json.loads(text)["messages"][0]["summary"] == evil


def test_datagrams_take_no_memory_until_they_are_written() -> None:
    here = Endpoint("10.0.0.1", 1)
    tracemalloc.start()
    with CaptureDocument(None) as document:
        for number in range(30_000):
            document.take(Datagram(number, 0, 0, here, here, b"", 0, None))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        lines = sum('"number"' in piece for piece in document.pieces(Conversations()))
    assert lines == 30_000
    assert peak < 4 * SMALL
