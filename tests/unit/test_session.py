"""Hosts used by hand, on an engine that is none."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_engine import FakeEngine, FakeProgram
from test_onlooking import Heard
from test_runner import datagram, planned

from lab import doctor, record, session
from lab.agent import AgentRefused
from lab.record import END
from lab.scenario import Program
from lab.session import Ended, Left, Printed, Session, Woken


class ByHand:
    """A session on two hosts, and what its reporter heard."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.engine = FakeEngine({"cat": self.cat, "boom": lambda program: program.ends(None, "KILL")})
        self.heard = Heard()
        self.scenario = planned({"start": "server"}).scenario.model_copy(update={"folder": folder})
        (folder / "scenario.yaml").write_text("")
        monkeypatch.setattr(doctor, "connect", lambda: self.engine)
        monkeypatch.setattr(session, "RUNS", folder / "runs")
        self.runs = folder / "runs"

    def cat(self, program: FakeProgram) -> None:
        program.on_typed = program.prints
        program.on_closed = program.ends
        program.on_signal = lambda name: program.ends(None, name)

    def opened(self) -> object:
        return session.opened(self.scenario, self.heard, lambda _: True, minutes=60)


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ByHand:
    return ByHand(monkeypatch, tmp_path)


@pytest.fixture
def live(by_hand: ByHand) -> Iterator[Session]:
    with by_hand.opened() as live:  # type: ignore[attr-defined]
        yield live


def test_a_command_is_started_typed_to_and_ended(live: Session) -> None:
    command = live.start("alice", ["cat"])
    live.write(command, b"hi")
    (printed,) = live.take(10)
    assert isinstance(printed, Printed)
    assert (printed.command, printed.stream, printed.data) == (command, "out", b"hi")
    live.close(command)
    (ended,) = live.take(10)
    assert isinstance(ended, Ended)
    assert (ended.command, ended.exit, ended.signal) == (command, 0, None)
    with pytest.raises(AgentRefused):
        live.write(command, b"late")


def test_a_command_on_a_terminal_with_a_size(by_hand: ByHand, live: Session) -> None:
    command = live.start("server", ["cat"], terminal=(24, 80), env={"PS1": "> "})
    program = by_hand.engine.hosts["server"].programs[command]
    assert (program.window, program.env) == ((24, 80), {"PS1": "> "})
    live.resize(command, 40, 120)
    assert program.window == (40, 120)
    live.signal(command, "INT")
    (ended,) = live.take(10)
    assert isinstance(ended, Ended)
    assert ended.signal == "INT"


def test_two_commands_of_a_host_have_names_of_their_own(live: Session) -> None:
    one, two = live.start("alice", ["cat"]), live.start("alice", ["cat"])
    live.write(two, b"two")
    live.write(one, b"one")
    found = [each for _ in range(2) for each in live.take(0.5)]
    assert {(each.command, each.data) for each in found if isinstance(each, Printed)} == {(one, b"one"), (two, b"two")}


def test_other_threads_wake_it(live: Session) -> None:
    threading.Thread(target=live.wake, args=("x",)).start()
    assert live.take(10) == [Woken("x")]
    assert live.take(0) == []


def test_packets_are_told_to_the_reporter(by_hand: ByHand, live: Session) -> None:
    by_hand.engine.tap.carries("lan", datagram())
    live.take(0.2)
    assert by_hand.heard.names.count("passed") == 1


class Clock:
    """Stands for the module `time`."""

    def __init__(self) -> None:
        self.minutes = 0.0

    def monotonic(self) -> float:
        return self.minutes * 60


