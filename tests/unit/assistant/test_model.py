"""The assistant without sockets and without a terminal."""

from __future__ import annotations

import errno

import pytest

from lab.assistant import model as model_module
from lab.assistant.endpoint import (
    Began,
    Closed,
    Connect,
    Connected,
    Ended,
    Event,
    Fault,
    Gone,
    Listen,
    Listening,
    Peer,
    Printed,
    Received,
    Send,
    Sent,
    Stopped,
    Type,
    Typed,
)
from lab.assistant.model import Assistant, History, Mode, Settings, State, Traffic
from lab.errors import EngineError, InputError
from lab.text import same

ALICE, BOB = Peer("10.77.0.11", 53294), Peer("fd77::c", 40000)
SERVER = Peer("", 8080)
UP = Listening(time=1, transport="tcp", local=SERVER)


def model(*events: Event, mode: Mode = Mode.SERVER) -> Assistant:
    """An assistant that was started, and what happened since."""
    made = Assistant({"10.77.0.11": "alice"})
    made.start(Settings(mode=mode, address="server"))
    for event in events:
        made.take(event)
    return made


def came(*peers: Peer) -> list[Event]:
    return [UP, *(Connected(time=2, peer=peer, local=SERVER) for peer in peers)]


def words(made: Assistant) -> list[str]:
    return [f"{entry.who} {entry.words.en}".strip() for entry in made.entries]


@pytest.mark.parametrize(
    ("settings", "request_"),
    [
        (Settings(), Listen(transport="tcp", port=8080)),
        (Settings(address=" ::1 ", port="0"), Listen(transport="tcp", port=0, address="::1")),
        (Settings(Mode.UDP, port="7", broadcast=True), Listen(transport="udp", port=7, broadcast=True)),
        (Settings(Mode.SERVER, broadcast=True), Listen(transport="tcp", port=8080)),
        (Settings(Mode.CLIENT, "server"), Connect(host="server", port=8080)),
    ],
)
def test_what_the_form_asks_for(settings: Settings, request_: object) -> None:
    made = Assistant()
    assert made.start(settings) == request_
    assert (made.mode, made.state) == (settings.mode, State.STARTING)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (Settings(Mode.CLIENT), "the address of the server is missing"),
        (Settings(Mode.CLIENT, "server", "0"), "`0` is no port: 1 to 65535"),
        (Settings(port="x"), "`x` is no port: 0 to 65535"),
    ],
)
def test_a_form_that_asks_for_nothing(settings: Settings, why: str) -> None:
    made = Assistant()
    with pytest.raises(InputError, match=why):
        made.start(settings)
    assert made.state is State.IDLE


def test_a_server_counts_for_each_client() -> None:
    made = model(
        *came(ALICE, BOB),
        Received(time=3, peer=ALICE, data=b"12345"),
        Sent(time=4, peer=ALICE, data=b"12"),
        Sent(time=5, peer=BOB, data=b"1"),
    )
    assert made.state is State.OPEN
    assert made.peers == {ALICE: Traffic(5, 2), BOB: Traffic(0, 1)}
    made.take(Closed(time=6, peer=ALICE, how="peer"))
    assert list(made.peers) == [BOB]
    assert words(made)[-1] == "alice:53294 closed by the peer; received 5 B, sent 2 B"
    assert made.name_of(BOB) == "[fd77::c]:40000"
    made.take(Stopped(time=7))
    assert (made.state, made.peers) == (State.IDLE, {})


def test_what_is_typed_goes_to_one_or_to_all() -> None:
    made = model(*came(ALICE, BOB))
    settings = Settings(encoding="gbk", ending="CRLF")
    assert made.send("你", settings, ALICE) == [Send(peer=ALICE, data=b"\xc4\xe3\r\n")]
    assert made.send("", settings, None) == [Send(peer=ALICE, data=b"\r\n"), Send(peer=BOB, data=b"\r\n")]
    as_hex = Settings(hexadecimal=True, ending="CRLF")
    assert made.send("00 ff", as_hex, BOB) == [Send(peer=BOB, data=b"\0\xff")]


