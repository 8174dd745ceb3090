"""What Wireshark makes of a run's capture: comments, names and interfaces are shown, and the tables agree."""

from __future__ import annotations

import subprocess
from pathlib import Path

import driving
import pytest
from packages import ensure_packages

from lab import reader
from lab.assess import save
from lab.conversations import Conversations
from lab.engine import Engine
from lab.remarks import AWAITING


class Tshark:
    """A capture as tshark reads it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self, *arguments: str) -> str:
        return output("tshark", "-r", self.file, *arguments)

    def fields(self, *names: str, where: str = "frame") -> list[list[str]]:
        """Those fields of every packet for which the filter `where` holds; several values stand apart by `|`."""
        asked = [word for name in names for word in ("-e", name)]
        told = self("-n", "-Y", where, "-T", "fields", "-E", "aggregator=|", *asked)
        return [line.split("\t") for line in told.splitlines()]


def output(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def run(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> driving.Ran:
    ensure_packages(["tshark"])
    ran = driving.run(engine, "routed", tmp_path_factory.mktemp("wireshark"))
    save(ran.outcome, ran.record)
    return ran


@pytest.fixture
def tshark(run: driving.Ran) -> Tshark:
    return Tshark(run.outcome.capture)


@pytest.fixture
def conversations(run: driving.Ran) -> Conversations:
    return reader.read(run.outcome.capture, keep=reader.Keep.TABLES)


def test_the_frames_that_matter_have_comments(run: driving.Ran, tshark: Tshark) -> None:
    told = {int(number): comment for number, comment in tshark.fields("frame.number", "frame.comment") if comment}
    assert "the capture begins: marker of the lab" in told[1]
    assert "the capture ends: marker of the lab" in told[max(told)]
    for check in run.outcome.results:
        assert check.packets
        for number in (number for group in check.packets for number in group):
            assert f"✓ {check.id}: {check.actual.en}" in told[number]
            assert f"✓ {check.id}：{check.actual.zh}" in told[number]
    for step in run.record.steps:
        (there,) = (number for number, text in told.items() if f"step {step.index}: {step.what.en}" in text)
        frame, before, after = (run.frames[at : at + 1] for at in (there - 1, max(0, there - 2), there))
        if step.verb in AWAITING:
            assert frame[0].time <= step.ended
            assert not after or after[0].time > step.ended
        else:
            assert frame[0].time >= step.started
            assert there == 1 or before[0].time < step.started


def test_checked_again_it_says_the_same(run: driving.Ran, tshark: Tshark) -> None:
    before = tshark.file.read_bytes()
    save(run.outcome, run.record)
    assert tshark.file.read_bytes() == before


def test_hosts_have_their_names(run: driving.Ran, tshark: Tshark) -> None:
    there = {host for pair in tshark_names(tshark) for host in pair}
    assert {"client", "relay", "store"} <= there


def tshark_names(tshark: Tshark) -> list[list[str]]:
    told = tshark("-N", "n", "-Y", "tcp", "-T", "fields", "-e", "ip.src_host", "-e", "ip.dst_host")
    return [line.split("\t") for line in told.splitlines()]


def test_interfaces_are_the_networks(run: driving.Ran, tshark: Tshark) -> None:
    fields = ("frame.interface_name", "frame.interface_description")
    told = {tuple(pair) for pair in tshark.fields(*fields)}
    assert told == {(name, f"{network.ipv4} · {network.ipv6}") for name, network in run.record.networks.items()}


def test_capinfos_knows_the_file(run: driving.Ran, tshark: Tshark) -> None:
    told = output("capinfos", "-A", tshark.file)
    assert f"Number of packets:   {run.record.capture.packets}" in told
    assert f"run {run.folder.name} of routed" in told
    assert "Number of interfaces in file: 2" in told


def test_the_tables_agree(tshark: Tshark, conversations: Conversations) -> None:
    """tshark's streams, counted by the fields of their packets, beside our connections."""
    version = output("tshark", "--version").splitlines()[0]
    streams: dict[int, list[tuple[int, int]]] = {}
    for stream, completeness, length in tshark.fields("tcp.stream", "tcp.completeness", "tcp.len", where="tcp"):
        streams.setdefault(int(stream), []).append((int(completeness), int(length)))
    theirs = [(len(packets), packets[-1][0], sum(length for _, length in packets)) for packets in streams.values()]
    ours = [(c.packets, c.completeness, c.client.bytes + c.server.bytes) for c in conversations.connections]
    assert ours == theirs, version


@pytest.mark.parametrize("part", ["conv,tcp", "conv,udp"])
def test_there_are_as_many_conversations(tshark: Tshark, conversations: Conversations, part: str) -> None:
    table = [line for line in tshark("-n", "-q", "-z", part).splitlines() if "<->" in line and "Filter" not in line]
    assert len(table) == len(conversations.connections if part == "conv,tcp" else conversations.exchanges)