def test_it_is_said_when_it_is_to_end(by_hand: ByHand, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(session, "time", clock)
    with by_hand.opened() as live:  # type: ignore[attr-defined]
        said = []
        for clock.minutes in (0, 54.9, 55.1, 59.9, 60.1, 61):
            said.append(live.take(0))
    assert said == [[], [], [Left(5)], [], [Left(0)], []]


def test_what_is_started_and_typed_is_in_the_record(by_hand: ByHand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "OUTPUT_LIMIT", 40)
    cat = Program(host="alice", run=("cat",))
    programs = {name: cat.model_copy(update={"host": name}) for name in ("server", "alice")}
    by_hand.scenario = by_hand.scenario.model_copy(update={"programs": programs})
    with by_hand.opened() as live:  # type: ignore[attr-defined]
        server = live.start_program("server", (24, 80))
        live.write(server, "你好\n".encode())
        live.close(server)
        shell = live.start_recorded("alice-sh", cat, (24, 80))
        live.write(shell, b"\x1b[1malice\x1b[0m$ lx\b\x1b[Ks\r\n")
        live.write(shell, b"beyond what is kept")
        unnamed = live.start("alice", ["cat"])
        live.write(unnamed, b"x")
    recorded = record.load(live.folder)
    assert list(recorded.programs) == ["server", "alice", "alice-sh"]
    its, shells = recorded.programs["server"], recorded.programs["alice-sh"]
    assert ([line.text for line in its.input], [line.text for line in its.output]) == (["你好"], ["你好"])
    assert (its.exit, its.stopped_by_lab) == (0, False)
    assert recorded.programs["alice"].started is None
    assert shells.started is not None
    assert [line.text for line in shells.output][:1] == ["alice$ ls"]
    assert (shells.input, shells.output_cut, shells.stopped_by_lab) == ((), True, True)
    assert len((live.folder / "alice-sh.out").read_bytes()) == 40
    assert [facts.program for facts in recorded.limits] == ["alice-sh"]
    assert [told for told in by_hand.heard.names if told in {"said", "typed"}] == ["typed", "said", "said", "said"]


def test_the_state_that_hosts_are_left_in_is_in_the_record(by_hand: ByHand) -> None:
    with by_hand.opened() as live:  # type: ignore[attr-defined]
        by_hand.engine.out_of_memory.add("alice")
        by_hand.engine.hosts["alice"].dies()
        while not live.lost:
            live.take(1)
    assert set(record.load(live.folder).observations[END]) == {"server", "alice"}


def test_a_session_leaves_a_record_without_steps_and_the_capture(by_hand: ByHand) -> None:
    with by_hand.opened() as live:  # type: ignore[attr-defined]
        live.start("alice", ["cat"])
        by_hand.engine.tap.carries("lan", datagram())
    recorded = record.load(live.folder)
    assert recorded.steps == ()
    assert recorded.capture.packets == 3
    assert set(recorded.programs) == {"server", "alice"}
    assert not recorded.interrupted
    assert by_hand.heard.names.count("passed") == 1
    assert by_hand.engine.existing == {}
    assert (by_hand.runs / "udp" / "latest").resolve() == live.folder.resolve()


def test_ctrl_c_leaves_it_likewise(by_hand: ByHand) -> None:
    with by_hand.opened() as live:  # type: ignore[attr-defined]
        os.kill(os.getpid(), signal.SIGINT)
        live.take(10)
    assert record.load(live.folder).capture.whole
    assert by_hand.engine.existing == {}


def test_a_limit_of_a_command_is_of_its_host(by_hand: ByHand, live: Session) -> None:
    command = live.start("alice", ["cat"])
    by_hand.engine.hosts["alice"].hits("cpu", command)
    live.take(0.1)
    ((_, (_, facts)),) = [told for told in by_hand.heard.told if told[0] == "limit"]
    assert (facts.host, facts.program) == ("alice", None)


def test_a_host_whose_memory_runs_out_is_lost_and_the_others_are_not(by_hand: ByHand, live: Session) -> None:
    by_hand.engine.out_of_memory.add("alice")
    by_hand.engine.hosts["alice"].dies()
    live.take(0.2)
    assert live.lost == {"alice"}
    live.start("server", ["cat"])
