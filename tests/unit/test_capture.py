from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_engine import FakeEngine, FakeStream, Refused, marker, pcap, tar

from lab import capture
from lab.agent import Agent, Event
from lab.capture import Capture, Known, ahead, between_markers, frames, take_out
from lab.capturefile import opened
from lab.errors import CaptureError

FIRST = b"\x02\x77\0\0\0\2\x02\x77\0\0\0\1\x08\x00" + b"first"
SECOND = b"\x02\x77\0\0\0\1\x02\x77\0\0\0\2\x08\x00" + b"second"


class Tapped:
    """A tap with the conversation, and the engine that it runs on."""

    def __init__(self) -> None:
        self.engine = FakeEngine()
        self.tap = self.engine.tap
        inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.agent = Agent("tap", FakeStream(self.tap), inbox)


@pytest.fixture
def tapped() -> Iterator[Tapped]:
    made = Tapped()
    yield made
    made.agent.close()


def read(folder: Path) -> list[tuple[int, bytes]]:
    with opened(folder / capture.CAPTURE_FILE) as file:
        return [(interface, data) for _, interface, _, data, _ in file]


def write(folder: Path, content: bytes) -> Path:
    file = folder / "x.pcap"
    file.write_bytes(content)
    return file


def test_what_lies_between_the_markers_is_kept_and_they_with_it(tapped: Tapped, tmp_path: Path) -> None:
    capture.start(tapped.agent, ["lan"])
    tapped.tap.carries("lan", b"\0" * 60)  # the chatter of interfaces that come up
    captured = Capture(tapped.agent)
    tapped.tap.carries("lan", FIRST)
    tapped.tap.carries("lan", SECOND)
    known = Known([("alice", "10.77.0.11")], {"lan": "10.77.0.0/24"})
    facts = captured.finish(tapped.engine, "tap", tmp_path, known)
    kept = read(tmp_path)
    assert [data for _, data in kept[1:-1]] == [FIRST, SECOND]
    assert b"socket-lab start lan" in kept[0][1]
    assert b"socket-lab end lan" in kept[-1][1]
    content = (tmp_path / capture.CAPTURE_FILE).read_bytes()
    assert b"alice\0" in content
    assert b"10.77.0.0/24" in content
    assert facts.packets == 4
    assert facts.started < facts.ended
    assert facts.whole


def test_the_counters_are_told_and_kept(tapped: Tapped, tmp_path: Path) -> None:
    capture.start(tapped.agent, ["lan"])
    captured = Capture(tapped.agent)
    tapped.tap.dropped = 7
    facts = captured.finish(tapped.engine, "tap", tmp_path)
    assert facts.networks["lan"].dropped == 7
    assert not facts.whole


def test_networks_are_merged_in_the_order_of_time(tapped: Tapped, tmp_path: Path) -> None:
    capture.start(tapped.agent, ["lan", "wan"])
    captured = Capture(tapped.agent)
    for number in range(6):
        tapped.tap.carries("wan" if number % 2 else "lan", FIRST + bytes([number]))
    captured.finish(tapped.engine, "tap", tmp_path)
    with opened(tmp_path / capture.CAPTURE_FILE) as file:
        kept = list(file)
        assert file.interfaces == ["lan", "wan"]
    times = [time for time, *_ in kept]
    assert times == sorted(times)
    assert [(interface, data[-1]) for _, interface, _, data, _ in kept[2:-2]] == [(n % 2, n) for n in range(6)]


def test_a_forged_marker_is_not_believed(tapped: Tapped, tmp_path: Path) -> None:
    capture.start(tapped.agent, ["lan"])
    captured = Capture(tapped.agent)
    tapped.tap.carries("lan", marker("socket-lab end lan 0123456789abcdef"))
    tapped.tap.carries("lan", FIRST)
    captured.finish(tapped.engine, "tap", tmp_path)
    assert FIRST in [data for _, data in read(tmp_path)]


def test_the_markers_text_in_another_frame_is_no_marker() -> None:
    frame = capture.Frame(1, FIRST[:14] + b"socket-lab end lan 1", 60)
    assert not frame.is_marker("socket-lab end lan 1")
    longer = capture.Frame(1, marker("socket-lab end lan 12"), 60)
    assert not longer.is_marker("socket-lab end lan 1")


