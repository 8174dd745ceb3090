from __future__ import annotations

import json
import queue
from collections.abc import Iterator

import pytest
from fake_engine import END, FakeStream

from lab.agent import COMPLAINTS, Agent, AgentRefused, Event
from lab.errors import EngineError


class Conversation:
    """An agent whose far end the test speaks for."""

    def __init__(self) -> None:
        self.stream = FakeStream()
        self.inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.agent = Agent("server", self.stream, self.inbox)

    def event(self) -> Event:
        return self.inbox.get(timeout=5)


@pytest.fixture
def talk() -> Iterator[Conversation]:
    conversation = Conversation()
    yield conversation
    conversation.agent.close()


def test_a_request_is_one_line_with_a_number_of_its_own(talk: Conversation) -> None:
    talk.agent.tell("watch", want={"quiet": True})
    talk.agent.tell("sockets")
    assert [json.loads(line) for line in talk.stream.sent.splitlines()] == [
        {"id": 1, "do": "watch", "want": {"quiet": True}},
        {"id": 2, "do": "sockets"},
    ]


def test_replies_reach_whoever_asked_in_any_order(talk: Conversation) -> None:
    first, second = talk.agent.tell("one"), talk.agent.tell("two")
    talk.stream.says({"id": 2, "ok": {"n": 2}})
    talk.stream.says({"id": 1, "ok": {"n": 1}})
    assert (first.wait(), second.wait()) == ({"n": 1}, {"n": 2})
    assert first.arrived


def test_a_reply_is_in_the_inbox_after_what_was_said_before_it(talk: Conversation) -> None:
    talk.agent.tell("close")
    talk.stream.says({"event": "output", "program": "server"})
    talk.stream.says({"id": 1, "ok": {}})
    assert [talk.event().kind, talk.event().kind] == ["output", "reply"]


def test_an_event_says_whose_it_is(talk: Conversation) -> None:
    talk.stream.says({"event": "ended", "program": "alice", "exit": 0})
    assert talk.event() == Event("server", "ended", {"program": "alice", "exit": 0})


def test_a_refusal_carries_the_kernels_reason(talk: Conversation) -> None:
    reply = talk.agent.tell("start")
    talk.stream.says({"id": 1, "error": "No such file or directory", "errno": 2})
    with pytest.raises(AgentRefused, match="server: No such file or directory") as refused:
        reply.wait()
    assert refused.value.errno == 2


def test_an_agent_that_does_not_answer_is_an_error_of_the_engine(talk: Conversation) -> None:
    with pytest.raises(EngineError, match="server does not answer"):
        talk.agent.tell("sockets").wait(within=0.01)


def test_when_the_connection_ends_everybody_who_waits_is_told(talk: Conversation) -> None:
    replies = [talk.agent.tell("one"), talk.agent.tell("two")]
    talk.stream.pieces.put(END)
    for reply in replies:
        with pytest.raises(EngineError, match=r"the connection to server was lost: was its container removed"):
            reply.wait()
    assert talk.event() == Event("server", "lost", {"said": ""})


def test_a_request_after_the_end_is_lost_at_once(talk: Conversation) -> None:
    talk.stream.pieces.put(END)
    talk.event()
    with pytest.raises(EngineError, match="was lost"):
        talk.agent.ask("sockets")
    assert talk.stream.sent == b""


def test_what_killed_an_agent_is_said(talk: Conversation) -> None:
    reply = talk.agent.tell("sockets")
    talk.stream.pieces.put((2, b"Traceback (most recent call last):\n  File ...\nMemoryEr"))
    talk.stream.pieces.put((2, b"ror: no room\n\n"))
    talk.stream.pieces.put(END)
    with pytest.raises(EngineError, match="was lost: it said: MemoryError: no room"):
        reply.wait()
    assert talk.event().body == {"said": "MemoryError: no room"}


def test_complaints_without_end_are_not_kept_without_end(talk: Conversation) -> None:
    for _ in range(100):
        talk.stream.pieces.put((2, b"x" * 1000))
    talk.stream.pieces.put(END)
    talk.event()
    assert len(talk.agent.last_words) == COMPLAINTS


def test_lines_come_together_from_pieces(talk: Conversation) -> None:
    data = "\u4f60" * 100_000
    reply = talk.agent.tell("run")
    message = json.dumps({"id": 1, "ok": {"out": data}}, ensure_ascii=False).encode() + b'\n{"event": "up"}\n'
    for at in range(0, len(message), 4001):  # in the middle of characters too
        talk.stream.pieces.put((1, message[at : at + 4001]))
    assert reply.wait()["out"] == data
    assert [talk.event().kind, talk.event().kind] == ["reply", "up"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"segmentation fault",
        b"[1, 2]",
        b"17",
        b'{"ok": {}}',
        b'{"id": 99, "ok": {}}',
        b'{"id": [], "ok": {}}',
        b"\xff\xfe",
        b"",
        b"[" * 100_000,
    ],
)
def test_what_makes_no_sense_ends_the_conversation_with_an_error(talk: Conversation, garbage: bytes) -> None:
    reply = talk.agent.tell("sockets")
    talk.stream.pieces.put((1, garbage + b"\n"))
    with pytest.raises(EngineError, match="the connection to server was lost"):
        reply.wait()
    assert talk.event().kind == "lost"


def test_garbage_is_shown(talk: Conversation) -> None:
    reply = talk.agent.tell("sockets")
    talk.stream.pieces.put((1, b"segmentation fault\n"))
    with pytest.raises(EngineError, match="it said: segmentation fault"):
        reply.wait()


def test_close_ends_the_reader() -> None:
    conversation = Conversation()
    conversation.agent.close()
    assert conversation.stream.closed
    assert not conversation.agent._reader.is_alive()
