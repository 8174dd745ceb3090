"""A run that somebody looks on at, here from the same process."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeProgram, FakeStream, FakeTap
from test_runner import Hello, datagram, planned

from lab import onlooking, runner, runs
from lab.agent import Agent
from lab.errors import InputError
from lab.onlooking import Journal
from lab.record import LimitFacts, OutputLine, StepFacts, Words
from lab.report import Reporter
from lab.runner import Following
from lab.runs import LIVE_FILE, WATCHED_FILE
from lab.steps import SocketPort

STEPS: list[dict[str, Any]] = [
    {"start": "server", "until": {"listening": {"udp": 53}}},
    {"start": "alice"},
    {"wait": "alice", "exit": 0},
]


class Heard(Reporter):
    """Writes down what it is told of."""

    def __init__(self) -> None:
        self.told: list[tuple[str, tuple[Any, ...]]] = []

    def __getattribute__(self, name: str) -> Any:
        if name in vars(Reporter) and not name.startswith("_"):
            return lambda *arguments: self.told.append((name, arguments))
        return super().__getattribute__(name)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.told]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with runs.new_folder(tmp_path, "udp") as made:
        yield made


@pytest.fixture
def journal(folder: Path) -> Iterator[Journal]:
    with contextlib.closing(Journal(folder)) as made:
        yield made


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onlooking, "BACKLOG", 0.0)
    monkeypatch.setattr(onlooking, "POLL", 0.001)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ready", (1, "server", SocketPort(tcp=8080))),
        ("connected", (1, "alice", 40000, "10.77.0.10", 8080)),
        ("said", (1, "server", OutputLine(time=5, stream="out", text="好\x1b"))),
        ("typed", (1, "alice", None)),
        ("limit", (1, LimitFacts(what="cpu", host="a", limit=30, time=1))),
        ("ended", (1, "alice", None, "KILL")),
        ("skipped", (1, 2, 3)),
        ("left_out", (1, 77)),
        (
            "step_failed",
            (
                1,
                StepFacts(index=1, verb="x", outcome="failed", started=1, ended=2, what=Words(en="a", zh="b")),
                ("last", "lines"),
            ),
        ),
    ],
)
@pytest.mark.usefixtures("at_once")
def test_what_was_told_is_told_again(
    folder: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch, name: str, arguments: tuple[object, ...]
) -> None:
    journal.tell(name, *arguments)
    alive = iter([True, False])
    monkeypatch.setattr(runs, "alive", lambda _: next(alive))
    heard = Heard()
    onlooking.look_on(folder, heard)
    assert heard.told == [(name, arguments)]


@pytest.mark.usefixtures("at_once")
def test_who_comes_late_is_told_in_the_order_of_time(
    folder: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packets are followed once somebody asks for them: after what the programs have said by then."""
    monkeypatch.setattr(onlooking, "BACKLOG", 10.0)
    for time_ in (5, 9, 7):
        journal.tell("left_out", time_, 1)
    alive = iter([True, False])
    monkeypatch.setattr(runs, "alive", lambda _: next(alive))
    heard = Heard()
    onlooking.look_on(folder, heard)
    assert [arguments[0] for _, arguments in heard.told] == [5, 7, 9]


@pytest.mark.usefixtures("at_once")
def test_a_line_is_read_when_it_is_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / LIVE_FILE
    file.write_bytes(b"left_out [1,")
    asked = []

    def alive(_: Path) -> bool:
        asked.append(1)
        if len(asked) == 2:
            with file.open("ab") as more:
                more.write(b"2]\n")
        return len(asked) < 4

    monkeypatch.setattr(runs, "alive", alive)
    heard = Heard()
    onlooking.look_on(folder, heard)
    assert heard.told == [("left_out", (1, 2))]


def test_where_no_run_goes_on(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run goes on in "):
        onlooking.look_on(tmp_path, Reporter())
    assert not (tmp_path / WATCHED_FILE).exists()


def test_without_room_the_run_goes_on(journal: Journal) -> None:
    class Full:
        closed = False

        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            self.closed = True

    journal._file.close()
    journal._file = Full()  # type: ignore[assignment]
    journal.tell("left_out", 1, 2)
    journal.tell("left_out", 1, 2)


def test_the_tap_follows_once_somebody_asks(folder: Path) -> None:
    tap = FakeTap()
    agent = Agent("tap", FakeStream(tap), queue.SimpleQueue())
    with onlooking.asked(folder, agent):
        assert not tap.followed
        (folder / WATCHED_FILE).touch()
        until = time.monotonic() + 10
        while not tap.followed:
            assert time.monotonic() < until
    agent.close()


@pytest.mark.usefixtures("at_once")
def test_a_run_is_looked_on_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    hello = Hello()
    heard, reporter = Heard(), Heard()
    looking: list[threading.Thread] = []

    def alice(program: FakeProgram) -> None:
        hello.engine.tap.carries("lan", datagram())
        looker = threading.Thread(target=onlooking.look_on, args=(folder, heard))
        looker.start()
        looking.append(looker)
        program.prints(b"hi\n")
        until = time.monotonic() + 10
        while not hello.engine.tap.followed:
            assert time.monotonic() < until
        program.ends()

    hello.engine.behaviours = {"server": hello.server, "alice": alice}
    with runs.new_folder(tmp_path, "udp") as folder:
        runner.run(hello.engine, planned(*STEPS), folder, reporter, 0.0, Following.ON_REQUEST)
    looking[0].join()
    assert sorted(heard.names) == sorted(name for name in ["started", *reporter.names] if name != "doing")
    (packet,) = [arguments[1] for name, arguments in heard.told if name == "passed"]
    assert (packet.conversation, packet.payload) == ("u1", b"hi")
    assert sorted(file.name for file in folder.iterdir()) == ["alice.out", "capture.pcapng", "record.json"]


def test_a_run_that_nobody_may_look_on_tells_of_no_packet(folder: Path) -> None:
    hello, reporter = Hello(), Heard()
    runner.run(hello.engine, planned(*STEPS), folder, reporter, 0.0)
    assert "passed" not in reporter.names
    assert not hello.engine.tap.followed
    assert not (folder / LIVE_FILE).exists()
