"""The assistant in the terminal, worked by keys as a person works it; its endpoint is the test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label, OptionList, RichLog, Select
from textual.widgets._footer import FooterKey

from lab.assistant import app as app_module
from lab.assistant import screen
from lab.assistant.app import AssistantApp
from lab.assistant.endpoint import (
    Again,
    Began,
    Closed,
    Connect,
    Connected,
    Disconnect,
    Ended,
    Event,
    Gone,
    Listen,
    Listening,
    Peer,
    Printed,
    Received,
    Request,
    Send,
    Sent,
    Stop,
    Stopped,
    Type,
    Typed,
)
from lab.errors import EngineError, LabError
from lab.text import Language, say

ALICE, BOB = Peer("10.77.0.11", 53294), Peer("10.77.0.12", 40112)
NAMES = {"10.77.0.11": "alice", "10.77.0.12": "bob"}
SERVER = Peer("", 8080)
SMALL = (80, 24)
MOMENT = 1_700_000_000_123_456_789


class Fake:
    """An endpoint that does nothing, and tells what the test says."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.refusal: LabError | None = None
        self.tell: Callable[[Event], None] = lambda _: None

    def start(self, tell: Callable[[Event], None]) -> None:
        self.tell = tell

    def ask(self, request: Request) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.asked.append(request)

    def take_asked(self) -> list[Request]:
        taken, self.asked = self.asked, []
        return taken


class Desk:
    """The application on a terminal, and its endpoint."""

    def __init__(self, app: AssistantApp, pilot: Pilot[LabError | None], fake: Fake) -> None:
        self.app, self.pilot, self.fake = app, pilot, fake

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """As if pasted, which takes no event for each key; and Enter."""
        focused = self.app.focused
        assert isinstance(focused, Input)
        focused.value = text
        await self.press("enter")

    def focus(self, on: str) -> None:
        self.app.set_focus(self.app.query_one(on))

    async def happens(self, *events: Event) -> None:
        for event in events:
            self.fake.tell(event)
        await self.pilot.pause()

    def text(self, of: str) -> str:
        return str(self.app.query_one(f"#{of}", Label).render()).strip()

    @property
    def typed(self) -> app_module.Typed:
        return self.app.query_one("#typed", app_module.Typed)

    @property
    def foot(self) -> list[str]:
        """The keys at the foot, which all have their place there."""
        keys = list(self.app.query(FooterKey))
        assert keys[-1].region.right <= SMALL[0]
        return [key.key for key in keys]

    @property
    def log(self) -> list[str]:
        """The lines of the log without their times."""
        return [strip.text.rstrip()[13:] for strip in self.app.query_one("#log", RichLog).lines]

    @property
    def peers(self) -> list[str]:
        peers = self.app.query_one("#peers", OptionList)
        return [str(peers.get_option_at_index(n).prompt) for n in range(peers.option_count)]

    def choice(self, of: str) -> object:
        return self.app.query_one(f"#{of}", Select).value


def at_desk(
    do: Callable[[Desk], Awaitable[None]], folder: Path = Path(), language: Language = "en", encoding: str = "gbk"
) -> AssistantApp:
    """Work the application on a small terminal, to its end."""
    fake = Fake()
    app = AssistantApp(fake, say("on server", "在 server 上"), NAMES, folder, language, encoding)

    async def run() -> None:
        async with app.run_test(size=SMALL) as pilot:
            desk = Desk(app, pilot, fake)
            await pilot.pause()
            assert app.focused is app.query_one("#mode")
            desk.focus("#typed")
            await do(desk)

    asyncio.run(run())
    return app


async def with_two_clients(desk: Desk) -> None:
    await desk.press("ctrl+r")
    assert desk.fake.take_asked() == [Listen(transport="tcp", port=8080)]
    await desk.happens(
        Listening(time=MOMENT, transport="tcp", local=SERVER),
        *(Connected(time=MOMENT, peer=peer, local=SERVER) for peer in (ALICE, BOB)),
    )


