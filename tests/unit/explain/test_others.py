from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from facts import ipv4, run
from stories import datagram, told
from stories import seen as captured
from wire import START

from lab.conversations import Conversations, Endpoint, Message
from lab.explain import others
from lab.seen import Seen

ALICE, SERVER, NOBODY = ipv4("alice"), ipv4("server"), "10.77.4.99"
MS = 1_000_000


def message(number: int, protocol: str, source: str, destination: str, **fields: object) -> Message:
    return Message(number, number * MS, 0, protocol, source, destination, "in its words", 60, fields)


def seen(*messages: Message) -> Seen:
    return Seen(Path(), Conversations(messages=list(messages)), run().record)


def asks(number: int, target: str = SERVER, source: str = ALICE) -> Message:
    return message(number, "arp", "02:00", "ff:ff", opcode=1, src_ip=source, dst_ip=target)


def answers(number: int, source: str = SERVER) -> Message:
    return message(number, "arp", "02:00", "02:01", opcode=2, src_ip=source, dst_ip=ALICE)


def test_an_address_that_is_resolved() -> None:
    assert told(others.resolved(seen(asks(1), answers(3), asks(4), answers(5)))) == [
        "alice asks for the link address of server and learns it after 2.0 ms (ARP, RFC 826) [1,3]"
    ]


def test_an_address_that_nobody_has() -> None:
    assert told(others.resolved(seen(asks(1, NOBODY), asks(2, NOBODY), answers(3)))) == [
        "alice asks 2 times for the link address of 10.77.4.99, and nobody answers: connect() and sendto() to it fail with EHOSTUNREACH (ARP, RFC 826) [1,2]"
    ]


@pytest.mark.parametrize("probe", [asks(1, source="0.0.0.0"), asks(1, ALICE)])
def test_who_asks_for_itself_looks_for_nobody(probe: Message) -> None:
    assert told(others.resolved(seen(probe))) == []


def test_neighbours_of_ipv6_are_resolved_likewise() -> None:
    ask = message(1, "icmpv6", "fd77:4::11", "ff02::1:ff00:10", type=135, target="fd77:4::10")
    reply = message(2, "icmpv6", "fd77:4::10", "fd77:4::11", type=136, target="fd77:4::10")
    assert told(others.resolved(seen(ask, reply))) == [
        "alice asks for the link address of server and learns it after 1.0 ms (RFC 4861, 7.2) [1,2]"
    ]


def ping(number: int, kind: int, sequence: int, **more: object) -> Message:
    ends = (ALICE, SERVER) if kind == 8 else (SERVER, ALICE)
    return message(number, "icmp", *ends, **{"type": kind, "code": 0, "id": 5, "seq": sequence, **more})


def test_a_ping_and_its_answers() -> None:
    assert told(others.pinged(seen(ping(1, 8, 1), ping(2, 0, 1)))) == [
        "alice pings server 1 time: 1 answer after 1.0 ms [1,2]"
    ]
    twice = seen(ping(1, 8, 1), ping(2, 0, 1), ping(3, 8, 2), ping(7, 0, 2), ping(8, 8, 3))
    assert told(others.pinged(twice)) == [
        "alice pings server 3 times: 2 answers, the quickest after 1.0 ms, the slowest after 4.0 ms [1,2,3,7,8]"
    ]
    assert told(others.pinged(twice), "zh")[0].startswith("alice ping server 3 次：2 次应答，最快 1.0 ms，最慢 4.0 ms")


def test_an_answer_to_another_ping_is_none() -> None:
    for other in (ping(2, 0, 2), ping(2, 0, 1, id=6)):
        assert told(others.pinged(seen(ping(1, 8, 1), other))) == [
            "alice pings server 1 time: no answer; unknown: why [1]"
        ]


def test_icmp_errors_about_conversations_are_told_with_these_and_others_here(tmp_path: Path) -> None:
    ends = Endpoint(ALICE, 5000), Endpoint(SERVER, 6000)
    about = {"protocol": "udp", "source": ends[0], "destination": ends[1]}
    alone = seen(message(1, "icmp", SERVER, ALICE, type=3, code=3, about=about))
    assert told(others.errors(alone)) == ["server reports to alice with ICMP: in its words [1]"]
    with_its_own = captured([datagram((5000, 6000), b"", START, (ALICE, SERVER))], tmp_path)
    with_its_own = replace(with_its_own, record=alone.record)
    with_its_own.conversations.messages.extend(alone.conversations.messages)
    assert told(others.errors(with_its_own)) == []
