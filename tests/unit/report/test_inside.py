"""What `lab shell` says beside the shells of the hosts."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.passing import Passed
from lab.record import HostFacts, NetworkFacts, OutputLine, Record
from lab.report.inside import KEPT_PACKETS, InsideReporter
from lab.scenario import Scenario
from lab.text import LANGUAGES, Language

ARP = Passed(time=0, protocol="arp", summary="who has 10.77.4.10?")


@pytest.fixture
def stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")


def said(stream: io.TextIOWrapper) -> str:
    """What was said since this was last asked."""
    stream.flush()
    data = stream.buffer.getvalue()  # type: ignore[attr-defined]
    stream.buffer.seek(0)
    stream.buffer.truncate()
    return str(data.decode())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_session(  # noqa: PLR0913, PLR0917 - what a session is told of
    scenario: Scenario,
    networks: dict[str, NetworkFacts],
    hosts: dict[str, HostFacts],
    record: Record,
    stream: io.TextIOWrapper,
    golden: Callable[[str, str], None],
    language: Language,
) -> None:
    reporter = InsideReporter(language, stream)
    reporter.started(scenario, None)
    reporter.up(networks, hosts, 0.9)
    reporter.inside(scenario, Path("runs/tcp-multiclient/x"), 60)
    reporter.at("alice")
    reporter.help()
    reporter.show_packets()
    reporter.passed(1_000_000, ARP)
    reporter.left_out(0, 3)
    reporter.show_packets()
    reporter.said(0, "alice-sh", OutputLine(time=0, stream="out", text="seen where it is printed"))
    reporter.typed(0, "server", "seen where it is typed")
    reporter.ended(0, "alice-sh", 0, None)
    reporter.killed("alice")
    reporter.lost("bob")
    reporter.way_out()
    reporter.any_key("alice")
    for minutes in (5, 1, 0):
        reporter.left(minutes)
    reporter.outside(record, Path("runs/tcp-multiclient/x"), "lab inspect x")
    golden(f"shell.{language}", said(stream))


def test_lines_return_the_carriage_while_the_terminal_is_raw(
    hosts: dict[str, HostFacts], networks: dict[str, NetworkFacts], stream: io.TextIOWrapper
) -> None:
    reporter = InsideReporter("en", stream)
    reporter.up(networks, hosts, 0.9)
    assert "\r" not in said(stream)
    with reporter.raw():
        reporter.killed("alice")
        assert said(stream).endswith("\r\n")
    reporter.killed("alice")
    assert "\r" not in said(stream)


def test_to_a_terminal_that_is_gone_nothing_is_said(record: Record, stream: io.TextIOWrapper) -> None:
    reporter = InsideReporter("en", stream)
    reporter.gone()
    with reporter.raw():
        reporter.killed("alice")
    reporter.outside(record, Path("x"), "look")
    assert said(stream) == ""


def test_packets_are_shown_once_the_last_of_them(
    hosts: dict[str, HostFacts], networks: dict[str, NetworkFacts], stream: io.TextIOWrapper
) -> None:
    reporter = InsideReporter("en", stream)
    reporter.up(networks, hosts, 0.9)
    for _ in range(KEPT_PACKETS + 2):
        reporter.passed(0, ARP)
    assert "who has" not in said(stream)
    reporter.show_packets()
    shown = said(stream)
    assert shown.count("who has") == KEPT_PACKETS
    assert "2 packets passed too fast" in shown
    reporter.show_packets()
    assert "no packet since you last looked" in said(stream)