def test_datagrams_go_to_whom_the_form_names_or_to_one_that_has_written() -> None:
    made = model(
        Listening(time=1, transport="udp", local=SERVER), Received(time=2, peer=ALICE, data=b"?"), mode=Mode.UDP
    )
    assert made.send("", Settings(target="server:53"), None) == [Send(peer=Peer("server", 53), data=b"")]
    assert made.send("!", Settings(), ALICE) == [Send(peer=ALICE, data=b"!")]
    assert made.entries[-1].stream is None
    with pytest.raises(InputError, match="no HOST:PORT"):
        made.send("!", Settings(), None)


def test_nothing_is_sent_to_nobody() -> None:
    with pytest.raises(InputError, match="not started yet"):
        model().send("x", Settings(), None)
    with pytest.raises(InputError, match="nobody is connected"):
        model(UP).send("x", Settings(), None)
    with pytest.raises(InputError, match="nothing to send"):
        model(*came(ALICE)).send("", Settings(), None)


def test_a_client_is_idle_again_when_its_connection_is_over() -> None:
    made = model(Connected(time=1, peer=ALICE, local=Peer("10.77.0.12", 40112)), mode=Mode.CLIENT)
    assert (made.state, made.local) == (State.OPEN, Peer("10.77.0.12", 40112))
    made.take(Closed(time=2, peer=ALICE, how="lost", errno=errno.ECONNRESET, text="whatever"))
    assert made.state is State.IDLE
    assert words(made) == [
        "alice:53294 connected, from port 40112",
        "alice:53294 lost: Connection reset by peer; received 0 B, sent 0 B",
    ]
    assert "连接被对方重置" in made.entries[-1].words.zh


def test_faults() -> None:
    made = model(Fault(time=1, do="connect", errno=errno.ECONNREFUSED, text="?"), mode=Mode.CLIENT)
    assert made.state is State.IDLE
    assert made.entries[-1].words.en == "connecting failed: Connection refused"
    assert made.entries[-1].words.zh == "连接失败：连接被拒绝"
    made = model(UP, Fault(time=2, do="send", errno=None, text="there is no connection with it"))
    assert made.state is State.OPEN
    assert made.entries[-1].words.zh == "发送失败：与它没有连接"


def test_programs_beside_and_the_end() -> None:
    made = model(UP, Began(time=2, program="bob"), Printed(time=2, program="bob", text="hello"))
    assert (made.entries[-1].kind, made.entries[-1].who, made.entries[-1].words.en) == ("program", "bob", "hello")
    assert made.programs == {"bob": True}
    assert made.send("你好", Settings(hexadecimal=True), "bob") == [Type(program="bob", line="你好")]
    made.take(Typed(time=2, program="bob", text="你好"))
    made.take(Ended(time=2, program="bob", how="SIGINT"))
    assert made.programs == {"bob": False}
    assert words(made)[-2:] == ["bob 你好", "bob ended: SIGINT"]
    made.take(Gone(time=3, why=EngineError(same("the host is gone"))))
    assert (made.state, words(made)[-1]) == (State.IDLE, "the host is gone")


def test_the_log_and_the_list_of_peers_have_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module, "KEPT_BYTES", 100)
    monkeypatch.setattr(model_module, "KEPT_ENTRIES", 5)
    monkeypatch.setattr(model_module, "KEPT_PEERS", 3)
    made = model(mode=Mode.UDP)
    for number in range(10):
        made.take(Received(time=number, peer=Peer("10.77.0.11", number + 1), data=bytes(10)))
    assert ([entry.time for entry in made.entries], made.forgotten) == ([5, 6, 7, 8, 9], 5)
    assert [peer.port for peer in made.peers] == [8, 9, 10]
    made.take(Received(time=11, peer=ALICE, data=bytes(95)))
    assert ([entry.time for entry in made.entries], made.forgotten) == ([11], 10)
    made.clear()
    assert (len(made.entries), made.forgotten) == (0, 0)


def test_history() -> None:
    history = History()
    assert history.move(-1) == ""
    for line in ("one", "two", "two", ""):
        history.add(line)
    assert [history.move(-1), history.move(-1), history.move(-1), history.move(1), history.move(1)] == [
        "two",
        "one",
        "one",
        "two",
        "",
    ]
