"""All conversations and all programs of a run on one time line, a lane each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from rich.cells import cell_len

from lab.conversations import Role
from lab.record import ProgramFacts
from lab.report.layout import cut
from lab.report.page.ladder import Ladder
from lab.report.page.svg import drawing, element, label, line
from lab.report.page.times import Times
from lab.report.wording import clock, plural
from lab.seen import Seen
from lab.text import Text, same, say
from lab.visible import one_line, visible

LABELS, WIDTH, LANE, TOP, BOTTOM = 190, 960, 30, 14, 40
CELL = 7.3  # the width of half a wide character at the size of what was said
MOST_LANES = 60
PART = 12  # of the room that a wait may take
MOST_EVENTS = 400
MOST_CELLS = 60  # of a payload among the events
SECOND = 1_000_000_000
_TALL, _SHORT = 9, 4  # of the strokes for packets with payload and without


@dataclass(frozen=True, slots=True)
class Event:
    """What a program did at a moment, or a packet: by its `number`, and from whom to whom."""

    time: str
    who: str
    text: Text
    number: int = 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The drawing, how many conversations are not in it, and all events in words, in the order of time."""

    svg: Markup
    left_out: Text | None
    events: tuple[Event, ...]
    more_events: Text | None


def timeline(seen: Seen, ladders: Sequence[Ladder], began: int) -> Timeline | None:
    """The time line of what was `seen`; None of a capture without conversations. Times are since `began`."""
    programs = {} if seen.record is None else dict(seen.record.programs)
    drawn = [ladder for ladder in ladders if ladder.arrows and not ladder.folded][:MOST_LANES]
    moments = [arrow.time for ladder in drawn for arrow in ladder.arrows]
    moments += [time for facts in programs.values() for time in _times(facts)]
    if not moments:
        return None
    scale = Times(moments, LABELS, WIDTH - 14, PART)
    lanes = [_program(name, facts, scale) for name, facts in programs.items()]
    lanes += [_conversation(ladder, scale) for ladder in drawn]
    height = TOP + LANE * len(lanes) + BOTTOM
    told = say("seconds since the exchange began", "自交互开始起的秒数")
    parts = [
        *scale.axis(began, SECOND, TOP, height - BOTTOM + 6),
        label((LABELS + WIDTH) / 2, height - 4, told, "tick", "middle"),
    ]
    parts += [element("g", *lane, transform=f"translate(0 {TOP + at * LANE})") for at, lane in enumerate(lanes)]
    missing = sum(not ladder.folded for ladder in ladders) - len(drawn)
    left_out = plural(missing, "more conversation is", "more conversations are", "个会话") + say(
        " not in the drawing", "不在图中"
    )
    events = sorted([*_packets(drawn, seen), *_events(programs)], key=lambda each: each[0])
    more = len(events) - MOST_EVENTS
    return Timeline(
        drawing(WIDTH, height, "timeline-title", *parts, linked=True),
        left_out if missing else None,
        tuple(Event(clock(time - began), who, text, n) for time, who, text, n in events[:MOST_EVENTS]),
        None if more <= 0 else plural(more, "more line", "more lines", "行未列出"),
    )


def _times(facts: ProgramFacts) -> Iterator[int]:
    yield from (time for time in (facts.started, facts.ended) if time is not None)
    yield from (line.time for line in facts.output)
    yield from (line.time for line in facts.input)


def _program(name: str, facts: ProgramFacts, scale: Times) -> list[Markup]:
    """Its life as a line, a dot for each line that it printed, a ring for each that was typed to it."""
    middle = LANE / 2
    parts = [label(0, middle + 4, cut(visible(name), 25), "name")]
    last = max(_times(facts), default=None)
    if facts.started is not None and last is not None:
        parts.append(line(scale.x(facts.started), middle, scale.x(last), middle, "life"))
    said = sorted(
        [(o.time, "out", o.text) for o in facts.output] + [(i.time, "in", i.text or "") for i in facts.input],
        key=lambda each: each[0],
    )
    free = 0.0
    for at, (time, kind, text) in enumerate(said[:MOST_EVENTS]):
        x = scale.x(time)
        parts.append(element("circle", cx=x, cy=middle, r=3, class_=kind))
        until = scale.x(said[at + 1][0]) if at + 1 < len(said) else float(WIDTH)
        room = int((until - x - 8) / CELL)
        words = cut(one_line(text), max(room, 0))
        if x >= free and room > 4 and words:  # noqa: PLR2004 - fewer cells say nothing
            parts.append(label(x + 6, middle - 4, words, "said"))
            free = x + 6 + cell_len(words) * CELL
    return parts


def _conversation(ladder: Ladder, scale: Times) -> list[Markup]:
    """A line from its first packet to its last, strokes up for packets of the client and down for the server's."""
    middle = LANE / 2
    first, last = ladder.arrows[0].time, ladder.arrows[-1].time
    parts = [
        element(
            "a",
            label(0, middle + 4, cut(f"{ladder.key}  {ladder.ends[0]} → {ladder.ends[1]}", 27), "link"),
            href=f"#c{ladder.key}",
        )
    ]
    parts.append(line(scale.x(first), middle, scale.x(last) + 1, middle, "life"))
    roles: tuple[tuple[Role, int], ...] = (("client", -1), ("server", 1))
    for role, direction in roles:
        strokes = {
            (round(scale.x(arrow.time), 1), bool(arrow.payload)): None for arrow in ladder.arrows if arrow.role == role
        }
        if strokes:
            path = "".join(f"M{x:g} {middle:g}v{direction * (_TALL if data else _SHORT)}" for x, data in strokes)
            parts.append(element("path", d=path, class_=f"stroke {role}"))
    return parts


def _events(programs: dict[str, ProgramFacts]) -> Iterator[tuple[int, str, Text, int]]:
    for name, facts in programs.items():
        for said in facts.output:
            text = f"← {'stderr  ' if said.stream == 'err' else ''}{one_line(said.text)}"
            yield said.time, visible(name), same(text), 0
        for typed in facts.input:
            closed = say("input closed", "输入已关闭")
            yield typed.time, visible(name), closed if typed.text is None else same(f"→ {one_line(typed.text)}"), 0


def _packets(ladders: Sequence[Ladder], seen: Seen) -> Iterator[tuple[int, str, Text, int]]:
    for ladder in ladders:
        client, server = (one_line(end) for end in ladder.ends)
        for arrow in ladder.arrows:
            ends = (client, server) if arrow.role == "client" else (server, client)
            told = arrow.told or same(arrow.payload.decode(seen.encoding, "backslashreplace"))
            en, zh = (f"{arrow.label}  {cut(one_line(text), MOST_CELLS)}".rstrip() for text in (told.en, told.zh))
            yield arrow.time, " → ".join(ends), Text(en, zh), arrow.number
