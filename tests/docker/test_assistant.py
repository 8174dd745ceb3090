"""The assistant on a real host, worked without its screen, against the server of the texts on another."""

from __future__ import annotations

import queue
from pathlib import Path
from typing import TypeVar

import driving
import pytest

from lab import arguments, reader, record, session
from lab.assistant.endpoint import Closed, Connect, Connected, Disconnect, Event, Fault, Peer, Printed, Received, Send
from lab.assistant.hosted import Hosted, names_of
from lab.capture import CAPTURE_FILE
from lab.engine import Engine
from lab.record import END
from lab.report import Reporter

PATIENCE = 30.0
HELLO = "早上好"
Kind = TypeVar("Kind", bound=Event)


class Told:
    """What an endpoint told; events of two hosts come in either order."""

    def __init__(self) -> None:
        self.queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.kept: list[Event] = []

    def next(self, kind: type[Kind]) -> Kind:
        """The next event of a kind."""
        while True:
            for event in self.kept:
                if isinstance(event, kind):
                    self.kept.remove(event)
                    return event
            self.kept.append(self.queue.get(timeout=PATIENCE))
            assert not isinstance(self.kept[-1], Fault), self.kept[-1]


def test_a_client_by_hand_and_the_server_of_the_texts(
    engine: Engine, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "RUNS", into)
    told = Told()
    scenario = arguments.scenario("tcp-multiclient")
    server = Peer("10.77.0.10", 8080)
    with driving.no_leaks(engine, into), session.opened(scenario, Reporter(), lambda _: False, minutes=60) as live:
        hosted = Hosted(live, "bob", ["server"])
        hosted.start(told.queue.put)
        live.agents["server"].ask("watch", want={"listening": "tcp", "port": 8080}, program="server")
        hosted.ask(Connect(host="server", port=8080))
        bob = told.next(Connected)
        assert bob.peer == server
        assert names_of(live)[server.address] == "server"
        assert "已成功连接客户端程序" in told.next(Printed).text
        hosted.ask(Send(peer=server, data=HELLO.encode("gbk")))
        assert told.next(Received).data.decode("gbk") == "OK,数据处理中..."
        assert told.next(Printed).text.startswith(HELLO)
        hosted.ask(Disconnect(peer=server))
        assert told.next(Closed).how == "here"
        assert "客户端程序已退出" in told.next(Printed).text
        hosted.close()
    recorded = record.load(live.folder)
    assert recorded.capture.whole
    assert recorded.steps == ()
    server = recorded.programs["server"]
    assert [line.text for line in server.output][1].startswith(HELLO)
    assert server.stopped_by_lab
    assert ("LISTEN", 8080, "server") in {
        (s.state, s.local_port, s.program) for s in recorded.observations[END]["server"].sockets
    }
    (connection,) = reader.read(live.folder / CAPTURE_FILE).connections
    assert connection.client.endpoint.port == bob.local.port
