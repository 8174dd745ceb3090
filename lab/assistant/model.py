"""The state of the assistant: events in, requests and log entries out, without I/O and without a clock."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from lab.assistant import endpoint, writing
from lab.assistant.endpoint import Event, Peer, Request
from lab.errors import InputError
from lab.oserrors import why
from lab.text import Text, same, say

KEPT_ENTRIES = 5000
KEPT_BYTES = 16 << 20  # of all entries' data
KEPT_PEERS = 200  # UDP peers that are listed


class Mode(StrEnum):
    """What the assistant acts as."""

    SERVER = "tcp-server"
    CLIENT = "tcp-client"
    UDP = "udp"


class State(StrEnum):
    """How far it is."""

    IDLE = "idle"
    STARTING = "starting"
    OPEN = "open"


Kind = Literal["received", "sent", "note", "fault", "program", "typed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log: data that was received or sent, or words."""

    time: int
    kind: Kind
    who: str = ""
    data: bytes = b""
    words: Text = field(default_factory=lambda: same(""))
    stream: Peer | None = None
    """Whose stream the data is a piece of; of words, whose stream is over."""


@dataclass(slots=True)
class Traffic:
    """Bytes and messages to and from a peer."""

    received: int = 0
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Settings:
    """What was chosen in the form: where, and how bytes are written. Texts are as they were typed."""

    mode: Mode = Mode.SERVER
    address: str = ""
    port: str = "8080"
    target: str = ""
    broadcast: bool = False
    encoding: str = "utf-8"
    hexadecimal: bool = False
    ending: str = ""


class Assistant:
    """What happened and what may be asked. `names` are the names of addresses, as in the scenario."""

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self._names = names or {}
        self.mode = Mode.SERVER
        self.state = State.IDLE
        self.local: Peer | None = None
        self.peers: dict[Peer, Traffic] = {}
        self.programs: dict[str, bool] = {}
        """Those that run beside, and whether they still do."""
        self.entries: deque[Entry] = deque()
        self.forgotten = 0
        """Entries that were dropped, the oldest first, to keep the log within bounds."""
        self._bytes = 0

    # What is asked

    def start(self, settings: Settings) -> Request:
        """Begin to act as chosen. Raises `InputError` where the form says nothing that can be done."""
        address = settings.address.strip()
        request: Request
        if settings.mode is Mode.CLIENT:
            if not address:
                raise InputError(say("the address of the server is missing", "缺少服务端的地址"))
            request = endpoint.Connect(host=address, port=writing.port_from(settings.port))
        else:
            request = endpoint.Listen(
                transport="udp" if settings.mode is Mode.UDP else "tcp",
                address=address,
                port=writing.port_from(settings.port, least=0),
                broadcast=settings.mode is Mode.UDP and settings.broadcast,
            )
        self.mode, self.state = settings.mode, State.STARTING
        return request

    def send(self, written: str, settings: Settings, to: Peer | str | None) -> list[Request]:
        """Send what was written to one peer, or to all (None), which over UDP is the target of the form.

        To a program beside, by its name, it is typed as a line of text. Raises `InputError` where there is nobody,
        or `written` are no bytes.
        """
        if isinstance(to, str):
            return [endpoint.Type(program=to, line=written)]
        if self.state is not State.OPEN:
            raise InputError(say("not started yet", "尚未启动"))
        if settings.hexadecimal:
            data = writing.from_hex(written)
        else:
            data = writing.from_text(written, settings.encoding) + writing.ENDINGS[settings.ending]
        if to is not None:
            peers = [to]
        elif self.mode is Mode.UDP:
            peers = [writing.peer_from(settings.target)]
        else:
            peers = list(self.peers)
        if not peers:
            raise InputError(say("nobody is connected", "没有已连接的对方"))
        if not data and self.mode is not Mode.UDP:
            raise InputError(
                say("nothing to send: a stream has no empty messages", "没有要发送的内容：字节流中没有空消息")
            )
        return [endpoint.Send(peer=peer, data=data) for peer in peers]

    # What happens

    def take(self, event: Event) -> Entry:
        """Take in an event; the entry of the log that it comes to."""
        entry = self._entry(event)
        self.entries.append(entry)
        self._bytes += len(entry.data)
        while len(self.entries) > KEPT_ENTRIES or self._bytes > KEPT_BYTES:
            self._bytes -= len(self.entries.popleft().data)
            self.forgotten += 1
        return entry

    def clear(self) -> None:
        """Empty the log."""
        self.entries.clear()
        self._bytes = self.forgotten = 0

    def name_of(self, peer: Peer) -> str:
        """A peer by the name of its host, where it has one."""
        return str(Peer(self._names[peer.address], peer.port) if peer.address in self._names else peer)

    def _entry(self, event: Event) -> Entry:
        match event:
            case endpoint.Received() | endpoint.Sent():
                entry = self._data(event)
            case endpoint.Listening():
                self.state, self.local = State.OPEN, event.local
                words = say(
                    "listening on {transport} {port}",
                    "正在监听 {transport} {port}",
                    transport=event.transport,
                    port=event.local.port,
                )
                entry = Entry(event.time, "note", words=words)
            case endpoint.Connected():
                entry = self._connected(event)
            case endpoint.Closed():
                entry = self._closed(event)
            case endpoint.Stopped():
                self._idle()
                entry = Entry(event.time, "note", words=say("stopped", "已停止"))
            case endpoint.Fault():
                entry = self._fault(event)
            case _:
                entry = self._told_by_lab(event)
        return entry

    def _told_by_lab(self, event: endpoint.OfLab) -> Entry:
        match event:
            case endpoint.Printed():
                return Entry(event.time, "program", event.program, words=same(event.text))
            case endpoint.Typed():
                return Entry(event.time, "typed", event.program, words=same(event.text))
            case endpoint.Began():
                self.programs[event.program] = True
                return Entry(event.time, "program", event.program, words=say("started", "已启动"))
            case endpoint.Ended():
                self.programs[event.program] = False
                words = say("ended: {how}", "已结束：{how}", how=event.how)
                return Entry(event.time, "program", event.program, words=words)
            case endpoint.Remark():
                return Entry(event.time, "note" if event.calm else "fault", words=event.words)
            case endpoint.Gone():
                self._idle()
                return Entry(
                    event.time, "fault", words=say("the time is up", "时间到") if event.why is None else event.why.what
                )

    def _fault(self, event: endpoint.Fault) -> Entry:
        if event.do in ("listen", "connect"):
            self._idle()
        doing = DOING.get(event.do, same(event.do))
        words = say("{doing} failed: {why}", "{doing}失败：{why}", doing=doing, why=_why(event))
        return Entry(event.time, "fault", words=words)

    def _data(self, event: endpoint.Received | endpoint.Sent) -> Entry:
        traffic = self.peers.get(event.peer)
        if traffic is None:
            traffic = self.peers[event.peer] = Traffic()
            self._bound_peers()
        size = len(event.data)
        if isinstance(event, endpoint.Received):
            traffic.received += size
        else:
            traffic.sent += size
        stream = None if self.mode is Mode.UDP else event.peer
        return Entry(event.time, event.event, self.name_of(event.peer), event.data, stream=stream)

    def _bound_peers(self) -> None:
        if len(self.peers) > KEPT_PEERS:
            del self.peers[next(iter(self.peers))]

    def _connected(self, event: endpoint.Connected) -> Entry:
        self.peers[event.peer] = Traffic()
        if self.mode is Mode.CLIENT:
            self.state, self.local = State.OPEN, event.local
            words = say("connected, from port {port}", "已连接，本地端口 {port}", port=event.local.port)
        else:
            words = say("connected", "已连接")
        return Entry(event.time, "note", self.name_of(event.peer), words=words, stream=event.peer)

    def _closed(self, event: endpoint.Closed) -> Entry:
        traffic = self.peers.pop(event.peer, Traffic())
        if self.mode is Mode.CLIENT:
            self._idle()
        how = CLOSED[event.how] if event.how != "lost" else say("lost: {why}", "连接丢失：{why}", why=_why(event))
        words = how + say(
            "; received {received} B, sent {sent} B",
            "；收到 {received} B，发送 {sent} B",
            received=traffic.received,
            sent=traffic.sent,
        )
        return Entry(
            event.time,
            "note" if event.how != "lost" else "fault",
            self.name_of(event.peer),
            words=words,
            stream=event.peer,
        )

    def _idle(self) -> None:
        self.state, self.local = State.IDLE, None
        self.peers.clear()


