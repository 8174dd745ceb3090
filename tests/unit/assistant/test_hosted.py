"""The assistant on a host of a session; the session is the test."""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest

from lab import arguments, session
from lab.agent import AgentRefused
from lab.assistant.endpoint import Again, Began, Ended, Event, Gone, Peer, Printed, Received, Remark, Stop, Type, Typed
from lab.assistant.hosted import PROGRAM, WINDOW, Hosted, assist
from lab.errors import EngineError, InputError, LabError
from lab.session import Happening, Session
from lab.session import Printed as Output
from lab.text import say

PATIENCE = 10.0
RECEIVED = b'{"event": "received", "peer": ["10.77.0.11", 53294], "data": "AP8=", "time": 5}\n'
ENDPOINT, SERVER = "bob/2", "server"


class Live:
    """A session in which nothing happens but what the test says."""

    def __init__(self) -> None:
        self.scenario = arguments.scenario("tcp-multiclient")
        self.lost: frozenset[str] = frozenset()
        self.started: list[tuple[str, tuple[str, ...], object]] = []
        self.written: list[tuple[str, bytes]] = []
        self.refusal: LabError | None = None
        self.failure: LabError | None = None
        self.happens: queue.SimpleQueue[Happening] = queue.SimpleQueue()
        self.minutes = 60

    def start(self, host: str, run: Sequence[str]) -> str:
        self.started.append((host, tuple(run), None))
        return f"{host}/{len(self.started)}"

    def start_program(self, name: str, terminal: tuple[int, int]) -> str:
        self.started.append((name, (), terminal))
        return name

    def write(self, command: str, data: bytes) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.written.append((command, data))

    def take(self, within: float) -> list[Happening]:
        if self.failure is not None:
            raise self.failure
        try:
            return [self.happens.get(timeout=within)]
        except queue.Empty:
            return []


class Listening:
    """An endpoint on bob, the server beside, and what is told of them."""

    def __init__(self) -> None:
        self.live = Live()
        self.hosted = Hosted(cast("Session", self.live), "bob", ["server"])
        self.told: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def hears(self, *happenings: Happening) -> Event:
        for happening in happenings:
            self.live.happens.put(happening)
        return self.told.get(timeout=PATIENCE)


@pytest.fixture
def listening() -> Iterator[Listening]:
    made = Listening()
    made.hosted.start(made.told.put)
    assert isinstance(made.hears(), Began)
    lasts = made.hears()
    assert isinstance(lasts, Remark)
    assert (lasts.words.en, lasts.calm) == ("ends by itself after 60 minutes (--minutes)", True)
    yield made
    made.hosted.close()
    assert made.told.empty()


def test_the_programs_beside_are_started_first_then_the_endpoint(listening: Listening) -> None:
    assert listening.live.started == [("server", (), WINDOW), ("bob", PROGRAM, None)]


def test_requests_are_lines_to_the_endpoint(listening: Listening) -> None:
    listening.hosted.ask(Stop())
    assert listening.live.written == [(ENDPOINT, b'{"do":"stop"}\n')]


def test_its_lines_are_events_however_they_are_cut(listening: Listening) -> None:
    came = listening.hears(Output(ENDPOINT, "out", RECEIVED[:20], 1), Output(ENDPOINT, "out", RECEIVED[20:], 2))
    assert came == Received(time=5, peer=Peer("10.77.0.11", 53294), data=b"\0\xff")


def test_lines_of_a_program_beside_however_they_are_cut(listening: Listening) -> None:
    text = "已成功\r\n好".encode()
    halves = [Output(SERVER, "out", text[:1], 1), Output(SERVER, "out", text[1:], 2)]
    assert listening.hears(*halves) == Printed(time=2, program="server", text="已成功")
    assert listening.hears(Output(SERVER, "err", b"oops\n", 3)) == Printed(time=3, program="server", text="oops")
    assert listening.hears(session.Ended(SERVER, 1, None, 4)) == Printed(time=4, program="server", text="好")
    assert listening.hears() == Ended(time=4, program="server", how="exit 1")


