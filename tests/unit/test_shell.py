"""Somebody at the shells of two hosts: what is typed and shown is told as a transcript."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_runner import planned

from lab import shell
from lab.agent import AgentRefused
from lab.errors import InputError
from lab.report.inside import InsideReporter
from lab.scenario import Program
from lab.session import Ended, Happening, Left, Printed, Woken
from lab.shell import ESCAPE, Inside, Keys, Resized, Typed, name_of
from lab.text import same


def split(*pieces: bytes) -> list[bytes | str]:
    keys = Keys()
    return [each for piece in pieces for each in keys.split(piece) if each]


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        ((b"ls\r",), [b"ls\r"]),
        ((b"\x1dq",), ["q"]),
        ((b"a\x1dqb",), [b"a", "q", b"b"]),
        ((b"a\x1d", b"2b"), [b"a", "2", b"b"]),
        ((b"\x1d\x1dx",), [b"\x1dx"]),
        ((b"\x03\x04\x1b[A",), [b"\x03\x04\x1b[A"]),
    ],
)
def test_what_is_for_the_lab_is_told_from_what_is_for_the_host(
    pieces: tuple[bytes, ...], found: list[bytes | str]
) -> None:
    assert split(*pieces) == found


@given(st.binary().filter(lambda data: ESCAPE not in data), st.integers(0, 10))
def test_all_else_reaches_the_host_as_it_is(data: bytes, place: int) -> None:
    assert b"".join(each for each in split(data[:place], data[place:]) if isinstance(each, bytes)) == data


class Hosts:
    """Two hosts whose happenings the test tells; when it has no more to tell, somebody leaves."""

    def __init__(self) -> None:
        self.scenario = planned({"start": "server"}).scenario
        self.lost: frozenset[str] = frozenset()
        self.did: list[tuple[Any, ...]] = []
        self.happens: list[Happening] = []
        self.shown = b""
        self.size = (24, 80)

    def start_recorded(self, name: str, program: Program, terminal: object) -> str:
        self.did.append(("start", program.host, terminal))
        return name

    def write(self, command: str, data: bytes) -> None:
        self.did.append(("write", command, data))

    def resize(self, command: str, rows: int, columns: int) -> None:
        self.did.append(("resize", command, rows, columns))

    def take(self, within: float) -> list[Happening]:
        if not self.happens:
            return [Woken(Typed(b"\x1dq"))]
        return [self.happens.pop(0)]

    def show(self, data: bytes) -> None:
        self.shown += data


class Told(InsideReporter):
    """What the lab says, by the names of what it is told."""

    def __init__(self) -> None:
        super().__init__("en", io.StringIO())
        self.said: list[Any] = []

    def at(self, host: str) -> None:
        self.said.append(("at", host))

    def help(self) -> None:
        self.said.append("help")

    def show_packets(self) -> None:
        self.said.append("packets")

    def gone(self) -> None:
        self.said.append("gone")

    def way_out(self) -> None:
        self.said.append("way out")

    def any_key(self, host: str) -> None:
        self.said.append(("any key", host))

    def left(self, minutes: int) -> None:
        self.said.append(("left", minutes))

    def killed(self, host: str) -> None:
        self.said.append(("killed", host))

    def lost(self, host: str) -> None:
        self.said.append(("lost", host))


class Stay:
    """A stay at the shells, beginning at `server`."""

    def __init__(self) -> None:
        self.hosts = Hosts()
        self.told = Told()

    def __call__(self, *happens: Happening) -> None:
        self.hosts.happens = list(happens)
        Inside(self.hosts, self.told, self.hosts.show, lambda: self.hosts.size).stay("server")  # type: ignore[arg-type]


@pytest.fixture
def stay() -> Stay:
    return Stay()


def typed(data: bytes) -> Woken:
    return Woken(Typed(data))


def printed(command: str, data: bytes) -> Printed:
    return Printed(command, "out", data, 0)


def test_bytes_go_to_the_shell_and_back_as_they_are(stay: Stay) -> None:
    stay(typed("好\x03".encode()), printed("server-sh", b"\xff\x1b[1m"))
    assert stay.hosts.did == [("start", "server", (24, 80)), ("write", "server-sh", "好\x03".encode())]
    assert stay.hosts.shown == b"\xff\x1b[1m"


@pytest.mark.parametrize("key", [b"2", b"a"])
def test_another_host_has_a_shell_of_its_own_which_stays(stay: Stay, key: bytes) -> None:
    stay(
        printed("server-sh", b"listening\r\nserver> "),
        typed(b"\x1d" + key),
        printed("alice-sh", b"alice> "),
        printed("server-sh", b"accepted\r\n"),
        typed(b"x\x1d1y"),
    )
    assert stay.told.said == [("at", "server"), ("at", "alice"), ("at", "server")]
    assert [each for each in stay.hosts.did if each[0] == "start"] == [
        ("start", "server", (24, 80)),
        ("start", "alice", (24, 80)),
    ]
    assert stay.hosts.did[-2:] == [("write", "alice-sh", b"x"), ("write", "server-sh", b"y")]
    assert stay.hosts.shown == b"listening\r\nserver> " + b"alice> " + b"server> accepted\r\n"


def test_keys_for_the_lab(stay: Stay) -> None:
    stay(printed("server-sh", b"a\r\n$ "), typed(b"\x1dl"), typed(b"\x1d?"), typed(b"\x1dz\x1d9"))
    assert stay.told.said == [("at", "server"), "packets", "help", "help", "help"]
    assert stay.hosts.shown == b"a\r\n$ " + b"$ " * 4
    assert [each for each in stay.hosts.did if each[0] == "write"] == []


def test_all_shells_get_a_new_size(stay: Stay) -> None:
    stay(typed(b"\x1d2"), Woken(Resized()))
    assert stay.hosts.did[-2:] == [("resize", "server-sh", 24, 80), ("resize", "alice-sh", 24, 80)]


WATCH = b"\x1b[?1049hdrawn"
LEFT = b"\x1b[r\x1b[0m\x1b[?1049l"
AGAIN = b"\x1b[?1049h\x1b[2J\x1b[H"


def resized(hosts: Hosts) -> list[tuple[Any, ...]]:
    return [each[1:] for each in hosts.did if each[0] == "resize"]


def test_a_drawing_is_put_away_for_another_host_and_drawn_anew(stay: Stay) -> None:
    stay(printed("server-sh", WATCH), typed(b"\x1da"), printed("server-sh", b"unseen"), typed(b"\x1ds"))
    assert stay.hosts.shown == WATCH + LEFT + AGAIN + LEFT
    assert resized(stay.hosts) == [("server-sh", 23, 80), ("server-sh", 24, 80)]


def test_what_the_lab_says_before_a_drawing_stands_until_a_key_that_nobody_else_gets(stay: Stay) -> None:
    stay(printed("server-sh", WATCH), typed(b"\x1dl"), printed("server-sh", b"unseen"), typed(b"x"), typed(b"y"))
    assert stay.told.said == [("at", "server"), "packets", ("any key", "server")]
    assert stay.hosts.shown == WATCH + LEFT + AGAIN + LEFT
    assert [each[2] for each in stay.hosts.did if each[0] == "write"] == [b"y"]


def test_who_types_ctrl_c_again_and_again_is_told_the_way_out(stay: Stay) -> None:
    stay(typed(b"\x03"), typed(b"x"), typed(b"\x03"), typed(b"\x03"), typed(b"\x03"))
    assert stay.told.said == [("at", "server"), "way out"]
    assert len([each for each in stay.hosts.did if each[0] == "write"]) == 5


def test_it_ends_when_the_time_is_up_and_says_so_before(stay: Stay) -> None:
    stay(printed("server-sh", b"$ "), Left(5), typed(b"x"), Left(0), typed(b"y"))
    assert stay.told.said == [("at", "server"), ("left", 5), ("left", 0)]
    assert stay.hosts.shown == b"$ " * 2
    assert [each[2] for each in stay.hosts.did if each[0] == "write"] == [b"x"]


def test_the_name_of_a_shell_is_that_of_no_program() -> None:
    scenario = Hosts().scenario
    assert name_of("alice", scenario) == "alice-sh"
    taken = scenario.model_copy(update={"programs": {"alice-sh": scenario.programs["server"]}})
    assert name_of("alice", taken) == "alice-sh-"


@pytest.mark.parametrize("leaving", [Ended("server-sh", 0, None, 0), typed(b""), typed(b"\x1dq")])
def test_the_ways_out(stay: Stay, leaving: Happening) -> None:
    stay(leaving, typed(b"never"))
    assert [each for each in stay.hosts.did if each[0] == "write"] == []


def test_to_a_terminal_that_is_gone_nothing_is_said(stay: Stay) -> None:
    stay(typed(b""))
    assert stay.told.said == [("at", "server"), "gone"]


def test_a_shell_that_is_left_elsewhere_is_started_anew_when_somebody_comes_back(stay: Stay) -> None:
    stay(typed(b"\x1d2"), Ended("server-sh", 0, None, 0), typed(b"\x1d1"))
    assert [each[1] for each in stay.hosts.did if each[0] == "start"] == ["server", "alice", "server"]


def test_a_shell_that_was_killed_is_replaced(stay: Stay) -> None:
    stay(Ended("server-sh", None, "KILL", 0), typed(b"x"))
    assert stay.told.said == [("at", "server"), ("killed", "server"), ("at", "server")]
    assert stay.hosts.did[-1] == ("write", "server-sh", b"x")


def test_a_host_that_is_lost_has_no_shell(stay: Stay) -> None:
    stay.hosts.lost = frozenset({"alice"})
    stay(typed(b"\x1d2"), typed(b"x"))
    assert stay.told.said[-1] == ("lost", "alice")
    assert len(stay.hosts.did) == 1


def test_a_shell_goes_with_its_host(stay: Stay) -> None:
    stay.hosts.write = lambda command, data: setattr(stay.hosts, "lost", frozenset({"server"}))  # type: ignore[method-assign]
    stay(typed(b"x"), typed(b"y"), typed(b"\x1d2"))
    assert stay.told.said == [("at", "server"), ("lost", "server"), ("at", "alice")]


def test_what_a_shell_that_has_just_ended_is_told_is_lost(stay: Stay) -> None:
    def ended(command: str, data: bytes) -> None:
        raise AgentRefused(same("it has ended"))

    stay.hosts.write = ended  # type: ignore[method-assign]
    stay(typed(b"x"))


def test_it_needs_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell.os, "isatty", lambda _: False)
    with pytest.raises(InputError, match="needs a terminal: `lab run udp`"):
        shell.shell(Hosts().scenario, None, Told(), lambda _: True, None, 60)


def test_it_needs_a_host_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell.os, "isatty", lambda _: True)
    with pytest.raises(InputError, match="no host `alise`; there is server, alice"):
        shell.shell(Hosts().scenario, "alise", Told(), lambda _: True, Path(), 60)
