from __future__ import annotations

from pathlib import Path
from typing import Any

import facts
import wire

from lab.conversations import Endpoint
from lab.trace import SocketCall
from lab.trace.beside import Beside, beside

SERVER = Endpoint(facts.ipv4("server"), 9000)
ALICE = Endpoint(facts.ipv4("alice"), 40000)
RECORD = facts.run(
    programs={"server": facts.program("server"), "alice": facts.program("alice"), "bob": facts.program("bob")}
).record


def capture(*sent: tuple[Endpoint, Endpoint, bytes]) -> bytes:
    frames = []
    for place, (source, destination, payload) in enumerate(sent):
        data = wire.udp(source.port, destination.port, payload, between=(source.address, destination.address))
        frames.append((wire.START + place, wire.ethernet(wire.ipv4(data, 17, source.address, destination.address))))
    return wire.pcap(frames)


def refusal(of: bytes, code: int = 3) -> bytes:
    """The ICMP message about the datagram in a frame."""
    message = bytes((3, code, 0, 0, 0, 0, 0, 0)) + of[14:42]
    return wire.ethernet(wire.ipv4(message, 1, SERVER.address, ALICE.address))


def placed(tmp_path: Path, data: bytes, *calls: dict[str, Any]) -> list[Beside]:
    fixed = {"process": 1, "thread": 1, "descriptor": 3, "transport": "udp", "ended": 1}
    made = [
        SocketCall.model_validate({"number": number, "started": number, **fixed, **call})
        for number, call in enumerate(calls, 1)
    ]
    return beside(RECORD, wire.conversations(tmp_path, data), made)


def sends(count: int, to: Endpoint | None = SERVER, local: Endpoint = ALICE) -> dict[str, Any]:
    return {"program": "alice", "name": "sendto", "local": local, "remote": to, "bytes": count}


def receives(count: int, of: Endpoint | None = ALICE, program: str = "server", **more: Any) -> dict[str, Any]:
    told = {"program": program, "name": "recvfrom", "local": Endpoint("0.0.0.0", 9000), "remote": of, "bytes": count}
    return told | {"arguments": "1024"} | more


def test_by_order_and_length_on_both_sides(tmp_path: Path) -> None:
    data = capture((ALICE, SERVER, b"a"), (ALICE, SERVER, b"bb"), (ALICE, SERVER, b"c"))
    found = placed(tmp_path, data, sends(1), sends(2), sends(1), receives(1), receives(2), receives(1))
    assert [each.caused or each.woken_by for each in found] == [(1,), (2,), (3,)] * 2
    assert [(each.role, each.conversation.index) for each in found[2:4]] == [("client", 1), ("server", 1)]  # type: ignore[union-attr]


def test_one_that_was_lost_before_it_was_received(tmp_path: Path) -> None:
    data = capture((ALICE, SERVER, b"a"), (ALICE, SERVER, b"bb"))
    assert placed(tmp_path, data, receives(2))[0].woken_by == (2,)


def test_a_receiver_of_two_senders(tmp_path: Path) -> None:
    bob = Endpoint(facts.ipv4("bob"), 40000)
    data = capture((ALICE, SERVER, b"a"), (bob, SERVER, b"b"))
    found = placed(tmp_path, data, receives(1, bob), receives(1))
    assert [each.woken_by for each in found] == [(2,), (1,)]
    assert [each.conversation.index for each in found] == [2, 1]  # type: ignore[union-attr]


def test_a_broadcast_comes_to_several_and_a_name_is_no_address(tmp_path: Path) -> None:
    everybody = Endpoint("255.255.255.255", 9000)
    data = capture((ALICE, everybody, b"a"))
    wild = Endpoint("0.0.0.0", 40000)
    found = placed(tmp_path, data, sends(1, None, wild), receives(1), receives(1, program="bob"), receives(1))
    assert [each.caused or each.woken_by for each in found] == [(1,), (1,), (1,), ()]


def test_one_that_was_cut_and_one_that_was_looked_at_first(tmp_path: Path) -> None:
    data = capture((ALICE, SERVER, b"abcdef"))
    found = placed(tmp_path, data, receives(2, arguments="2, MSG_PEEK"), receives(2, arguments="2"), receives(2))
    assert [each.woken_by for each in found] == [(1,), (1,), ()]


def test_the_icmp_messages_that_let_a_call_fail(tmp_path: Path) -> None:
    """By what they quote: those of one socket, since its last failure, and none that came after the call."""
    mine, other, late = (
        wire.ethernet(wire.ipv4(wire.udp(port, 9000, b"a", between=between), 17, *between))
        for between in [(ALICE.address, SERVER.address)]
        for port in (40000, 40001, 40002)
    )
    frames = [mine, other, refusal(other), refusal(mine), refusal(mine), refusal(mine, 1), mine, refusal(mine), late]
    data = wire.pcap([(wire.START + place, frame) for place, frame in enumerate([*frames, refusal(late)], 1)])
    after = {"error": "ECONNREFUSED", "started": wire.START, "ended": wire.START + 9, "remote": SERVER}
    sent = {"program": "alice", "name": "send", "local": ALICE}
    first = sent | after | {"ended": wire.START + 7}
    early = sent | after | {"local": Endpoint(ALICE.address, 40002)}
    again = sent | after | {"name": "recv", "local": Endpoint("0.0.0.0", 40000)}
    found = placed(tmp_path, data, first, early, again, again)
    assert [each.woken_by for each in found] == [(4, 5), (), (8,), ()]
    assert [(each.role, each.conversation.index) for each in found[::2]] == [("client", 1)] * 2  # type: ignore[union-attr]