def test_a_program_that_was_killed(listening: Listening) -> None:
    assert listening.hears(session.Ended(SERVER, None, "KILL", 4)) == Ended(time=4, program="server", how="SIGKILL")


def test_programs_that_have_ended_are_started_again_and_no_other(listening: Listening) -> None:
    listening.hosted.ask(Again())
    listening.hears(session.Ended(SERVER, 1, None, 4))
    listening.hosted.ask(Again())
    assert isinstance(listening.hears(), Began)
    assert [host for host, *_ in listening.live.started] == ["server", "bob", "server"]
    assert listening.hears(Output(SERVER, "out", b"up\n", 5)) == Printed(time=5, program="server", text="up")


def test_lines_are_typed_to_a_program_while_it_runs(listening: Listening) -> None:
    listening.hosted.ask(Type(program="server", line="你好"))
    assert listening.live.written == [(SERVER, "你好\n".encode())]
    assert isinstance(listening.hears(), Typed)
    listening.hears(session.Ended(SERVER, 1, None, 4))
    listening.hosted.ask(Type(program="server", line="late"))
    assert len(listening.live.written) == 1


def test_the_end_of_the_endpoint_is_told_with_its_last_words(listening: Listening) -> None:
    said = Output(ENDPOINT, "err", b"Traceback\nMemoryError\n", 1)
    gone = listening.hears(said, session.Ended(ENDPOINT, 1, None, 2))
    assert isinstance(gone, Gone)
    assert str(gone.why) == "the assistant on bob has ended: it said: MemoryError"


def test_it_is_told_that_it_ends_and_ends(listening: Listening) -> None:
    remark = listening.hears(session.Left(5))
    assert isinstance(remark, Remark)
    assert (remark.words.en, remark.calm) == ("5 minutes are left; then this ends by itself", False)
    assert not listening.hosted.timed_out
    gone = listening.hears(session.Left(0))
    assert isinstance(gone, Gone)
    assert gone.why is None
    assert listening.hosted.timed_out


def test_a_host_that_is_lost_is_told_once(listening: Listening) -> None:
    listening.live.lost = frozenset({"bob"})
    gone = listening.told.get(timeout=PATIENCE)
    assert isinstance(gone, Gone)
    assert gone.why.what.zh == "bob 上的助手已结束"


@pytest.mark.parametrize("line", [b"hello\n", b"{}\n"])
def test_an_endpoint_that_talks_nonsense(listening: Listening, line: bytes) -> None:
    gone = listening.hears(Output(ENDPOINT, "out", line, 1))
    assert isinstance(gone, Gone)
    assert isinstance(gone.why, EngineError)


def test_an_engine_that_goes_away(listening: Listening) -> None:
    listening.live.failure = EngineError(say("gone", "没了"))
    gone = listening.told.get(timeout=PATIENCE)
    assert isinstance(gone, Gone)
    assert gone.why is listening.live.failure


def test_what_cannot_be_asked_any_more(listening: Listening) -> None:
    listening.live.refusal = AgentRefused(say("it has ended", "it has ended"))
    with pytest.raises(EngineError, match="the assistant on bob has ended"):
        listening.hosted.ask(Stop())


def test_what_the_lab_has_to_say(listening: Listening) -> None:
    listening.hosted.remark(say("memory", "内存"))
    remark = listening.told.get(timeout=PATIENCE)
    assert isinstance(remark, Remark)
    assert remark.words.zh == "内存"


@pytest.mark.parametrize(
    ("terminal", "host", "beside", "why"),
    [
        (False, None, [], "`lab assistant` needs a terminal"),
        (True, "bobb", [], "no host `bobb`; did you mean `bob`?"),
        (True, "bob", ["server", "serve"], "no program `serve`; did you mean `server`?"),
    ],
)
def test_calls_that_are_none(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, host: str | None, beside: list[str], why: str
) -> None:
    monkeypatch.setattr(os, "isatty", lambda _: terminal)
    nobody: Any = None
    with pytest.raises(InputError) as raised:
        assist(arguments.scenario("tcp-multiclient"), host, beside, nobody, nobody, "en", 60)
    assert str(raised.value.what) == why
