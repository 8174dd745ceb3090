"""One conversation as a ladder: a rail for each end, an arrow for each packet, time going down.

What the programs at both ends printed and were told stands between the packets, in the order of
time, which the record and the capture share.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict, Unpack

from rich.cells import cell_len, chop_cells
from rich.text import Text as Line

from lab.conversations import Connection, Conversations, Endpoint, Exchange, Mark, Role, Segment
from lab.errors import InputError
from lab.record import Record
from lab.report.layout import Screen, cut, hexdump, pad
from lab.report.visible import one_line, visible
from lab.report.wording import clock, duration, endpoint_name, host_at, in_full, plural
from lab.text import Language, Text, say

WIDEST = 120  # columns; a longer arrow says no more
NARROWEST = 56
NEARBY = 100_000_000  # ns before and after a conversation in which what its programs say is shown
HEAD_PACKETS, TAIL_PACKETS = 150, 50  # shown of a longer conversation
SHOWN_SAYINGS = 40  # of each program
PAYLOAD_LINES = 4
DUMPED_BYTES = 1024  # of each packet
TIME = 10  # cells

MARKS = {
    Mark.RETRANSMISSION: Text("retransmission", "重传"),
    Mark.FAST_RETRANSMISSION: Text("fast retransmission", "快速重传"),
    Mark.SPURIOUS_RETRANSMISSION: Text("spurious retransmission", "伪重传"),
    Mark.OUT_OF_ORDER: Text("out of order", "乱序"),
    Mark.DUPLICATE_ACK: Text("duplicate ACK", "重复 ACK"),
    Mark.ZERO_WINDOW: Text("zero window", "零窗口"),
    Mark.WINDOW_UPDATE: Text("window update", "窗口更新"),
    Mark.ZERO_WINDOW_PROBE: Text("zero window probe", "零窗口探测"),
    Mark.KEEP_ALIVE: Text("keep-alive", "保活"),
    Mark.KEEP_ALIVE_ACK: Text("keep-alive ACK", "保活 ACK"),
    Mark.LOST_BEFORE: Text("a segment before it is missing", "前一报文段未捕获"),
    Mark.PORT_REUSED: Text("port reused", "端口重用"),
}


class Drawn(TypedDict, total=False):
    """`hex` adds a dump of each payload, `width` sets the columns, `everything` leaves no packet out.

    `ends` is how many packets are shown of the beginning and of the end, where that is not the usual number; `opens`
    the command that opened it, up to its number.
    """

    hex: bool
    width: int | None
    everything: bool
    ends: tuple[int, int]
    opens: str


def ladder(
    connection: Connection, record: Record | None, language: Language, encoding: str, **drawn: Unpack[Drawn]
) -> Screen:
    """The ladder of a TCP connection whose segments were kept; payload is shown in `encoding`.

    Raises `InputError` where there is no such encoding.
    """
    prove_encoding(encoding)
    arrows = [_arrow(segment, language) for segment in connection.segments or ()]
    ends = (connection.client.endpoint, connection.server.endpoint)
    span = (connection.start, connection.end)
    title = say("conversation {n}", "会话 {n}", n=connection.index)
    return _screen(_Ladder(title, ends, span, arrows, record, language, encoding, drawn))


def datagram_ladder(
    exchange: Exchange,
    conversations: Conversations,
    record: Record | None,
    language: Language,
    encoding: str,
    **drawn: Unpack[Drawn],
) -> Screen:
    """The ladder of a UDP exchange of `conversations`; what is DNS is told in its terms. Raises as `ladder` does."""
    prove_encoding(encoding)
    ends = (exchange.client, exchange.server)
    dns = {m.number: m.summary for m in conversations.messages if m.protocol == "dns"}
    arrows = [
        _Arrow(
            d.number,
            d.time,
            "client" if d.source == ends[0] else "server",
            f"len {d.length}",
            d.payload,
            told=dns.get(d.number),
        )
        for d in conversations.datagrams
        if d.interface == exchange.interface and (d.source, d.destination) in (ends, ends[::-1])
    ]
    title = say("conversation u{n}", "会话 u{n}", n=exchange.index)
    return _screen(_Ladder(title, ends, (exchange.start, exchange.end), arrows, record, language, encoding, drawn))


@dataclass(frozen=True, slots=True)
class _Arrow:
    """A packet between the rails. `states` are those of client and server after it; `told` is what its payload says."""

    number: int
    time: int
    sender: Role
    label: str
    payload: bytes
    marks: str = ""
    states: tuple[str, str] = ("", "")
    told: str | None = None


@dataclass(frozen=True, slots=True)
class _Saying:
    """What a program at the rail of `role` printed (`←`) or was told (`→`)."""

    time: int
    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class _Ladder:
    """All that is drawn."""

    title: Text
    ends: tuple[Endpoint, Endpoint]
    span: tuple[int, int]
    arrows: Sequence[_Arrow]
    record: Record | None
    language: Language
    encoding: str
    drawn: Drawn


def _screen(drawing: _Ladder) -> Screen:
    return Screen(lambda width: _Pen(drawing, max(min(width, WIDEST), NARROWEST)).draw(), drawing.drawn.get("width"))


def prove_encoding(encoding: str) -> None:
    """Make sure that `encoding` can decode any bytes, escaping those that it has no character for.

    Raises `InputError` where it cannot.
    """
    try:
        bytes(range(256)).decode(encoding, "backslashreplace")
    except (LookupError, UnicodeError, ValueError) as error:
        raise InputError(
            say("no text encoding is called `{name}`", "没有名为 `{name}` 的文本编码", name=encoding)
        ) from error


def _arrow(segment: Segment, language: Language) -> _Arrow:
    """A segment's flags and numbers: seq where it takes up sequence space, win where it is announced or shut."""
    parts = [segment.flags]
    flags = segment.flags.split()
    opening, reset = "SYN" in flags, "RST" in flags
    if segment.length or segment.ack is None or opening or reset or "FIN" in flags:
        parts.append(f"seq {segment.seq}")
    if segment.ack is not None:
        parts.append(f"ack {segment.ack}")
    if opening or (segment.window == 0 and not reset):
        parts.append(f"win {segment.window}")
    if opening and segment.options is not None and segment.options.mss is not None:
        parts.append(f"mss {segment.options.mss}")
    if segment.length:
        parts.append(f"len {segment.length}")
    marks = ", ".join(MARKS[mark].in_(language) for mark in Mark if mark in segment.marks)
    states = (segment.client_state, segment.server_state)
    return _Arrow(segment.number, segment.time, segment.sender, "  ".join(parts), segment.payload, marks, states)


