"""The evidence of checks: the part of the ladder around the packets that a check cites, as plain text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lab.checks.facts import RunFacts
from lab.conversations import Connection, Exchange, Message
from lab.grading.shown import Handout, packets_of
from lab.messages import MARKER
from lab.record import Record, Words
from lab.report.ladder import Drawn, datagram_ladder, ladder
from lab.report.layout import Screen, cut
from lab.report.wording import plural
from lab.results import Result
from lab.text import LANGUAGES, Language, say
from lab.visible import visible

MOST_LINES = 36
WIDTH = 84  # columns
MOST_CONVERSATIONS = 3
MOST_PACKETS = 50_000  # of a conversation that is drawn
MOST_CITED = 8  # packets of one conversation


@dataclass(frozen=True, slots=True)
class _Cited:
    """A conversation, all its packets in order, and those of them that a check cites."""

    conversation: Connection | Exchange
    packets: Sequence[int]
    cited: Sequence[int]

    def around(self, context: int) -> set[int]:
        """The cited packets, as many as are shown, with `context` packets before and after each."""
        half = MOST_CITED // 2
        cited = self.cited if len(self.cited) <= MOST_CITED else [*self.cited[:half], *self.cited[-half:]]
        places = [bisect_left(self.packets, number) for number in cited]
        return {n for place in places for n in self.packets[max(place - context, 0) : place + context + 1]}


def excerpts(facts: RunFacts, results: Iterable[Result], handout: Handout) -> Mapping[str, Words]:
    """The excerpt of each check that is not hidden and cites packets, by its id.

    At most `MOST_LINES` lines; where something is left out that is said. Nothing of a packet or a program is in it
    that is not `visible`.
    """
    if not handout.everything:
        quiet = facts.record.model_copy(update={"programs": {}})
        facts = RunFacts(quiet, facts.conversations, facts.capture, facts.folder)
    drawing = _Drawing(facts, handout)
    drawn = {}
    for result in results:
        numbers = sorted({n for group in result.packets for n in group})
        if numbers and not result.hidden and (cited := drawing.cited(numbers)):
            drawn[result.id] = Words(**{language: drawing.excerpt(cited, language) for language in LANGUAGES})
    return drawn


class _Drawing:
    """Draws the excerpts of one run."""

    def __init__(self, facts: RunFacts, handout: Handout) -> None:
        self._facts = facts
        self._handout = handout
        self._conversations = packets_of(facts.conversations)
        self._place = {n: place for place, (_, packets) in enumerate(self._conversations) for n in packets}
        self._messages = {m.number: m for m in facts.conversations.messages if m.summary != MARKER}

    def cited(self, numbers: Sequence[int]) -> list[_Cited | Message]:
        """The conversations and messages that packets belong to, as far as they may be seen."""
        by_place: dict[int, list[int]] = {}
        for number in numbers:
            if number in self._place:
                by_place.setdefault(self._place[number], []).append(number)
        found: list[_Cited | Message] = [
            _Cited(*self._conversations[place], theirs)
            for place, theirs in by_place.items()
            if self._handout.shows(self._conversations[place][1])
        ]
        return found + [self._messages[n] for n in numbers if n in self._messages and self._handout.shows([n])]

    def excerpt(self, cited: Sequence[_Cited | Message], language: Language) -> str:
        """The evidence in `language`."""
        conversations = [each for each in cited if isinstance(each, _Cited)]
        blocks = list(_blocks(self._facts, conversations, language))
        messages = [each for each in cited if isinstance(each, Message)]
        if messages:
            blocks.append(list(_messages(messages, MOST_LINES - sum(map(len, blocks)))))
        left_out = len(conversations) - MOST_CONVERSATIONS
        if left_out > 0:
            more = say(
                "… and {n}", "… 另有 {n}", n=plural(left_out, "more conversation", "more conversations", "个会话")
            )
            blocks.append([more.in_(language)])
        return "\n\n".join("\n".join(block) for block in blocks)


def _blocks(facts: RunFacts, cited: Sequence[_Cited], language: Language) -> Iterator[list[str]]:
    shown = cited[:MOST_CONVERSATIONS]
    room = MOST_LINES
    for place, each in enumerate(shown):
        block = _ladder(facts, each, language, room // (len(shown) - place))
        room -= len(block)
        yield block


def _ladder(facts: RunFacts, cited: _Cited, language: Language, room: int) -> list[str]:
    """The ladder around the cited packets in `room` lines: with what programs said and with neighbours if they fit."""
    if len(cited.packets) > MOST_PACKETS:
        many = say(
            "a conversation of {n} packets: too long to draw",
            "一个有 {n} 个数据包的会话：太长，不画出",
            n=len(cited.packets),
        )
        return [many.in_(language)]
    silent = facts.record.model_copy(update={"programs": {}})
    lines: list[str] = []
    for record, context in ((facts.record, 1), (silent, 1), (silent, 0)):
        screen = _screen(facts, cited, record, language, Drawn(around=cited.around(context)))
        lines = [line.plain.rstrip() for line in screen.lines(WIDTH)]
        if len(lines) <= room:
            return lines
    return [*lines[: room - 1], "…"]


def _screen(facts: RunFacts, cited: _Cited, record: Record, language: Language, drawn: Drawn) -> Screen:
    encoding = facts.record.encoding
    if isinstance(cited.conversation, Connection):
        return ladder(cited.conversation, record, language, encoding, **drawn)
    return datagram_ladder(cited.conversation, facts.conversations, record, language, encoding, **drawn)


def _messages(messages: Sequence[Message], room: int) -> Iterator[str]:
    most = max(room, 3)
    for message in messages[:most]:
        yield cut(f"{message.number:>5} {visible(message.summary)}", WIDTH)
    if len(messages) > most:
        yield "…"
