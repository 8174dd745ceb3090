"""The assistant in the terminal: a form, a log, the peers, a line to type in (the only `textual` import)."""

from __future__ import annotations

import queue
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from rich.text import Text as Styled
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Button, Footer, Input, Label, OptionList, RichLog, Select
from textual.widgets.option_list import Option

from lab.assistant.endpoint import Again, Disconnect, Endpoint, Event, Gone, Peer, Request, Stop
from lab.assistant.lines import Line, Lines, saved
from lab.assistant.model import KEPT_ENTRIES, Assistant, Entry, History, Kind, Mode, Settings, State
from lab.assistant.screen import CSS, KEYS, LIGHT, MODES, STYLES
from lab.assistant.writing import ENCODINGS, ENDINGS
from lab.errors import InputError, LabError
from lab.oserrors import why
from lab.report.summary import near
from lab.report.wording import plural
from lab.text import Language, Text, same, say
from lab.visible import visible


class Typed(Input):
    """The line that is sent, with what was typed before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "earlier(-1)", show=False),
        Binding("down", "earlier(1)", show=False),
    ]

    def on_mount(self) -> None:
        """There is no history yet."""
        self.history = History()

    def action_earlier(self, steps: int) -> None:
        """Put a line of the history here."""
        self.value = self.history.move(steps)
        self.cursor_position = len(self.value)


class Arrived(Message):
    """Events wait in the inbox."""

    def can_replace(self, message: Message) -> bool:
        """One of them is enough: its handler empties the inbox."""
        return isinstance(message, Arrived)


class AssistantApp(App[LabError | None], inherit_bindings=False):  # those of Textual are in English, and hidden
    """The assistant on a host; it ends with the error that took its endpoint away, if one did.

    `where` says which host it is on, `names` name its peers, `folder` is where logs are saved.
    """

    ENABLE_COMMAND_PALETTE = False
    CSS = CSS

    def __init__(
        self, endpoint: Endpoint, where: Text, names: Mapping[str, str], folder: Path, language: Language, encoding: str
    ) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._where = where
        self._folder = folder
        self._language = language
        self._encoding = encoding
        self._inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._model = Assistant(names)
        self._lines = self._fresh_lines(Settings(encoding=encoding))
        self._to: Peer | str | None = None
        for key, action, what in KEYS:
            self.bind(key, action, description=self._say(what))
        self.bind(*LIGHT, show=False)

    def _say(self, text: Text) -> str:
        return text.in_(self._language)

    # What there is to see

    def compose(self) -> ComposeResult:
        """The widgets, from top to bottom."""
        yield Label(id="status", markup=False)
        with Horizontal(id="where"):
            modes = [(self._say(words), mode) for mode, words in MODES.items()]
            yield Select(modes, allow_blank=False, value=Mode.SERVER, id="mode", compact=True)
            yield Label(self._say(say("address", "地址")))
            yield Input(id="address", compact=True)
            yield Label(self._say(say("port", "端口")))
            yield Input("8080", id="port", compact=True)
            yield Button(id="start", compact=True)
        with Horizontal(id="how"):
            encodings = [(name, name) for name in ENCODINGS]
            yield Select(encodings, allow_blank=False, value=self._encoding, id="encoding", compact=True)
            shown = [(self._say(say("text", "文本")), False), (self._say(say("hex", "十六进制")), True)]
            yield Select(shown, allow_blank=False, value=False, id="shown", compact=True)
            no_end = self._say(say("no line end", "无行尾"))
            endings = [(name or no_end, name) for name in ENDINGS]
            yield Select(endings, allow_blank=False, value="", id="ending", compact=True)
            yield Label(self._say(say("to", "发往")), classes="udp")
            yield Input(placeholder=self._say(say("HOST:PORT", "主机:端口")), id="target", compact=True, classes="udp")
            allowed = [(self._say(say("no broadcast", "不广播")), False), (self._say(say("broadcast", "广播")), True)]
            yield Select(allowed, allow_blank=False, value=False, id="broadcast", compact=True, classes="udp")
        with Horizontal(id="middle"):
            yield RichLog(id="log", wrap=True, min_width=20, max_lines=KEPT_ENTRIES)
            yield OptionList(id="peers", markup=False, compact=True)
        yield Label(id="notice", markup=False, classes="absent")
        with Horizontal(id="line"):
            yield Label(id="to", markup=False)
            yield Typed(id="typed", compact=True)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to hear what happens."""
        self._show_form(Mode.SERVER)
        self._show_state()
        self.query_one("#mode").focus()
        self._endpoint.start(self._tell)

    def _show_form(self, mode: Mode) -> None:
        for widget in self.query(".udp"):
            widget.set_class(mode is not Mode.UDP, "absent")
        placeholder = say("of the server", "服务端的地址") if mode is Mode.CLIENT else say("all", "全部")
        self.query_one("#address", Input).placeholder = self._say(placeholder)

    def _show_state(self) -> None:
        """Where it is, what it does, who is there, and to whom what is typed goes."""
        model = self._model
        self.query_one("#start", Button).label = self._say(
            say("Start", "启动") if model.state is State.IDLE else say("Stop", "停止")
        )
        self.query_one("#status", Label).update(self._say(self._where + same("   ") + self._doing()))
        if self._to not in self._ends():
            self._to = None
        self._show_peers()
        to = self._everybody() if self._to is None else same(self._name_of(self._to))
        self.query_one("#to", Label).update(f"→ {self._say(to)} >")

    def _doing(self) -> Text:
        model = self._model
        port = model.local.port if model.local is not None else 0
        if model.state is State.IDLE:
            return say("idle", "空闲")
        if model.state is State.STARTING:
            return say("starting", "正在启动")
        if model.mode is Mode.SERVER:
            return say("listening on {port}, {n} connected", "监听 {port}，{n} 个连接", port=port, n=len(model.peers))
        if model.mode is Mode.UDP:
            peers = plural(len(model.peers), "peer", "peers", "个对方")
            return say("UDP {port}, {peers}", "UDP {port}，{peers}", port=port, peers=peers)
        return say("connected, from port {port}", "已连接，本地端口 {port}", port=port)

    def _everybody(self) -> Text:
        mode = self._model.mode if self._model.state is not State.IDLE else self._settings().mode
        if mode is Mode.UDP:
            return same(self._settings().target) if self._settings().target else say("HOST:PORT", "主机:端口")
        return say("server", "服务端") if mode is Mode.CLIENT else say("all", "全部")

    def _ends(self) -> list[Peer | str | None]:
        """Whom something can be sent to: all, each peer, each program beside that runs."""
        return [None, *self._model.peers, *(name for name, runs in self._model.programs.items() if runs)]

    def _name_of(self, end: Peer | str) -> str:
        return visible(end) if isinstance(end, str) else self._model.name_of(end)

    def _show_peers(self) -> None:
        peers = self.query_one("#peers", OptionList)
        ends = self._ends()
        rows = [self._say(self._everybody())]
        for peer, traffic in self._model.peers.items():
            rows.append(f"{self._model.name_of(peer)}\n  ← {traffic.received} B  → {traffic.sent} B")
        rows += [f"│ {end}" for end in ends if isinstance(end, str)]
        chosen = ends.index(self._to)
        peers.clear_options()
        peers.add_options([Option(("▸ " if n == chosen else "  ") + visible_rows(row)) for n, row in enumerate(rows)])
        peers.highlighted = chosen

    def _write(self, entry: Entry) -> None:
        self.query_one("#log", RichLog).write(styled(self._lines.line(entry), entry.kind))

    def _fresh_lines(self, settings: Settings) -> Lines:
        return Lines(settings.encoding, self._language, hexadecimal=settings.hexadecimal)

    def _write_again(self) -> None:
        """All of the log, as it is to be shown now."""
        self._lines = self._fresh_lines(self._settings())
        self.query_one("#log", RichLog).clear()
        for entry in self._model.entries:
            self._write(entry)

    def on_resize(self) -> None:
        """Lines are wrapped anew."""
        self._write_again()

    def _notice(self, words: Text, *, wrong: bool = False) -> None:
        """Say something above the line until the next key."""
        notice = self.query_one("#notice", Label)
        notice.update(visible(self._say(words)))
        notice.set_class(not words.en, "absent")
        notice.set_class(wrong, "wrong")

    def _complain(self, error: LabError) -> None:
        self._notice(error.whole, wrong=True)

    def on_key(self) -> None:
        """What was said has been read."""
        if not self.query_one("#notice").has_class("absent"):
            self._notice(same(""))

    # What happens

    def _tell(self, event: Event) -> None:
        """Called by the endpoint's thread."""
        self._inbox.put(event)
        self.post_message(Arrived())

    @on(Arrived)
    def _take_in(self) -> None:
        all_ran = all(self._model.programs.values())
        while not self._inbox.empty():
            event = self._inbox.get()
            self._write(self._model.take(event))
            if isinstance(event, Gone):
                self.exit(event.why)
        self._show_state()
        if all(self._model.programs.values()) != all_ran:
            self.refresh_bindings()

    # What is asked

    def _settings(self) -> Settings:
        def chosen(of: str) -> object:
            return self.query_one(f"#{of}", Select).value

        def typed(into: str) -> str:
            return self.query_one(f"#{into}", Input).value

        return Settings(
            mode=Mode(str(chosen("mode"))),
            address=typed("address"),
            port=typed("port"),
            target=typed("target"),
            broadcast=bool(chosen("broadcast")),
            encoding=str(chosen("encoding")),
            hexadecimal=bool(chosen("shown")),
            ending=str(chosen("ending")),
        )

    def _ask(self, *requests: Request) -> None:
        try:
            for request in requests:
                self._endpoint.ask(request)
        except LabError as error:
            self._complain(error)

    @on(Button.Pressed, "#start")
    def action_start_or_stop(self) -> None:
        """Begin to listen or connect; or close everything."""
        try:
            self._ask(self._model.start(self._settings()) if self._model.state is State.IDLE else Stop())
        except InputError as error:
            self._complain(error)
        self._show_state()
        self.query_one("#typed").focus()

    @on(Input.Submitted, "#typed")
    def _send(self, event: Input.Submitted) -> None:
        try:
            requests = self._model.send(event.value, self._settings(), self._to)
        except InputError as error:
            self._complain(error)
            return
        self._ask(*requests)
        typed = self.query_one("#typed", Typed)
        typed.history.add(event.value)
        typed.value = ""

    @on(Input.Submitted, "#address, #port")
    def _enter_in_the_form(self) -> None:
        if self._model.state is State.IDLE:
            self.action_start_or_stop()
        self.query_one("#typed").focus()

    @on(Select.Changed, "#mode")
    def _another_mode(self) -> None:
        self._show_form(self._settings().mode)
        self._show_state()

    @on(Select.Changed, "#encoding, #shown")
    def _shown_otherwise(self) -> None:
        self._write_again()

    @on(Input.Changed, "#target")
    def _another_target(self) -> None:
        self._show_state()

    @on(OptionList.OptionSelected, "#peers")
    def _another_peer(self, event: OptionList.OptionSelected) -> None:
        self._to = self._ends()[event.option_index]
        self._show_state()
        self.query_one("#typed").focus()

    def action_next_peer(self) -> None:
        """Send to the next peer of the list; after the last to all."""
        ends = self._ends()
        self._to = ends[(ends.index(self._to) + 1) % len(ends)]
        self._show_state()

    def action_disconnect(self) -> None:
        """Close the connection with the peer that is chosen, or with all."""
        peers = [peer for peer in self._model.peers if self._to in (None, peer)]
        self._ask(*(Disconnect(peer=peer) for peer in peers))

    def action_again(self) -> None:
        """Start the programs beside again that have ended."""
        self._ask(Again())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Whether a key is of use now, and stands at the foot."""
        return action != "again" or not all(self._model.programs.values())

    def action_hexadecimal(self) -> None:
        """Text or hex, typed and shown."""
        self._next("shown", (False, True))

    def action_encoding(self) -> None:
        """The next encoding."""
        self._next("encoding", ENCODINGS)

    def action_ending(self) -> None:
        """The next line end."""
        self._next("ending", tuple(ENDINGS))

    def _next(self, of: str, values: Sequence[object]) -> None:
        select: Select[object] = self.query_one(f"#{of}", Select)
        select.value = values[(values.index(select.value) + 1) % len(values)]

    def action_clear(self) -> None:
        """Empty the log."""
        self._model.clear()
        self._write_again()

    def action_save(self) -> None:
        """Save the log, whole, as it is shown: text or hex."""
        settings = self._settings()
        lines = Lines(settings.encoding, self._language, hexadecimal=settings.hexadecimal, most=None)
        file = free_file(self._folder)
        try:
            file.write_text(saved(self._model.entries, self._model.forgotten, lines, self._language), encoding="utf-8")
        except OSError as error:
            self._complain(
                InputError(say("{file} cannot be written: {why}", "无法写入 {file}：{why}", file=file, why=why(error)))
            )
            return
        self._notice(say("saved: {file}", "已保存：{file}", file=near(file)))

    def action_brightness(self) -> None:
        """Dark on light, or light on dark."""
        self.theme = "textual-light" if self.current_theme.dark else "textual-dark"


def styled(line: Line, kind: Kind) -> Styled:
    """A line of the log with its colours."""
    whole = Styled(f"{line.stamp} ", "dim")
    whole.append(f"{line.mark} ", f"bold {STYLES[kind]}")
    whole.append(f"{line.who}{'  ' if line.who else ''}", STYLES[kind])
    whole.append(line.what, "" if kind in ("received", "sent") else STYLES[kind])
    return whole


def visible_rows(text: str) -> str:
    """`text`, which may have two rows, made harmless."""
    return "\n".join(map(visible, text.split("\n")))


def free_file(folder: Path) -> Path:
    """Where a log can be saved: `assistant.log`, `assistant-2.log` and so on."""
    number = 1
    while (file := folder / f"assistant{'' if number == 1 else f'-{number}'}.log").exists():
        number += 1
    return file