class _Pen:
    """Draws a ladder of `width` columns: number, rail, room, rail, time."""

    def __init__(self, drawing: _Ladder, width: int) -> None:
        self._it = drawing
        self._numbers = max([5, *(len(str(arrow.number)) for arrow in drawing.arrows)])
        self._room = width - self._numbers - 3 - TIME
        self._last: int | None = None
        self._states = ("", "")

    def draw(self) -> Iterator[Line]:
        yield from self._head()
        for row in self._rows():
            if isinstance(row, _Saying):
                yield self._saying(row)
            elif isinstance(row, _Arrow):
                yield from self._packet(row)
            else:
                yield self._between(Line(f" ⋮  {row.in_(self._it.language)}", style="dim"))

    def _head(self) -> Iterator[Line]:
        client, server = (endpoint_name(end, self._it.record) for end in self._it.ends)
        yield from self._facts()
        yield Line()
        margin = Line(" " * (self._numbers + 1))
        if cell_len(client) + cell_len(server) + 2 > self._room + 2:
            yield margin.copy().append(client, style="bold")
            client = ""
        gap = max(self._room + 2 - cell_len(client) - cell_len(server), 0)
        yield margin.append(client + " " * gap + server, style="bold")

    def _facts(self) -> list[Line]:
        start, end = self._it.span
        facts = say(
            "{title}   {n} in {span}",
            "{title}   {n}，历时 {span}",
            title=self._it.title,
            n=plural(len(self._it.arrows), "packet", "packets", "个数据包"),
            span=duration(end - start),
        )
        lines = [Line(text.in_(self._it.language)) for text in (facts, self._began(start))]
        one = Line("   ").join(lines)
        return [one] if one.cell_len <= self._numbers + 3 + self._room + TIME else lines

    def _began(self, start: int) -> Text:
        if self._it.record is not None and self._it.record.steps:
            since = clock(start - self._it.record.steps[0].started)
            return say("began {n} s into the exchange", "始于交互开始后 {n} 秒", n=since)
        moment = datetime.fromtimestamp(start // 1_000_000_000, UTC)
        return say("began {at} UTC", "始于 {at} UTC", at=moment.strftime("%Y-%m-%d %H:%M:%S"))

    def _rows(self) -> list[_Arrow | _Saying | Text]:
        arrows = self._it.arrows
        head, tail = self._it.drawn.get("ends", (HEAD_PACKETS, TAIL_PACKETS))
        spare = len(arrows) - head - tail
        if spare <= 0 or self._it.drawn.get("everything", False):
            return self._merged(arrows, *self._window())
        first, last = arrows[:head], arrows[-tail:]
        start, end = self._window()
        left_out = say("{n} left out here", "此处略去 {n}", n=plural(spare, "packet", "packets", "个数据包"))
        if "ends" not in self._it.drawn:
            whole = in_full(self._it.drawn.get("opens"))
            left_out += say("; {all} shows them", "；{all} 全部显示", all=whole)
        return [*self._merged(first, start, first[-1].time), left_out, *self._merged(last, last[0].time, end)]

    def _window(self) -> tuple[int, int]:
        return self._it.span[0] - NEARBY, self._it.span[1] + NEARBY

    def _merged(self, arrows: Sequence[_Arrow], start: int, end: int) -> list[_Arrow | _Saying | Text]:
        """Packets in the order of the capture, and each saying before the first later packet."""
        rows: list[_Arrow | _Saying | Text] = []
        sayings = sorted((s for s in self._sayings() if start <= s.time <= end), key=lambda s: s.time)
        place = 0
        for arrow in arrows:
            while place < len(sayings) and sayings[place].time < arrow.time:
                rows.append(sayings[place])
                place += 1
            rows.append(arrow)
        return [*rows, *sayings[place:]]

    def _sayings(self) -> Iterator[_Saying]:
        record = self._it.record
        if record is None:
            return
        roles: tuple[Role, Role] = ("client", "server")
        hosts = [host_at(end.address, record) for end in self._it.ends]
        for role, host, peer in zip(roles, hosts, reversed(hosts), strict=True):
            of_others = _of_others(record, host, peer)
            for name, program in record.programs.items():
                if program.host == host:
                    yield from _program_sayings(name, role, record, self._it, of_others)

    def _packet(self, arrow: _Arrow) -> Iterator[Line]:
        outward = arrow.sender == "client"
        label, below = self._label(arrow)
        left, right = ("", "▶") if outward else ("◀", "")
        shaft = Line().append("── ", style="dim").append_text(label).append(" ")
        shaft.truncate(self._room - 3, overflow="ellipsis")
        rung = Line().append(left, style="dim").append_text(shaft)
        rung.append("─" * (self._room - rung.cell_len - len(right)) + right, style="dim")
        line = (
            Line(f"{arrow.number:>{self._numbers}} ")
            .append("├", style="dim")
            .append_text(rung)
            .append("┤", style="dim")
        )
        yield line.append_text(self._elapsed(arrow.time))
        widest = max((text.cell_len for text in below), default=0)
        for text in below:
            indent = 3 if outward else self._room - 3 - widest
            yield self._between(Line(" " * indent).append_text(text))
        if self._it.drawn.get("hex", False):
            yield from self._dump(arrow.payload)
        yield from self._changed(arrow.states)

    def _label(self, arrow: _Arrow) -> tuple[Line, list[Line]]:
        """What stands on the arrow, and what stands below because the arrow is too short for it."""
        room = self._room - 8
        label, below = Line(arrow.label), []
        if arrow.marks and label.cell_len + cell_len(arrow.marks) + 2 <= room:
            label.append("  " + arrow.marks, style="bold yellow")
        elif arrow.marks:
            below.append(Line(arrow.marks, style="bold yellow"))
        text = arrow.told or arrow.payload.decode(self._it.encoding, "backslashreplace")
        shown = visible(text)
        if shown and label.cell_len + cell_len(shown) + 3 <= room:
            return label.append("   " + shown, style="bold"), below
        return label, below + [Line(line, style="bold") for line in self._payload_lines(text)]

    def _payload_lines(self, text: str) -> list[str]:
        """A line of the payload to a line, as far as they go; where some is left out the last ends in `…`."""
        room = self._room - 6
        lines: list[str] = []
        for line in text.splitlines(keepends=True):
            lines += chop_cells(visible(line), room)
            if len(lines) > PAYLOAD_LINES:
                return [*lines[: PAYLOAD_LINES - 1], cut(lines[PAYLOAD_LINES - 1] + " …", room)]
        return lines

    def _dump(self, payload: bytes) -> Iterator[Line]:
        size = 16 if self._room >= _dump_width(16) else 8
        for row in hexdump(payload[:DUMPED_BYTES], size):
            yield self._between(Line("  " + row, style="dim"))
        if len(payload) > DUMPED_BYTES:
            more = plural(len(payload) - DUMPED_BYTES, "more byte", "more bytes", "个字节未显示")
            yield self._between(Line(f"  … {more.in_(self._it.language)}", style="dim"))

    def _changed(self, states: tuple[str, str]) -> Iterator[Line]:
        client, server = (now if now != before else "" for now, before in zip(states, self._states, strict=True))
        self._states = states
        if client or server:
            gap = " " * (self._room - 2 - len(client) - len(server))
            yield self._between(Line(f" {client}{gap}{server} ", style="cyan"))

    def _saying(self, saying: _Saying) -> Line:
        text = cut(saying.text, self._room - 2)
        line = self._between(_aligned(text, saying.role == "client", self._room, 1, "green"))
        return line.append_text(self._elapsed(saying.time))

    def _between(self, content: Line) -> Line:
        content.truncate(self._room)
        line = Line(" " * (self._numbers + 1)).append("│", style="dim")
        return line.append_text(pad(content, self._room)).append("│", style="dim")

    def _elapsed(self, time: int) -> Line:
        since = "0" if self._last is None else f"{'+' if time >= self._last else ''}{duration(time - self._last)}"
        self._last = time
        return Line(f"{since:>{TIME}}", style="dim")


def _of_others(record: Record, host: str | None, peer: str | None) -> Callable[[str], bool]:
    """Whether a line at `host` names an address of a third host, and none of `peer`: it speaks of somebody else."""
    third = {a for name in record.hosts if name not in {host, peer} for a in record.addresses(name)}
    own = frozenset() if peer is None else record.addresses(peer)

    def named(line: str, addresses: Iterable[str]) -> bool:
        return any(address and _address(address).search(line) for address in addresses)

    return lambda line: named(line, third) and not named(line, own)


def _address(address: str) -> re.Pattern[str]:
    """`address` in a line, but not as a part of a longer one."""
    before, after = (r"(?<![0-9A-Fa-f:])", r"(?!:?[0-9A-Fa-f])") if ":" in address else (r"(?<![\d.])", r"(?!\.?\d)")
    return re.compile(before + re.escape(address) + after, re.IGNORECASE)


def _program_sayings(
    name: str, role: Role, record: Record, drawing: _Ladder, of_others: Callable[[str], bool]
) -> Iterator[_Saying]:
    program = record.programs[name]
    start, end = drawing.span[0] - NEARBY, drawing.span[1] + NEARBY
    closed = say("input closed", "输入已关闭").in_(drawing.language)
    told = [
        (i.time, f"{name} → {one_line(i.text)}" if i.text is not None else f"{name}   {closed}") for i in program.input
    ]
    printed = [
        (o.time, f"{name} ← {'stderr  ' if o.stream == 'err' else ''}{one_line(o.text)}")
        for o in program.output
        if start <= o.time <= end and not of_others(o.text)
    ]
    both = ((time, text) for time, text in told + printed if start <= time <= end)
    near = sorted(both, key=lambda saying: saying[0])
    for time, text in near[:SHOWN_SAYINGS]:
        yield _Saying(time, role, text)
    if len(near) > SHOWN_SAYINGS:
        more = say("… {n} more lines", "… 另有 {n} 行", n=f"{len(near) - SHOWN_SAYINGS:,}").in_(drawing.language)
        yield _Saying(near[SHOWN_SAYINGS][0], role, f"{name}   {more}")


def _aligned(text: str, left: bool, room: int, margin: int = 3, style: str = "") -> Line:  # noqa: FBT001
    space = " " * (room - 2 * margin - cell_len(text))
    return Line(" " * margin + ("" if left else space)).append(text, style=style)


def _dump_width(size: int) -> int:
    return 2 + 4 + 2 + 3 * size + 1 + size