@pytest.mark.parametrize("missing", ["begin", "end"])
def test_a_capture_without_both_markers_is_not_proved(missing: str) -> None:
    texts = {"begin": "socket-lab start lan 1", "end": "socket-lab end lan 2"}
    there = [capture.Frame(1, marker(text), 60) for which, text in texts.items() if which != missing]
    with pytest.raises(CaptureError, match=f"lacks its marker `{texts[missing]}`"):
        list(between_markers(there, texts["begin"], texts["end"]))


def test_an_end_before_the_beginning_is_no_end() -> None:
    begin, end = capture.Frame(2, marker("b"), 60), capture.Frame(1, marker("e"), 60)
    other = capture.Frame(3, FIRST, 60)
    kept = list(between_markers([end, begin, other, end], "b", "e"))
    assert [frame for frame, _ in kept] == [begin, other, end]
    assert [comment is not None for _, comment in kept] == [True, False, True]


@pytest.mark.parametrize("order", ["<", ">"])
def test_files_of_machines_of_either_byte_order(tmp_path: Path, order: str) -> None:
    times = [1_700_000_000_000_000_001, 1_700_000_000_999_999_999]
    file = write(tmp_path, pcap([(times[0], FIRST), (times[1], SECOND)], order))
    assert [(frame.time, frame.data) for frame in frames(file)] == [(times[0], FIRST), (times[1], SECOND)]


@pytest.mark.parametrize("cut", [1, 4, len(SECOND), len(SECOND) + 1, len(SECOND) + 15])
def test_a_file_that_was_cut_ends_with_its_last_whole_frame(tmp_path: Path, cut: int) -> None:
    file = write(tmp_path, pcap([(1, FIRST), (2, SECOND)])[:-cut])
    assert [frame.data for frame in frames(file)] == [FIRST]


@pytest.mark.parametrize("size", [0, 3, 24])
def test_a_file_without_frames(tmp_path: Path, size: int) -> None:
    assert list(frames(write(tmp_path, pcap([])[:size]))) == []


def test_the_capture_of_a_run_that_died_is_kept_from_end_to_end(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.archives["tap"] = tar({"lan.pcap": pcap([(1, marker("x")), (2, FIRST)]), "wan.pcap": pcap([])[:10]})
    assert take_out(engine, "tap", tmp_path) == 2
    assert read(tmp_path) == [(0, marker("x")), (0, FIRST)]


def test_a_network_without_a_file_is_an_error_and_leaves_nothing_behind(tapped: Tapped, tmp_path: Path) -> None:
    capture.start(tapped.agent, ["lan", "wan"])
    captured = Capture(tapped.agent)
    tapped.engine.archives["tap"] = tar({"lan.pcap": pcap([])})
    with pytest.raises(CaptureError, match="the tap has no capture of wan"):
        captured.finish(tapped.engine, "tap", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.archives["tap"] = tar({"../../lan.pcap": pcap([(1, FIRST)]), "notes.txt": b"x"})
    run = tmp_path / "a" / "run"
    run.mkdir(parents=True)
    take_out(engine, "tap", run)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["capture.pcapng"]


def test_a_tap_that_cannot_capture_is_an_error_of_the_capture(tapped: Tapped) -> None:
    def refuse(**_: object) -> None:
        raise Refused("tcpdump ended: lan: You don't have permission")

    tapped.tap.do_record = refuse  # type: ignore[method-assign, assignment]
    with pytest.raises(CaptureError, match="tcpdump ended: lan: You don't have permission"):
        capture.start(tapped.agent, ["lan"])


@pytest.mark.parametrize(
    ("told", "asked", "answered", "found"),
    [
        (105, 100, 160, 0),  # one clock, and then 55 until the marker is in the file
        (100, 100, 100, 0),
        (5_105, 100, 160, 5_005),
        (55, 100, 160, -45),
    ],
)
def test_a_clock_is_compared_with_the_moment_of_the_question(told: int, asked: int, answered: int, found: int) -> None:
    assert ahead(told, asked, answered) == found
