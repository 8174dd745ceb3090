"""The capture holds every packet of the exchange, each once, as a wire would carry it, and proves that it does."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import driving
import pytest
from driving import TCP, Ran

from lab.engine import Engine
from lab.errors import CaptureError
from lab.hosts import TAP
from lab.report import Reporter
from lab.runs import FOLDER_LABEL, ROLE_LABEL

MTU, ETHERNET = 1500, 14


@pytest.mark.timeout(240, func_only=True)
def test_two_hundred_megabytes(run: Callable[..., Ran]) -> None:
    ran = run("bulk")
    assert ran.steps == ["done"] * 3
    assert ran.said("server") == ["200000000"]
    assert ran.record.capture.whole
    assert ran.statistics.dropped == 0
    assert ran.statistics.captured == ran.statistics.received >= len(ran.frames) == ran.record.capture.packets
    carried, streams = 0, 0
    for number, frame in enumerate(ran.frames):
        assert frame.length == len(frame.data) <= MTU + ETHERNET
        if frame.packet is not None and frame.packet[2] == TCP:
            streams += 1
            carried += len(frame.packet[3]) - (frame.packet[3][12] >> 4) * 4
            assert number % 50 or frame.checksum_right
    assert carried >= 200_000_000  # more where something was sent again
    assert streams > 200_000_000 // MTU


def test_a_burst_of_datagrams(run: Callable[..., Ran]) -> None:
    ran = run("burst")
    assert ran.steps == ["done"] * 3
    assert ran.record.capture.whole
    assert ran.statistics.dropped == 0
    assert Counter(ran.datagrams(7030)) == Counter(b"%d" % number for number in range(20_000))


def test_the_first_and_the_last_packet(run: Callable[..., Ran]) -> None:
    ran = run("last-word")
    assert ran.steps == ["done"] * 3
    assert ran.datagrams(7040) == [b"first", b"last"]
    assert ran.record.capture.whole


def test_markers_stand_at_both_ends(run: Callable[..., Ran]) -> None:
    ran = run("routed")
    for network in ("front", "back"):
        markers = [f.marker for f in ran.frames if f.network == network and f.marker]
        assert [m.split()[:3] for m in markers] == [["socket-lab", "start", network], ["socket-lab", "end", network]]
        assert len({m.split()[3] for m in markers}) == 2
    assert {f.marker is not None for f in ran.frames[:2] + ran.frames[-2:]} == {True}


def test_it_begins_before_and_ends_after_everything(run: Callable[..., Ran]) -> None:
    ran = run("last-word")
    client, server = ran.program("client"), ran.program("server")
    first, last = (frame for frame in ran.frames if frame.udp(7040) is not None)
    assert client.started
    assert server.started
    assert ran.frames[0].marker
    assert ran.record.capture.started <= ran.frames[0].time < server.started < first.time
    assert first.time <= last.time < ran.record.capture.ended
    assert ran.frames[-1].marker
    assert client.ended
    assert client.ended < ran.record.capture.ended


def test_all_checksums_are_right(run: Callable[..., Ran]) -> None:
    ran = run("network")
    sums = [frame.checksum_right for frame in ran.frames]
    assert False not in sums
    assert sums.count(True) >= 20
    assert all(frame.length == len(frame.data) <= MTU + ETHERNET for frame in ran.frames)


class Saboteur(Reporter):
    """Kills the tcpdump of a run as soon as the run is up."""

    def __init__(self, engine: Engine, into: Path) -> None:
        self.engine = engine
        self.into = into

    def up(self, *_: object) -> None:
        (tap,) = (
            c
            for c in self.engine.containers(FOLDER_LABEL)
            if c.labels[ROLE_LABEL] == TAP and c.labels[FOLDER_LABEL].startswith(f"{self.into}/")
        )
        first = self.engine._api.inspect_container(tap.id)["State"]["Pid"]  # type: ignore[attr-defined]
        children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="ascii").split()
        (tcpdump,) = (pid for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == "tcpdump")
        os.kill(int(tcpdump), signal.SIGKILL)


def test_a_capture_that_ended_early_is_an_error(engine: Engine, into: Path) -> None:
    with driving.no_leaks(engine, into), pytest.raises(CaptureError, match="tcpdump ended") as caught:
        driving.run(engine, "token", into, reporter=Saboteur(engine, into))
    assert caught.value.exit_code == 3
