"""A conversation in JSON lines with the first process of a container.

`ask` sends a request and waits for its reply; `tell` and a `Reply` do it in two halves, so that
several agents work at once. What an agent says without being asked, its events, go to the
`inbox`, where replies that somebody waits for in order of time go too.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.engine import Stream
from lab.errors import EngineError, LabError
from lab.text import Text, say

REPLY_WITHIN = 30.0  # seconds an agent may take for what takes milliseconds, before it counts as lost
COMPLAINTS = 4096  # bytes that are kept of what an agent says against its own working


class AgentRefused(LabError):
    """The agent could not do what it was asked; `errno` where the kernel said why."""

    def __init__(self, what: Text, errno: int | None = None) -> None:
        super().__init__(what)
        self.errno = errno


class AgentLost(EngineError):
    """The conversation with an agent is over, and nobody of the lab ended it."""

    def __init__(self, agent: str, what: Text, remedy: Text | None = None) -> None:
        super().__init__(what, remedy)
        self.agent = agent


@dataclass(frozen=True, slots=True)
class Event:
    """Something that an agent said by itself, or its late reply to a request that was `told`."""

    agent: str
    kind: str
    body: Mapping[str, Any]


class Reply:
    """The reply to one request, when it comes."""

    def __init__(self, agent: str, number: int) -> None:
        self.number = number
        self._agent = agent
        self._arrived = threading.Event()
        self._message: Mapping[str, Any] = {}

    def put(self, message: Mapping[str, Any]) -> None:
        """Called by the reader when the reply is there."""
        self._message = message
        self._arrived.set()

    @property
    def arrived(self) -> bool:
        """Whether the reply is there."""
        return self._arrived.is_set()

    def wait(self, within: float = REPLY_WITHIN) -> dict[str, Any]:
        """What the agent replied. Raises `AgentRefused`, `AgentLost`, or `EngineError` if nothing came."""
        if not self._arrived.wait(within):
            raise EngineError(say("{agent} does not answer", "{agent} 没有应答", agent=self._agent))
        if "lost" in self._message:
            raise lost(self._agent, self._message["lost"])
        if "error" in self._message:
            why = self._message["error"]
            raise AgentRefused(
                say("{agent}: {why}", "{agent}:{why}", agent=self._agent, why=why), self._message.get("errno")
            )
        return dict(self._message["ok"])


def lost(agent: str, last_words: str) -> AgentLost:
    """The error that `agent` is gone; its last words are there when it was its own fault."""
    return AgentLost(
        agent,
        say("the connection to {agent} was lost", "与 {agent} 的连接中断", agent=agent),
        say("it said: {words}", "它的最后输出：{words}", words=last_words)
        if last_words
        else say(
            "was its container removed, or the engine stopped?",
            "它的容器被删除了，或者引擎停止了？",
        ),
    )


class Agent:
    """The lab's end of the conversation with one container."""

    def __init__(self, name: str, stream: Stream, inbox: queue.SimpleQueue[Event]) -> None:
        self.name = name
        self._stream = stream
        self._inbox = inbox
        self._replies: dict[int, Reply] = {}
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._number = 0
        self._lost = False
        self._complaints = bytearray()
        self._reader = threading.Thread(target=self._read, name=f"reader of {name}", daemon=True)
        self._reader.start()

    def tell(self, do: str, **arguments: object) -> Reply:
        """Send a request; its reply comes later. Raises `AgentLost` if it cannot be sent."""
        with self._lock:
            self._number += 1
            reply = Reply(self.name, self._number)
            gone = self._lost
            if not gone:
                self._replies[reply.number] = reply
        if gone:
            reply.put({"lost": self.last_words})
        else:
            self._send({"id": reply.number, "do": do} | arguments)
        return reply

    def ask(self, do: str, **arguments: object) -> dict[str, Any]:
        """Send a request and wait for its reply."""
        return self.tell(do, **arguments).wait()

    def _send(self, request: Mapping[str, object]) -> None:
        try:
            with self._sending:
                self._stream.send(json.dumps(request).encode() + b"\n")
        except EngineError as error:
            self._reader.join(REPLY_WITHIN)  # what it still said comes first
            raise AgentLost(self.name, error.what, error.remedy) from error

    def close(self) -> None:
        """End the conversation; the agent ends with it."""
        self._stream.close()
        self._reader.join(REPLY_WITHIN)

    @property
    def last_words(self) -> str:
        """The last line that the agent wrote to its standard error, its own faults, or that made no sense."""
        lines = self._complaints.decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _read(self) -> None:
        rest = b""
        sense = True
        while sense:
            stream, data = self._stream.receive()
            if stream == 0:
                break
            if stream == 1:
                *lines, rest = (rest + data).split(b"\n")
                sense = all(self._heard(line) for line in lines)
            else:
                self._complain(data)
        self._end()

    def _heard(self, line: bytes) -> bool:
        """Take in one line; whether it makes sense."""
        try:
            message = json.loads(line)
            if "event" in message:
                self._inbox.put(Event(self.name, message.pop("event"), message))
                return True
            with self._lock:
                reply = self._replies.pop(message["id"])
        except (ValueError, TypeError, KeyError, RecursionError):
            self._complain(b"\n" + line)
            return False
        reply.put(message)
        self._inbox.put(Event(self.name, "reply", message))
        return True

    def _complain(self, data: bytes) -> None:
        self._complaints = (self._complaints + data)[-COMPLAINTS:]

    def _end(self) -> None:
        with self._lock:
            self._lost = True
            self._inbox.put(Event(self.name, "lost", {"said": self.last_words}))  # before whoever waits is told
            waiting = list(self._replies.values())
            self._replies.clear()
        for reply in waiting:
            reply.put({"lost": self.last_words})
