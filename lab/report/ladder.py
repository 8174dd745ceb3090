"""One conversation as a ladder: a rail for each end, an arrow for each packet, time going down.

What the programs at both ends printed and were told stands between the packets, in the order of
time, which the record and the capture share.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TypedDict, Unpack

from rich.cells import cell_len, chop_cells
from rich.text import Text as Line

from lab import summaries
from lab.conversations import Connection, Conversations, Endpoint, Exchange, Role, Segment
from lab.record import Record
from lab.report.calls import CallRow, CallRows, rows_of
from lab.report.labels import prove_encoding, segment_label, segment_marks
from lab.report.layout import Screen, cut, hexdump, pad
from lab.report.sayings import NEARBY, Saying, sayings
from lab.report.wording import clock, duration, endpoint_name, fates, in_full, plural
from lab.text import Language, Text, same, say
from lab.trace.beside import Beside
from lab.visible import visible

WIDEST = 120  # columns; a longer arrow says no more
NARROWEST = 56
HEAD_PACKETS, TAIL_PACKETS = 150, 50  # shown of a longer conversation
PAYLOAD_LINES = 4
DUMPED_BYTES = 1024  # of each packet
TIME = 10  # cells


class Drawn(TypedDict, total=False):
    """`hex` adds a dump of each payload, `width` sets the columns, `everything` leaves no packet out.

    `ends` is how many packets are shown of the beginning and of the end, where that is not the usual number; `around`
    are the numbers of the packets to which an excerpt is kept; `opens` is the command that opened it, up to its number.
    `calls` are the system calls of the run, of which those on this conversation stand beside their packets.
    """

    hex: bool
    width: int | None
    everything: bool
    ends: tuple[int, int]
    around: Collection[int]
    opens: str
    calls: Sequence[Beside]


def ladder(
    connection: Connection, record: Record | None, language: Language, encoding: str, **drawn: Unpack[Drawn]
) -> Screen:
    """The ladder of a TCP connection whose segments were kept; payload is shown in `encoding`.

    Raises `InputError` where there is no such encoding.
    """
    prove_encoding(encoding)
    around = drawn.get("around")
    arrows = [
        _arrow(segment, language)
        if around is None or segment.number in around
        else _Arrow(segment.number, segment.time, segment.sender, "", b"")
        for segment in connection.segments or ()
    ]
    ends = (connection.client.endpoint, connection.server.endpoint)
    span = (connection.start, connection.end)
    title = say("conversation {n}", "会话 {n}", n=connection.index)
    calls = rows_of(drawn.get("calls", ()), connection)
    return _screen(_Ladder(title, ends, span, arrows, record, language, encoding, drawn, calls))


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
            told=summaries.told("dns", dns[d.number]).in_(language) if d.number in dns else None,
        )
        for d in conversations.datagrams
        if d.interface == exchange.interface and (d.source, d.destination) in (ends, ends[::-1])
    ]
    title = say("conversation u{n}", "会话 u{n}", n=exchange.index)
    calls = rows_of(drawn.get("calls", ()), exchange)
    span = (exchange.start, exchange.end)
    return _screen(_Ladder(title, ends, span, arrows, record, language, encoding, drawn, calls))


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
class _LeftOut:
    """Packets that are not shown: what is said of them, and the times of the first and the last."""

    what: Text
    first: int
    last: int

    @classmethod
    def of(cls, arrows: Sequence[_Arrow], remedy: Text | None = None) -> _LeftOut:
        """Say so of `arrows`, and what shows them."""
        counted = plural(len(arrows), "packet", "packets", "个数据包")
        what = say("{n} left out here", "此处略去 {n}", n=counted)
        return cls(what if remedy is None else what + remedy, arrows[0].time, arrows[-1].time)


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
    calls: CallRows


_Row = _Arrow | Saying | CallRow | _LeftOut


def _screen(drawing: _Ladder) -> Screen:
    return Screen(lambda width: _Pen(drawing, max(min(width, WIDEST), NARROWEST)).draw(), drawing.drawn.get("width"))


def _arrow(segment: Segment, language: Language) -> _Arrow:
    label, marks = segment_label(segment), segment_marks(segment, language)
    states = (segment.client_state, segment.server_state)
    return _Arrow(segment.number, segment.time, segment.sender, label, segment.payload, marks, states)


class _Pen:
    """Draws a ladder of `width` columns: number, rail, room, rail, time."""

    def __init__(self, drawing: _Ladder, width: int) -> None:
        self._it = drawing
        self._numbers = max([5, *(len(str(arrow.number)) for arrow in drawing.arrows)])
        self._room = width - self._numbers - 3 - TIME
        self._last: int | None = None
        self._states = ("", "")
        self._fates = {} if drawing.record is None else fates(drawing.record)
        self._lost = frozenset[int]() if drawing.record is None else drawing.record.lost

    def draw(self) -> Iterator[Line]:
        yield from self._head()
        for row in self._rows():
            if isinstance(row, Saying):
                yield self._saying(row)
            elif isinstance(row, CallRow):
                yield self._beside(row.role, row.text, "magenta")
            elif isinstance(row, _Arrow):
                yield from self._packet(row)
            else:
                yield self._left_out(row)

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

    def _rows(self) -> list[_Row]:
        pieces = self._pieces()
        start, end = self._window()
        rows: list[_Row] = []
        for place, piece in enumerate(pieces):
            if isinstance(piece, _LeftOut):
                rows.append(piece)
            else:
                first = start if place == 0 else piece[0].time
                rows += self._merged(piece, first, end if place == len(pieces) - 1 else piece[-1].time)
        return rows

    def _pieces(self) -> Sequence[Sequence[_Arrow] | _LeftOut]:
        """The packets that are shown, and what is said where some are left out."""
        arrows = self._it.arrows
        if "around" in self._it.drawn:
            return self._excerpt(self._it.drawn["around"])
        head, tail = self._it.drawn.get("ends", (HEAD_PACKETS, TAIL_PACKETS))
        spare = len(arrows) - head - tail
        if spare <= 0 or self._it.drawn.get("everything", False):
            return [arrows]
        remedy = None
        if "ends" not in self._it.drawn:
            whole = in_full(self._it.drawn.get("opens"))
            remedy = say("; {all} shows them", "；{all} 全部显示", all=whole)
        return [arrows[:head], _LeftOut.of(arrows[head:-tail], remedy), arrows[-tail:]]

    def _excerpt(self, around: Collection[int]) -> list[Sequence[_Arrow] | _LeftOut]:
        pieces: list[Sequence[_Arrow] | _LeftOut] = []
        for kept, group in groupby(self._it.arrows, key=lambda arrow: arrow.number in around):
            piece = list(group)
            pieces.append(piece if kept else _LeftOut.of(piece))
        return pieces

    def _window(self) -> tuple[int, int]:
        return self._it.span[0] - NEARBY, self._it.span[1] + NEARBY

    def _merged(self, arrows: Sequence[_Arrow], start: int, end: int) -> list[_Row]:
        """Packets in the order of the capture with their calls, and all else before the first later packet."""
        rows: list[_Row] = []
        it = self._it
        said = () if it.record is None else sayings(it.record, it.ends, it.span, it.language)
        beside = [*said, *it.calls.loose]
        near = sorted((s for s in beside if start <= s.time <= end), key=lambda s: s.time)
        place = 0
        for arrow in arrows:
            while place < len(near) and near[place].time < arrow.time:
                rows.append(near[place])
                place += 1
            rows += [*it.calls.before[arrow.number], arrow, *it.calls.after[arrow.number]]
        return [*rows, *near[place:]]

    def _packet(self, arrow: _Arrow) -> Iterator[Line]:
        outward = arrow.sender == "client"
        label, below = self._label(arrow)
        head = ("✗", "✗") if arrow.number in self._lost else ("◀", "▶")
        left, right = ("", head[1]) if outward else (head[0], "")
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
        fate = self._fates.get(arrow.number, same("")).in_(self._it.language)
        marks = ", ".join(filter(None, [arrow.marks, fate]))
        if marks and label.cell_len + cell_len(marks) + 2 <= room:
            label.append("  " + marks, style="bold yellow")
        elif marks:
            below.append(Line(marks, style="bold yellow"))
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

    def _saying(self, saying: Saying) -> Line:
        return self._beside(saying.role, saying.text, "green").append_text(self._elapsed(saying.time))

    def _beside(self, role: Role, text: str, style: str) -> Line:
        """A text at the rail of `role`."""
        return self._between(_aligned(cut(text, self._room - 2), role == "client", self._room, 1, style))

    def _left_out(self, row: _LeftOut) -> Line:
        """A line for them, with the time that they took: what follows is timed from the last of them."""
        if self._last is None and row.last != row.first:
            self._last = row.first
        line = self._between(Line(f" ⋮  {row.what.in_(self._it.language)}", style="dim"))
        return line.append_text(self._elapsed(row.last))

    def _between(self, content: Line) -> Line:
        content.truncate(self._room)
        line = Line(" " * (self._numbers + 1)).append("│", style="dim")
        return line.append_text(pad(content, self._room)).append("│", style="dim")

    def _elapsed(self, time: int) -> Line:
        since = "0" if self._last is None else f"{'+' if time >= self._last else ''}{duration(time - self._last)}"
        self._last = time
        return Line(f"{since:>{TIME}}", style="dim")


def _aligned(text: str, left: bool, room: int, margin: int = 3, style: str = "") -> Line:  # noqa: FBT001
    space = " " * (room - 2 * margin - cell_len(text))
    return Line(" " * margin + ("" if left else space)).append(text, style=style)


def _dump_width(size: int) -> int:
    return 2 + 4 + 2 + 3 * size + 1 + size