def test_a_server_with_two_clients() -> None:
    async def do(desk: Desk) -> None:
        await desk.type("hello")
        assert desk.text("notice") == "not started yet"
        assert desk.typed.value == "hello"
        assert desk.text("status") == "on server   idle"
        await with_two_clients(desk)
        assert desk.text("notice") == ""
        assert desk.text("status") == "on server   listening on 8080, 2 connected"
        await desk.happens(Received(time=MOMENT, peer=BOB, data="早上好".encode("gbk")))
        assert desk.log == [
            "· listening on tcp 8080",
            "· alice:53294  connected",
            "· bob:40112  connected",
            "← bob:40112  6 B  早上好",
        ]
        assert desk.peers == ["▸ all", "  alice:53294\n  ← 0 B  → 0 B", "  bob:40112\n  ← 6 B  → 0 B"]
        await desk.type("好")
        data = "好".encode("gbk")
        assert desk.fake.take_asked() == [Send(peer=ALICE, data=data), Send(peer=BOB, data=data)]
        desk.focus("#peers")
        await desk.press("down", "enter")
        assert desk.text("to") == "→ alice:53294 >"
        assert desk.app.focused is desk.typed
        await desk.press("ctrl+p")
        assert desk.text("to") == "→ bob:40112 >"
        await desk.type("ok")
        assert desk.fake.take_asked() == [Send(peer=BOB, data=b"ok")]
        await desk.happens(Sent(time=MOMENT, peer=BOB, data=b"ok"))
        assert desk.log[-1] == "→ bob:40112  2 B  ok"
        await desk.press("up", "up")
        assert desk.typed.value == "好"
        await desk.press("down", "down")
        assert desk.typed.value == ""
        await desk.press("ctrl+o")
        assert desk.fake.take_asked() == [Disconnect(peer=BOB)]
        await desk.happens(Closed(time=MOMENT, peer=BOB, how="here"))
        assert desk.text("to") == "→ all >"
        await desk.press("ctrl+r")
        assert desk.fake.take_asked() == [Stop()]
        await desk.happens(Stopped(time=MOMENT))
        assert (desk.text("status"), desk.peers) == ("on server   idle", ["▸ all"])

    at_desk(do)


def test_a_client() -> None:
    async def do(desk: Desk) -> None:
        desk.focus("#mode")
        await desk.press("enter", "down", "enter")
        assert desk.text("to") == "→ server >"
        await desk.press("ctrl+r")
        assert desk.text("notice") == "the address of the server is missing"
        desk.focus("#address")
        desk.fake.refusal = EngineError(say("the host is gone", "主机已消失"))
        await desk.type("server")
        assert desk.text("notice") == "the host is gone"
        desk.fake.refusal = None
        await desk.happens(Stopped(time=MOMENT))
        desk.focus("#address")
        await desk.press("enter")
        assert desk.fake.take_asked() == [Connect(host="server", port=8080)]
        assert desk.text("status") == "on server   starting"
        await desk.happens(Connected(time=MOMENT, peer=ALICE, local=BOB))
        assert desk.text("status") == "on server   connected, from port 40112"
        desk.focus("#address")
        await desk.press("enter")
        assert desk.app.focused is desk.app.query_one("#typed"), "what is typed next goes to the peer"

    at_desk(do)


def test_datagrams_and_their_target_which_only_they_have() -> None:
    async def do(desk: Desk) -> None:
        target = desk.app.query_one("#target", Input)
        assert not target.display
        desk.focus("#mode")
        await desk.press("enter", "down", "down", "enter")
        assert target.display
        desk.focus("#broadcast")
        await desk.press("enter", "down", "enter", "ctrl+r")
        assert desk.fake.take_asked() == [Listen(transport="udp", port=8080, broadcast=True)]
        await desk.happens(Listening(time=MOMENT, transport="udp", local=SERVER))
        assert desk.text("status") == "on server   UDP 8080, 0 peers"
        desk.focus("#target")
        target.value = "alice:7"
        await desk.pilot.pause()
        assert desk.text("to") == "→ alice:7 >"
        desk.focus("#typed")
        await desk.type("hi")
        assert desk.fake.take_asked() == [Send(peer=Peer("alice", 7), data=b"hi")]

    at_desk(do)


