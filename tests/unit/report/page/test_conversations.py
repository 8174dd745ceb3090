from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab.conversations import Connection, Conversations, Message
from lab.messages import MARKER
from lab.record import Record
from lab.report.page.commands import Commands
from lab.report.page.conversations import DUMPED_WHOLE, MOST_LADDERS, MOST_PACKETS, ladders, not_listed, shared
from lab.report.page.ladder import DUMPED, LONGEST, SHEET, Ladder
from lab.seen import Seen
from lab.text import same

FILE = Commands("lab inspect x.pcap")


@pytest.fixture
def seen(conversations: Conversations, record: Record) -> Seen:
    return Seen(Path("capture.pcapng"), conversations, record)


def drawn(seen: Seen) -> dict[str, Ladder]:
    return {ladder.key: ladder for ladder in ladders(seen, 0, FILE)}


def message(number: int, source: str, destination: str, protocol: str = "arp", **fields: object) -> Message:
    return Message(number, number, 0, protocol, source, destination, f"says {number}", 42, fields)


def test_every_conversation_has_a_ladder(seen: Seen) -> None:
    made = drawn(seen)
    assert {"1", "2", "u1", "m1"} <= {*made}
    assert made["1"].ends == ("alice:40112", "server:8080")
    assert {"handshake": "complete", "close": "FIN, client first", "retransmissions": "3"}.items() <= {
        name.en: value.en for name, value in made["1"].facts
    }.items()
    assert [arrow.number for arrow in made["u1"].arrows] == [31, 32]


def test_dumps_are_whole_unless_there_is_very_much(seen: Seen) -> None:
    def dumped(size: int) -> tuple[int, int]:
        (first, *_) = seen.conversations.connections
        segments = [replace(each, payload=bytes(size if each.length else 0)) for each in first.segments or ()]
        only = replace(seen.conversations, connections=[replace(first, segments=segments)])
        rows = [row for sheet in drawn(replace(seen, conversations=only))["1"].sheets for row in sheet.rows if row.dump]
        return len(rows[0].dump) * 16, rows[0].more

    assert dumped(10 * DUMPED) == (10 * DUMPED, 0)
    assert dumped(DUMPED_WHOLE) == (DUMPED, DUMPED_WHOLE - DUMPED)


def test_a_dns_message_stands_once_and_in_its_exchange(seen: Seen) -> None:
    dns = Message(31, 0, 0, "dns", "10.77.4.12", "10.77.4.10", "A server?", 40, {})
    found = replace(seen.conversations, messages=[dns])
    made = drawn(replace(seen, conversations=found))
    assert made["u1"].arrows[0].told == same("A server?")
    assert not any(key.startswith("m") for key in made)


def test_messages_are_by_pairs_of_hosts(seen: Seen) -> None:
    assert seen.record is not None
    mac = "02:00:00:00:00:01"  # of all hosts of the record
    messages = [
        message(1, mac, "ff:ff:ff:ff:ff:ff", src_ip="10.77.4.11", dst_ip="10.77.4.10"),
        message(2, mac, mac, src_ip="10.77.4.10", dst_ip="10.77.4.11"),
        replace(message(3, "a", "b", "other"), summary=MARKER),
        message(4, "fe80::ff:fe00:1", "ff02::16", "icmpv6"),
    ]
    made = drawn(replace(seen, conversations=Conversations(messages=messages)))
    assert [(made[f"m{n}"].ends, len(made[f"m{n}"].arrows)) for n in (1, 2)] == [
        (("alice", "server"), 2),
        (("server", "ff02::16"), 1),
    ]
    assert [arrow.role for arrow in made["m1"].arrows] == ["client", "server"]
    assert (made["m3"].title.zh, made["m3"].folded) == ("实验室标记", True)


def long(seen: Seen, packets: int) -> Connection:
    one = seen.conversations.connections[0]
    segment = (one.segments or [])[3]
    return replace(one, segments=[replace(segment, number=n) for n in range(1, packets + 1)], packets=packets)


def test_of_a_long_conversation_beginning_and_end_are_drawn(seen: Seen) -> None:
    made = drawn(replace(seen, conversations=Conversations(connections=[long(seen, LONGEST + 7)])))["1"]
    assert made.left_out is not None
    assert made.left_out.en == "7 packets are not drawn; lab inspect x.pcap -c 1 --all shows them"
    assert made.gap == LONGEST // SHEET - 1
    assert made.sheets[made.gap - 1].last == LONGEST - SHEET
    assert (made.sheets[made.gap].first, made.sheets[-1].last) == (LONGEST - SHEET + 8, LONGEST + 7)


def test_many_conversations_share_the_page(seen: Seen) -> None:
    found = [replace(long(seen, LONGEST), index=n) for n in range(1, MOST_PACKETS // LONGEST + 2)]
    made = drawn(replace(seen, conversations=Conversations(connections=[*found, replace(long(seen, 9), index=99)])))
    counts = {key: sum(row.kind == "packet" for s in ladder.sheets for row in s.rows) for key, ladder in made.items()}
    assert counts["99"] == 9, "a short one is whole, though it comes last"
    assert MOST_PACKETS - SHEET * len(made) < sum(counts.values()) <= MOST_PACKETS
    told = made["1"].left_out
    assert told is not None
    assert told.en.startswith(f"{LONGEST - counts['1']:,} packets are not drawn")


@pytest.mark.parametrize(
    ("lengths", "room", "shares"),
    [([5, 1, 9], 20, [5, 1, 9]), ([9, 1, 9], 11, [5, 1, 5]), ([], 3, []), ([4, 4, 4], 2, [0, 1, 1])],
)
def test_shares(lengths: list[int], room: int, shares: list[int]) -> None:
    assert shared(lengths, room) == shares


def test_packets_that_were_not_kept_are_counted(seen: Seen) -> None:
    found = replace(seen.conversations, datagrams=[])
    for key in ("2", "u1"):
        told = drawn(replace(seen, conversations=found))[key].left_out
        assert told is not None
        assert told.en == f"2 packets are not drawn; lab inspect x.pcap -c {key} --all shows them"


def test_conversations_beyond_the_bound_are_counted(seen: Seen) -> None:
    one = seen.conversations.connections[0]
    found = Conversations(connections=[one] * (MOST_LADDERS + 4))
    told = not_listed(found, FILE)
    assert told is not None
    assert told.en == "4 conversations are not on this page; lab inspect x.pcap --all lists them"
    assert not_listed(seen.conversations, FILE) is None