DOING: Mapping[str, Text] = {
    "listen": say("listening", "监听"),
    "connect": say("connecting", "连接"),
    "send": say("sending", "发送"),
    "receive": say("receiving", "接收"),
    "accept": say("accepting", "接受连接"),
    "disconnect": say("disconnecting", "断开连接"),
}
CLOSED: Mapping[str, Text] = {
    "peer": say("closed by the peer", "对方关闭了连接"),
    "here": say("closed here", "本端关闭了连接"),
}
REFUSALS: Mapping[str, str] = {
    "Name or service not known": "未知的主机名",  # of getaddrinfo(3), whose numbers are no errno
    "Temporary failure in name resolution": "暂时无法解析主机名",
    "No address associated with hostname": "该主机名没有地址",
    "it listens already": "已经在监听",
    "it is connecting already": "已经在连接",
    "there is no connection with it": "与它没有连接",
    "the connection is being closed": "连接正在关闭",
    "the peer does not read: too much waits for it already": "对方不读取：等待发送的数据已过多",
}


def _why(event: endpoint.Fault | endpoint.Closed) -> Text:
    """The reason of the kernel, or of the endpoint, in both languages."""
    if event.errno is not None:
        return why(OSError(event.errno, os.strerror(event.errno)))
    return Text(event.text, REFUSALS.get(event.text, event.text))


class History:
    """What was typed before, to be called back: the newest first."""

    MOST = 200

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self._lines = deque(lines, self.MOST)
        self._at = len(self._lines)

    def add(self, line: str) -> None:
        """`line` was sent."""
        if line and (not self._lines or self._lines[-1] != line):
            self._lines.append(line)
        self._at = len(self._lines)

    def move(self, steps: int) -> str:
        """The line that many steps on, -1 the one before; past the newest an empty one."""
        self._at = min(max(self._at + steps, 0), len(self._lines))
        return self._lines[self._at] if self._at < len(self._lines) else ""
