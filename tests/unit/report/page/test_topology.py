from __future__ import annotations

from pathlib import Path

import pytest

from lab.conversations import Conversations, Exchange
from lab.record import HostState, Record, SocketFacts
from lab.report.page.topology import MOST, topology
from lab.seen import Seen

CAPTURE = Path("capture.pcapng")


def listening(program: str | None, port: int, transport: str = "tcp", state: str = "LISTEN") -> HostState:
    socket = SocketFacts.model_validate(
        {"transport": transport, "state": state, "local": "0.0.0.0", "local_port": port, "remote": "0.0.0.0",
         "remote_port": 0, "receive_queue": 0, "send_queue": 0, "program": program}
    )  # fmt: skip
    return HostState(time=0, sockets=(socket,))


@pytest.fixture
def silent() -> Conversations:
    return Conversations()


def test_hosts_networks_addresses_and_programs_are_drawn(record: Record, silent: Conversations) -> None:
    drawn = topology(Seen(CAPTURE, silent, record))
    assert drawn is not None
    for text in ("lan", "10.77.4.0/24", "server", "alice", "carol", "10.77.4.13", "fd77:4::13"):
        assert text in drawn.svg
        assert text in drawn.summary.en or "/24" in text or text == "lan"
    assert drawn.left_out is None


def test_ports_are_those_of_the_program_that_listened(record: Record, silent: Conversations) -> None:
    states = {
        "there": {"server": listening("server", 8080)},
        "end": {"server": listening("server", 53, "udp", "UNCONN")},
    }
    drawn = topology(Seen(CAPTURE, silent, record.model_copy(update={"observations": states})))
    assert drawn is not None
    assert "server, listens on tcp 8080, listens on udp 53" in drawn.summary.en
    assert "监听 tcp 8080" in drawn.svg


def test_a_port_that_answered_is_drawn_though_nobody_looked(record: Record, conversations: Conversations) -> None:
    drawn = topology(Seen(CAPTURE, conversations, record))
    assert drawn is not None
    assert "listens on tcp 8080" in drawn.svg
    assert "listens on udp 9999" in drawn.svg
    assert "tcp 8081" not in drawn.svg, "there the connection was refused"


def test_without_a_record_the_hosts_are_addresses(conversations: Conversations) -> None:
    drawn = topology(Seen(CAPTURE, conversations))
    assert drawn is not None
    assert "10.77.4.10: listens on tcp 8080, listens on udp 9999" in drawn.summary.en
    assert topology(Seen(CAPTURE, Conversations())) is None


def test_hosts_that_are_not_drawn_are_counted(conversations: Conversations) -> None:
    one: Exchange = conversations.exchanges[0]
    many = [
        Exchange(n, one.client._replace(address=f"10.0.0.{n}"), one.server, *_rest(one)) for n in range(1, MOST + 3)
    ]
    drawn = topology(Seen(CAPTURE, Conversations(exchanges=many)))
    assert drawn is not None
    assert drawn.left_out is not None
    assert drawn.left_out.en == "3 more hosts are not drawn"


def _rest(one: Exchange) -> tuple[int, int, int, int, int, int, int, int, int, str, str]:
    return (
        one.interface, one.first_packet, one.last_packet, one.start, one.end, one.client_packets, one.server_packets,
        one.client_bytes, one.server_bytes, one.conn_state, one.history,
    )  # fmt: skip