def test_how_bytes_are_written_and_shown_and_the_log_saved(tmp_path: Path) -> None:
    async def do(desk: Desk) -> None:
        await with_two_clients(desk)
        await desk.happens(
            Received(time=MOMENT, peer=ALICE, data=b"\x1b[2J[red]x[/]"),
            Printed(time=MOMENT, program="bob", text="\x1b]0;[b]"),
        )
        assert desk.log[-2:] == [r"← alice:53294  13 B  \x1b[2J[red]x[/]", r"│ bob  \x1b]0;[b]"]
        await desk.happens(Received(time=MOMENT, peer=ALICE, data="你\n".encode("gbk")))
        await desk.press("ctrl+p", "ctrl+n")
        await desk.type("x")
        await desk.press("ctrl+t")
        assert desk.log[-1] == r"← alice:53294  3 B  c4 e3 0a  你\n"
        await desk.type("0a ff")
        assert [request.data for request in desk.fake.take_asked() if isinstance(request, Send)] == [b"x\n", b"\n\xff"]
        await desk.type("0")
        assert desk.text("notice").startswith("`0` is not whole bytes")
        assert desk.app.query_one("#notice").has_class("wrong")
        await desk.press("ctrl+t", "ctrl+g")
        assert desk.text("notice") == ""
        assert (desk.choice("encoding"), desk.choice("ending")) == ("utf-8", "LF")
        assert desk.log[-1] == r"← alice:53294  3 B  \xc4\xe3\n"
        await desk.press("ctrl+l")
        await desk.happens(Received(time=MOMENT, peer=ALICE, data=b"x" * 2000))
        assert desk.log[-1].endswith("… of 2000 B")
        await desk.press("ctrl+s")
        assert desk.text("notice") == f"saved: {tmp_path / 'assistant.log'}"
        await desk.press("ctrl+s")

    at_desk(do, tmp_path)
    first, second = sorted(tmp_path.iterdir())
    assert (first.name, second.name) == ("assistant-2.log", "assistant.log")
    (line,) = second.read_text(encoding="utf-8").splitlines()
    assert line.endswith(f"← alice:53294  2000 B  {'x' * 2000}")


def test_in_chinese_light_and_where_nothing_can_be_saved(tmp_path: Path) -> None:
    async def do(desk: Desk) -> None:
        assert desk.text("status") == "在 server 上   空闲"
        await desk.pilot.pause()  # the foot is drawn once the keys are known
        assert desk.foot == [key for key, action, _ in screen.KEYS if action != "again"]
        await desk.press("f2")
        assert not desk.app.current_theme.dark
        await desk.press("f2")
        assert desk.app.current_theme.dark
        await desk.press("ctrl+s")
        assert desk.text("notice").endswith("assistant.log：没有这个文件或文件夹")
        await desk.press("ctrl+q")

    app = at_desk(do, tmp_path / "missing", language="zh")
    assert (app.return_value, app.return_code) == (None, 0)


def test_programs_beside_are_typed_to_and_started_again() -> None:
    async def do(desk: Desk) -> None:
        await desk.happens(Began(time=MOMENT, program="alice"), Printed(time=MOMENT, program="alice", text="connected"))
        assert desk.peers == ["▸ all", "  │ alice"]
        await desk.press("ctrl+p", "ctrl+y")
        assert desk.text("to") == "→ alice >"
        await desk.type("你好")
        assert desk.fake.take_asked() == [Type(program="alice", line="你好")]
        await desk.happens(
            Typed(time=MOMENT, program="alice", text="你好"), Ended(time=MOMENT, program="alice", how="exit 1")
        )
        assert desk.log == ["│ alice  started", "│ alice  connected", "→ alice  你好", "│ alice  ended: exit 1"]
        assert (desk.peers, desk.text("to")) == (["▸ all"], "→ all >")
        await desk.press("ctrl+y")
        assert desk.fake.take_asked() == [Again()]
        await desk.pilot.pause()
        assert desk.foot == [key for key, _, _ in screen.KEYS]

    at_desk(do)


@pytest.mark.parametrize("error", [EngineError(say("the host is gone", "主机已消失")), None])
def test_it_ends_with_its_endpoint_and_with_its_time(error: LabError | None) -> None:
    async def do(desk: Desk) -> None:
        await desk.happens(Gone(time=MOMENT, why=error))
        assert not desk.app.is_running

    assert at_desk(do).return_value is error
