"""What each side sent, in text: the segments of one side until the other one sends something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from lab.conversations import Role
from lab.explain.encoded import cuts, quoted
from lab.explain.talk import OTHER, ROLES, Piece, Talk
from lab.report.sayings import sayings
from lab.report.wording import plural
from lab.seen import Sentence
from lab.text import Text, join, same, say

TOLD = 40
"""Turns of a conversation that are told one by one."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What `role` sent before the other side sent anything: where it lies in its stream, and in which packets."""

    role: Role
    pieces: tuple[Piece, ...]

    @property
    def packets(self) -> tuple[int, ...]:
        """Each once, in their order."""
        return tuple(sorted({piece.packet for piece in self.pieces}))

    @property
    def size(self) -> int:
        """Its bytes."""
        return sum(piece.length for piece in self.pieces)


def sent(talk: Talk) -> Iterator[Sentence]:
    """What each side sent; a segment is no message: TCP carries bytes in order, and no borders (RFC 9293, 2.2)."""
    turns = _turns(talk)
    printed = _Printed(talk)
    inside = {role: _cut(talk, role) for role in ROLES}
    for turn in turns[:TOLD]:
        data = b"".join(talk.data(turn.role)[piece.offset : piece.end] for piece in turn.pieces)
        text = say(
            "{who} sends {n} in {segments}: {text}",
            "{who} 用 {segments}发送 {n}：{text}",
            who=talk.name(turn.role),
            n=plural(turn.size, "byte", "bytes", "字节"),
            segments=plural(len(turn.packets), "segment", "segments", "个报文段"),
            text=quoted(data, talk.seen.encoding),
        )
        cut = [piece.packet for piece in turn.pieces if piece.end in inside[turn.role]]
        if cut:
            text += say(
                "; packet {n} ends inside a character of {encoding}",
                "；第 {n} 个数据包止于一个 {encoding} 字符的中间",
                n=join(same(", "), [same(str(each)) for each in cut]),
                encoding=talk.seen.encoding,
            )
        arrivals = [talk.arrival(piece) for piece in turn.pieces]
        text += _late(turn, arrivals)
        there = [packet for packet in arrivals if packet is not None]
        if len(there) == len(arrivals):
            text += printed.after(OTHER[turn.role], data, talk.time_of(min(there)))
        yield talk.sentence(text, turn.packets)
    if turns[TOLD:]:
        yield _rest(talk, turns[TOLD:])


def _late(turn: Turn, arrivals: list[int | None]) -> Text:
    """What of a turn came only when it was sent again, or never; nothing where all came at once."""
    if None in arrivals:
        return say("; not all of it arrives", "；没有全部到达")
    late = sorted({a for piece, a in zip(turn.pieces, arrivals, strict=True) if a is not None and a != piece.packet})
    if not late:
        return same("")
    return say(
        "; what was lost arrives with packet {n}",
        "；丢失的由第 {n} 个数据包送达",
        n=join(same(", "), [same(str(packet)) for packet in late]),
    )


def _turns(talk: Talk) -> list[Turn]:
    pieces = sorted((p for role in ROLES for p in talk.pieces(role)), key=lambda piece: (piece.packet, piece.offset))
    grouped = [(role, list(its)) for role, its in groupby(pieces, key=lambda piece: piece.role)]
    return [Turn(role, tuple(sorted(its, key=lambda piece: piece.offset))) for role, its in grouped]


def _cut(talk: Talk, role: Role) -> frozenset[int]:
    """Where segments of `role` end inside a character."""
    return cuts(talk.data(role), [piece.end for piece in talk.pieces(role)], talk.seen.encoding)


def _rest(talk: Talk, turns: list[Turn]) -> Sentence:
    """All that is not told one by one, in one sentence."""
    sizes: Counter[Role] = Counter()
    for turn in turns:
        sizes[turn.role] += turn.size
    each = [
        say(
            "{n} from {who}",
            "{who} 的 {n}",
            n=plural(sizes[role], "byte", "bytes", "字节"),
            who=talk.name(role),
        )
        for role in ROLES
        if sizes[role]
    ]
    packets = [packet for turn in turns for packet in turn.packets]
    return talk.sentence(
        say(
            "then {n} not told one by one: {each}",
            "其后 {n}不再逐一叙述：{each}",
            n=plural(len(turns), "more turn that is", "more turns that are", "轮发送"),
            each=join(say(", ", "，"), each),
        ),
        packets,
    )


class _Printed:
    """The lines that programs at both ends printed, each of which is what came of one thing at most."""

    def __init__(self, talk: Talk) -> None:
        self._lines: list[tuple[int, Role, str]] = []
        if talk.seen.record is not None:
            connection = talk.connection
            ends = (connection.client.endpoint, connection.server.endpoint)
            said = sayings(talk.seen.record, ends, (connection.start, connection.end), "en")
            self._lines = sorted((each.time, each.role, each.text) for each in said if " ← " in each.text)
        self._encoding = talk.seen.encoding

    def after(self, role: Role, data: bytes, time: int) -> Text:
        """That the program of `role` printed what came; nothing where no line says so."""
        try:
            text = data.decode(self._encoding).strip()
        except UnicodeDecodeError:
            return same("")
        for place, (when, whose, line) in enumerate(self._lines):
            program, _, said = line.partition(" ← ")
            if text and whose == role and when >= time and text in said:
                del self._lines[place]
                return say("; {program} prints it", "；{program} 将其打印", program=program)
        return same("")
