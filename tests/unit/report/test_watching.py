"""Packets between the events of a run, as screens and on their own."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.cells import cell_len

from lab.conversations import Connection
from lab.passing import Passed
from lab.record import HostFacts, NetworkFacts, OutputLine
from lab.report.terminal import TerminalReporter
from lab.report.watching import SHOWN_CHARACTERS, PacketLines
from lab.scenario import Scenario
from lab.text import LANGUAGES, Language

Golden = Callable[[str, str], None]
MS = 1_000_000


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def packets(connection: Connection) -> list[Passed]:
    """Of two conversations by turns, of datagrams, and one of no conversation."""
    client, server = connection.client.endpoint, connection.server.endpoint
    segments = [
        Passed(time=s.time, conversation="1", client=client, server=server, sender=s.sender, segment=s)
        for s in connection.segments or ()
    ]
    other = segments[0].model_copy(update={"conversation": "12", "client": client._replace(address="10.77.4.12")})
    asked = Passed(
        time=0,
        conversation="u1",
        client=client,
        server=server,
        payload=b"?",
        length=1,
        protocol="dns",
        summary="query A x",
    )
    answered = asked.model_copy(update={"sender": "server", "summary": "", "payload": "好".encode(), "length": 3})
    arp = Passed(
        time=0,
        protocol="arp",
        summary="who has 10.77.4.10?\x1b[2J tell 10.77.4.11",
        source="10.77.4.11",
        destination="10.77.4.10",
    )
    return [arp, segments[0], other, *segments[1:], asked, answered]


@pytest.fixture
def watch(
    scenario: Scenario, networks: dict[str, NetworkFacts], hosts: dict[str, HostFacts], packets: list[Passed]
) -> Callable[[TerminalReporter], None]:
    """A run whose packets are told of between the events."""

    def run(reporter: TerminalReporter) -> None:
        reporter.started(scenario, None)
        reporter.up(networks, hosts, 0.9)
        for place, packet in enumerate(packets):
            reporter.passed(place * MS, packet)
        reporter.typed(40 * MS, "alice", "早上好")
        reporter.said(41 * MS, "server", OutputLine(time=0, stream="out", text="new client"))
        reporter.left_out(42 * MS, 1234)
        reporter.close()

    return run


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_that_is_watched_on_80_columns(
    watch: Callable[[TerminalReporter], None],
    golden: Golden,
    language: Language,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    watch(TerminalReporter(language, stream=stream, packets=True))
    golden(f"watched-80.{language}", stream.getvalue())
    assert max(cell_len(line) for line in stream.getvalue().splitlines()) <= 88


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_that_is_watched_piped(
    watch: Callable[[TerminalReporter], None], golden: Golden, language: Language
) -> None:
    stream = io.StringIO()
    watch(TerminalReporter(language, stream=stream, packets=True))
    golden(f"watched-piped.{language}", stream.getvalue())
    assert "\x1b" not in stream.getvalue()


def test_packets_are_shown_to_who_wants_them_only(watch: Callable[[TerminalReporter], None]) -> None:
    stream = io.StringIO()
    watch(TerminalReporter("en", stream=stream))
    assert "──▶" not in stream.getvalue()
    assert "1,234" not in stream.getvalue()


def test_conversations_have_colours_of_their_own(
    watch: Callable[[TerminalReporter], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = Terminal()
    watch(TerminalReporter("en", stream=stream, packets=True))
    lines = stream.getvalue().splitlines()
    colours = {n: {m for line in lines for m in re.findall(rf"\x1b\[1;(\d+)m +{n}  ", line)} for n in ("1", "12")}
    assert all(len(found) == 1 for found in colours.values())
    assert colours["1"] != colours["12"]


def test_the_columns_are_straight(packets: list[Passed], hosts: dict[str, HostFacts]) -> None:
    lines = PacketLines(hosts, "utf-8", "en")
    widths = {lines.draw(packet)[0].cell_len for packet in packets if packet.conversation}
    assert len(widths) == 1


def test_payload_is_in_the_encoding_of_the_scenario_harmless_and_short(
    packets: list[Passed], hosts: dict[str, HostFacts]
) -> None:
    datagram = packets[-1].model_copy(update={"payload": "好\x1b[2J".encode("gbk")})
    assert r"好\x1b[2J" in PacketLines(hosts, "gbk", "en").draw(datagram)[1].plain
    long = packets[-1].model_copy(update={"payload": b"x" * 10_000})
    said = PacketLines(hosts, "utf-8", "en").draw(long)[1].plain
    assert said.endswith("x …")
    assert said.count("x") == SHOWN_CHARACTERS


def test_a_state_is_told_when_it_changes(packets: list[Passed], hosts: dict[str, HostFacts]) -> None:
    lines = PacketLines(hosts, "utf-8", "en")
    first = packets[1]
    assert first.segment is not None
    later = first.model_copy(update={"segment": replace(first.segment, server_state="ESTABLISHED")})
    told = [lines.draw(packet)[1].plain for packet in (first, first, later)]
    assert "alice SYN-SENT" in told[0]
    assert "alice" not in told[1]
    assert told[2].endswith("   server ESTABLISHED")
