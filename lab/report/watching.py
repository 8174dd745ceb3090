"""Packets as they pass, a line each: the ladder while it grows, with all conversations in one.

::

    0.281  1  alice ──▶ server:8080   SYN  seq 0  win 64240  mss 1460   alice SYN-SENT, server LISTEN
    0.281  1  alice ◀── server:8080   SYN ACK  seq 0  ack 1  win 65160  mss 1460   server SYN-RECEIVED

Conversations are told apart by the number that `lab inspect` gives them, and by its colour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rich.text import Text as Line

from lab.conversations import Endpoint
from lab.passing import Passed
from lab.record import HostFacts
from lab.report.labels import segment_label, segment_marks
from lab.report.layout import pad
from lab.report.wording import join_host_port, plural, unmapped
from lab.summaries import told
from lab.text import Language, say
from lab.visible import one_line, visible

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
NUMBER = 3  # columns of the number of a conversation
SHOWN_CHARACTERS = 200  # of a payload; `lab inspect` shows all of it
ADDRESS = re.compile(r"[0-9A-Fa-f.:]*[0-9A-Fa-f]")
WIDEST_NAME = 16  # of those that columns are made for


class PacketLines:
    """Draws packets of a run whose `hosts` are known; payload is shown in `encoding`."""

    def __init__(self, hosts: Mapping[str, HostFacts], encoding: str, language: Language) -> None:
        self._hosts = {a: name for name, host in hosts.items() for i in host.interfaces for a in (i.ipv4, i.ipv6)}
        self._encoding = encoding
        self._language = language
        self._name = min(max(map(len, hosts), default=0), WIDEST_NAME)
        self._states: dict[str, tuple[str, str]] = {}

    def draw(self, packet: Passed) -> tuple[Line, Line]:
        """Who sent it to whom, and what it says: the second hangs after the first."""
        if packet.client is None or packet.server is None:
            return self._of_message(packet)
        colour = COLOURS[(int(packet.conversation.lstrip("u")) - 1) % len(COLOURS)]
        first = Line(f"{packet.conversation:>{NUMBER}}  ", style=f"bold {colour}")
        first.append_text(pad(Line(self._host(packet.client)), self._name))
        first.append(" ──▶ " if packet.sender == "client" else " ◀── ")
        server = join_host_port(self._host(packet.server), packet.server.port)
        first.append_text(pad(Line(server), self._name + len(":65535"))).append("  ")
        return first, self._said(packet)

    def _of_message(self, packet: Passed) -> tuple[Line, Line]:
        """A packet of no conversation: addresses of hosts, in what it says too, by their names."""
        first = Line(" " * (NUMBER + 2))
        if packet.source:
            first.append_text(pad(Line(self._named(packet.source)), self._name)).append(" ──▶ ")
            first.append_text(pad(Line(self._named(packet.destination)), self._name + len(":65535"))).append("  ")
        said = ADDRESS.sub(lambda found: self._hosts.get(found[0], found[0]), self._summary(packet))
        return first, Line(f"{visible(packet.protocol)}   {one_line(said)}", style="dim")

    def left_out(self, packets: int) -> Line:
        """That so many are not shown."""
        counted = plural(packets, "packet", "packets", "个数据包")
        what = say(
            "⋮  {n} passed too fast to be shown; the capture has them",
            "⋮  {n}过快，未显示；抓包文件中有",
            n=counted,
        )
        return Line(" " * (NUMBER + 2) + what.in_(self._language), style="dim")

    def _said(self, packet: Passed) -> Line:
        segment = packet.segment
        label = f"len {packet.length}" if segment is None else segment_label(segment)
        body = Line(label)
        if segment is not None and segment.marks:
            body.append("   " + segment_marks(segment, self._language), style="bold yellow")
        payload = packet.payload if segment is None else segment.payload
        text = self._summary(packet) or payload.decode(self._encoding, "backslashreplace")
        if text:
            body.append("   " + visible(text[:SHOWN_CHARACTERS]), style="bold")
            body.append(" …" if len(text) > SHOWN_CHARACTERS else "")
        if segment is not None:
            body.append_text(self._changed(packet, (segment.client_state, segment.server_state)))
        return body

    def _summary(self, packet: Passed) -> str:
        return told(packet.protocol, packet.summary).in_(self._language)

    def _changed(self, packet: Passed, states: tuple[str, str]) -> Line:
        """The states that are others than after the packet before."""
        before = self._states.get(packet.conversation, ("", ""))
        self._states[packet.conversation] = states
        ends = (packet.client, packet.server)
        told = [
            f"{self._host(end)} {now}"
            for end, now, then in zip(ends, states, before, strict=True)
            if end is not None and now != then
        ]
        return Line("   " + ", ".join(told) if told else "", style="cyan")

    def _host(self, end: Endpoint) -> str:
        return self._named(end.address)

    def _named(self, address: str) -> str:
        return visible(self._hosts.get(address) or self._hosts.get(unmapped(address)) or address)
