"""A recorder with a tcpdump that writes what a fake network carries."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

LISTENING = "echo 'tcpdump: listening on lan, link-type EN10MB' >&2"
COUNTERS = "echo '12 packets captured\n14 packets received by filter\n2 packets dropped by kernel' >&2"
ONE = "echo '1 packet captured\n1 packet received by filter\n0 packets dropped by kernel' >&2"
WAITS = "while :; do sleep 0.01; done"


class Network:
    """A packet socket; what is sent on it is in the capture file, but for the first `loses` frames."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.frames: list[bytes] = []
        self.loses = 0

    def bind(self, address: tuple[str, int]) -> None:
        self.bound = address

    def getsockname(self) -> tuple[Any, ...]:
        return ("lan", 0, 0, 1, b"\x02\x77\0\0\0\x09")

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)
        if len(self.frames) > self.loses:
            with self.file.open("ab") as file:
                file.write(frame)


class Bench:
    """Makes recorders whose tcpdump is a shell script."""

    def __init__(self, module: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.module = module
        self.folder = folder
        self.monkeypatch = monkeypatch
        self.made: list[Any] = []
        self.network = Network(folder / "lan.pcap")
        (folder / "lan.pcap").touch()
        (folder / "mtu").write_text("1400\n")
        monkeypatch.setattr(module.socket, "socket", lambda *_: self.network)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def recorder(self, script: str) -> Any:
        tcpdump = self.folder / "tcpdump"
        tcpdump.write_text(f'#!/bin/sh\necho "$@" > {self.folder}/arguments\n{script}\n')
        tcpdump.chmod(0o755)
        real, mtu = open, self.folder / "mtu"

        def opened(path: str, *arguments: Any, **named: Any) -> Any:
            return real(mtu if str(path).startswith("/sys/class/net/lan/") else path, *arguments, **named)

        self.monkeypatch.setattr(self.module, "open", opened, raising=False)
        recorder = self.module.Recorder("lan")
        recorder.file = str(self.folder / "lan.pcap")
        self.made.append(recorder)
        return recorder


@pytest.fixture
def bench(load: Callable[[str, str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench(load("tap", "recorder"), tmp_path, monkeypatch)
    yield made
    for recorder in made.made:
        recorder.process.kill()
        recorder.process.wait()
        recorder.process.stderr.close()


def test_it_is_ready_when_tcpdump_listens(bench: Bench) -> None:
    recorder = bench.recorder(f"echo noise >&2; {LISTENING}; {WAITS}")
    recorder.wait_until_ready()
    assert bench.network.bound == ("lan", 0)
    arguments = (bench.folder / "arguments").read_text()
    assert "-i lan " in arguments
    assert "-w /capture/lan.pcap" in arguments
    assert "--time-stamp-precision=nano" in arguments


def test_whole_frames_of_the_networks_mtu_are_kept(bench: Bench) -> None:
    recorder = bench.recorder(f"{LISTENING}; {WAITS}")
    recorder.wait_until_ready()
    words = (bench.folder / "arguments").read_text().split()
    assert int(words[words.index("-s") + 1]) >= 1400 + 14


def test_a_tcpdump_that_cannot_capture_says_why(bench: Bench) -> None:
    recorder = bench.recorder("echo 'tcpdump: lan: No such device exists' >&2; exit 1")
    with pytest.raises(bench.module.CaptureFailed, match="tcpdump ended: tcpdump: lan: No such device exists"):
        recorder.wait_until_ready()


def test_a_marker_is_a_frame_of_the_lab_to_the_bridge_itself(bench: Bench) -> None:
    recorder = bench.recorder(f"{LISTENING}; {WAITS}")
    marker = recorder.marker("start")
    recorder.send(marker)
    (frame,) = bench.network.frames
    assert len(frame) == 60
    assert frame[:6] == frame[6:12] == b"\x02\x77\0\0\0\x09"
    assert frame[12:14] == b"\x88\xb5"
    assert frame[14:].rstrip(b"\0") == marker
    assert marker.startswith(b"socket-lab start lan ")


def test_no_two_markers_are_alike(bench: Bench) -> None:
    recorder = bench.recorder(WAITS)
    assert len({recorder.marker("start") for _ in range(100)}) == 100


def test_a_marker_that_is_in_the_file_is_found(bench: Bench) -> None:
    recorder = bench.recorder(WAITS)
    marker = recorder.marker("start")
    recorder.send(marker)
    recorder.wait_for(marker)
    assert len(bench.network.frames) == 1


def test_a_marker_that_was_lost_is_sent_again(bench: Bench) -> None:
    bench.network.loses = 2
    recorder = bench.recorder(WAITS)
    marker = recorder.marker("start")
    recorder.send(marker)
    recorder.wait_for(marker, again=0.02)
    assert len(bench.network.frames) == 3


def test_the_last_marker_is_sent_once_however_late_it_comes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one would be received while tcpdump ends, and captured no more."""
    bench.network.loses = 1000
    monkeypatch.setattr(bench.module, "DEADLINE", 0.5)
    recorder = bench.recorder(WAITS)
    marker = recorder.marker("end")
    recorder.send(marker)
    with pytest.raises(bench.module.CaptureFailed):
        recorder.wait_for(marker)
    assert len(bench.network.frames) == 1


def test_a_marker_that_never_comes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.module, "DEADLINE", 0.1)
    bench.network.loses = 1000
    recorder = bench.recorder(WAITS)
    with pytest.raises(bench.module.CaptureFailed, match="the marker of lan did not come into the capture within 0 s"):
        recorder.wait_for(recorder.marker("start"))


def test_a_tcpdump_that_ends_meanwhile_is_told_at_once(bench: Bench) -> None:
    bench.network.loses = 1000
    recorder = bench.recorder("echo 'tcpdump: No space left on device' >&2; exit 1")
    with pytest.raises(bench.module.CaptureFailed, match="tcpdump ended: tcpdump: No space left on device"):
        recorder.wait_for(recorder.marker("start"))


def test_a_marker_may_come_in_pieces_and_the_file_is_searched_once(bench: Bench) -> None:
    recorder = bench.recorder(WAITS)
    marker = recorder.marker("start")
    path = bench.folder / "lan.pcap"
    with path.open("rb") as file:
        path.write_bytes(b"x" * 5000 + marker[:20])
        assert not recorder.search(file, marker)
        assert recorder.checked >= 5000 - len(marker)
        with path.open("ab") as more:
            more.write(marker[20:])
        assert recorder.search(file, marker)


def test_the_counters_of_tcpdump_are_told(bench: Bench) -> None:
    recorder = bench.recorder(f'trap "{COUNTERS}; exit 0" INT; {LISTENING}; {WAITS}')
    recorder.wait_until_ready()
    (bench.folder / "lan.pcap").write_bytes(b"x" * 99)
    told = recorder.finish()
    assert (told["captured"], told["received"], told["dropped"], told["size"]) == (12, 14, 2, 99)


def test_counters_of_one_packet(bench: Bench) -> None:
    recorder = bench.recorder(f'trap "{ONE}; exit 0" INT; {LISTENING}; {WAITS}')
    recorder.wait_until_ready()
    assert recorder.finish()["captured"] == 1


def test_without_counters_nothing_is_proved(bench: Bench) -> None:
    recorder = bench.recorder(f'trap "echo bye >&2; exit 0" INT; {LISTENING}; {WAITS}')
    recorder.wait_until_ready()
    with pytest.raises(bench.module.CaptureFailed, match="tcpdump told no counters: bye"):
        recorder.finish()


def test_a_tcpdump_that_does_not_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.module, "DEADLINE", 0.1)
    recorder = bench.recorder(f'trap "" INT; {LISTENING}; {WAITS}')
    recorder.wait_until_ready()
    with pytest.raises(bench.module.CaptureFailed, match="tcpdump did not end within 0 s"):
        recorder.finish()


def test_an_abandoned_capture_is_ended(bench: Bench) -> None:
    recorder = bench.recorder(f'trap "exit 0" INT; {LISTENING}; {WAITS}')
    recorder.wait_until_ready()
    recorder.abandon()
    recorder.abandon()
    assert recorder.process.returncode == 0
