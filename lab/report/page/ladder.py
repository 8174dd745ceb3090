"""A conversation as rows between two rails: packets, what the programs said, and their system calls, time going down.

A long one is divided into sheets that are folded away; what is not drawn at all is counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from lab import summaries
from lab.conversations import RESENT, Connection, Datagram, Endpoint, Exchange, Mark, Message, Role, Segment
from lab.record import Record
from lab.report.calls import call_label
from lab.report.labels import MARKS, segment_label
from lab.report.layout import hexdump
from lab.report.page.calls import AFTER, PACKET, of_conversation, place
from lab.report.page.plots import Plot
from lab.report.sayings import sayings
from lab.report.wording import clock, duration, plural
from lab.seen import Seen
from lab.text import Text, same, say
from lab.trace.beside import Beside
from lab.visible import visible

SHEET = 200  # packets that are unfolded together
LONGEST = 2_000  # packets of one ladder
SHOWN_TEXT = 200  # characters of a payload
DUMPED = 128  # bytes of a payload, where not all of every payload is


@dataclass(frozen=True, slots=True)
class Row:
    """A row: a packet, a system call, or what a program printed (`←`) or was told (`→`)."""

    kind: Literal["packet", "call", "said"]
    role: Role
    time: str
    """Seconds since the beginning of the exchange."""
    text: Text
    number: int = 0
    """Of the packet in the capture, or of the call."""
    since: str = ""
    """Time since the packet before."""
    marks: tuple[Text, ...] = ()
    again: bool = False
    """It is a retransmission."""
    lost: bool = False
    """It never arrived."""
    payload: str = ""
    told: Text | None = None
    """What it says, where its protocol is known."""
    more: int = 0
    """Bytes of the payload that are not in `dump`."""
    dump: tuple[str, ...] = ()
    states: tuple[str, str] = ("", "")
    """Those of client and server after it, where they have changed."""
    caused: tuple[int, ...] = ()
    """The packets that a call sent."""
    woken_by: tuple[int, ...] = ()
    """The packets that let a call return."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows that are folded away together, with the numbers of their first and last packets."""

    first: int
    last: int
    rows: tuple[Row, ...]

    @property
    def title(self) -> Text:
        """Which packets are in it."""
        return say("packets {a} to {b}", "数据包 {a} 至 {b}", a=self.first, b=self.last)


@dataclass(frozen=True, slots=True)
class Arrow:
    """A packet between the rails; `told` is what its payload says, where its protocol is known."""

    number: int
    time: int
    role: Role
    label: str
    payload: bytes = b""
    marks: frozenset[Mark] = frozenset()
    states: tuple[str, str] = ("", "")
    told: Text | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """A conversation as the page draws it; `key` is its name in the tables, `m1` of what is neither TCP nor UDP."""

    key: str
    title: Text
    ends: tuple[str, str]
    arrows: Sequence[Arrow]
    """All packets of it, drawn or not."""
    facts: tuple[tuple[Text, Text], ...]
    sheets: tuple[Sheet, ...] = ()
    plots: tuple[Plot, ...] = ()
    left_out: Text | None = None
    gap: int = 0
    """How many of the sheets stand before what is left out."""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """What stands between the packets, each with its place as a key to sort by."""

    rows: list[tuple[tuple[int, int, int], Row]] = field(default_factory=list)


def of_segments(segments: Iterable[Segment]) -> list[Arrow]:
    """The packets of a TCP connection."""
    return [
        Arrow(s.number, s.time, s.sender, segment_label(s), s.payload, s.marks, (s.client_state, s.server_state))
        for s in segments
    ]


def of_datagrams(datagrams: Iterable[Datagram], client: Endpoint, dns: dict[int, str]) -> list[Arrow]:
    """The packets of a UDP exchange; `dns` has what those that are DNS say."""
    return [
        Arrow(
            d.number,
            d.time,
            "client" if d.source == client else "server",
            f"UDP  len {d.length}",
            d.payload,
            told=summaries.told("dns", dns[d.number]) if d.number in dns else None,
        )
        for d in datagrams
    ]


def of_messages(messages: Sequence[Message]) -> list[Arrow]:
    """Packets of other protocols between two hosts; the client is who sent the first."""
    client = ends_of(messages[0])[0]
    return [
        Arrow(
            m.number,
            m.time,
            "client" if ends_of(m)[0] == client else "server",
            m.protocol.upper(),
            told=summaries.told(m.protocol, m.summary),
        )
        for m in messages
    ]


def ends_of(message: Message) -> tuple[str, str]:
    """Who sent a message and to whom; an ARP request is for whom it asks, though all get it."""
    source, destination = message.fields.get("src_ip"), message.fields.get("dst_ip")
    if isinstance(source, str) and isinstance(destination, str):
        return source, destination
    return message.source, message.destination


def sheets(
    arrows: Sequence[Arrow], between: Between, seen: Seen, began: int, dumped: int | None = None
) -> tuple[Sheet, ...]:
    """`arrows` and what stands `between` them, divided; times are since `began`.

    Of each payload `dumped` bytes are in the dump, all of them where it is None.
    """
    rows = [((at, PACKET, 0), row) for at, row in enumerate(_packets(arrows, seen, began, dumped))]
    ordered = sorted([*rows, *between.rows], key=lambda each: each[0])
    made = []
    for first in range(0, len(arrows), SHEET):
        last = min(first + SHEET, len(arrows)) - 1
        inside = tuple(row for (at, _, _), row in ordered if first <= at <= last or (at < 0 and first == 0))
        made.append(Sheet(arrows[first].number, arrows[last].number, inside))
    return tuple(made)


def said_and_called(conversation: Connection | Exchange, arrows: Sequence[Arrow], seen: Seen, began: int) -> Between:
    """What the programs at both ends of a conversation printed, were told and called."""
    times = [arrow.time for arrow in arrows]
    places = {arrow.number: at for at, arrow in enumerate(arrows)}
    between = Between()
    if seen.record is not None:
        for time, row in _said(conversation, seen.record, began):
            between.rows.append(((bisect_right(times, time) - 1, AFTER, time), row))
    for beside in of_conversation(seen.calls, conversation):
        between.rows.append((place(beside, places, times), call_row(beside, began)))
    return between


def call_row(beside: Beside, began: int) -> Row:
    """A call as a row with its packets, timed where it stands: when it was made, or returned if packets woke it."""
    call = beside.call
    moment = call.started if beside.caused or call.ended is None else call.ended
    return Row(
        "call",
        beside.role or "client",
        clock(moment - began),
        same(call_label(call)),
        number=call.number,
        caused=beside.caused,
        woken_by=beside.woken_by,
    )


def left_out(count: int, command: str) -> Text | None:
    """That so many packets are not drawn, and what shows them."""
    if count <= 0:
        return None
    counted = plural(count, "packet is", "packets are", "个数据包")
    return say(
        "{counted} not drawn; {command} shows them",
        "{counted}未画出；{command} 可查看",
        counted=counted,
        command=command,
    )


def _said(conversation: Connection | Exchange, record: Record, began: int) -> Iterator[tuple[int, Row]]:
    ends, span = _ends(conversation), (conversation.start, conversation.end)
    english, chinese = (sayings(record, ends, span, language) for language in ("en", "zh"))
    for en, zh in zip(english, chinese, strict=True):
        yield en.time, Row("said", en.role, clock(en.time - began), Text(en.text, zh.text))


def _ends(conversation: Connection | Exchange) -> tuple[Endpoint, Endpoint]:
    if isinstance(conversation, Connection):
        return conversation.client.endpoint, conversation.server.endpoint
    return conversation.client, conversation.server


def _packets(arrows: Sequence[Arrow], seen: Seen, began: int, dumped: int | None) -> Iterator[Row]:
    states, before = ("", ""), None
    for arrow in arrows:
        client, server = (now if now != was else "" for now, was in zip(arrow.states, states, strict=True))
        since = "" if before is None else f"{'+' if arrow.time >= before else ''}{duration(arrow.time - before)}"
        row = _packet(arrow, seen, clock(arrow.time - began), dumped)
        yield replace(row, since=since, states=(client, server))
        states, before = arrow.states, arrow.time


def _packet(arrow: Arrow, seen: Seen, time: str, dumped: int | None) -> Row:
    text = arrow.payload.decode(seen.encoding, "backslashreplace")
    shown = "\n".join(visible(line) for line in text[:SHOWN_TEXT].splitlines(keepends=True))
    return Row(
        "packet",
        arrow.role,
        time,
        same(arrow.label),
        number=arrow.number,
        marks=tuple(MARKS[mark] for mark in Mark if mark in arrow.marks),
        again=bool(RESENT & arrow.marks),
        lost=arrow.number in seen.lost,
        payload=shown[:SHOWN_TEXT] + (" …" if len(text) > SHOWN_TEXT or len(shown) > SHOWN_TEXT else ""),
        told=arrow.told,
        more=len(arrow.payload[dumped:]) if dumped is not None else 0,
        dump=tuple(hexdump(arrow.payload[:dumped])),
    )
