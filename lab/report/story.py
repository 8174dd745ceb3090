"""What happened, in sentences: a block for each conversation, each sentence with its time and what shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import nsmallest
from itertools import groupby
from typing import Any

from rich.text import Text as Line

from lab.conversations import Conversations, Side
from lab.report.inspect import PAGE, UDP, conversation_named
from lab.report.layout import Screen, console_of, hang
from lab.report.wording import clock, endpoint_name, plural, ranges
from lab.seen import Seen, Sentence
from lab.text import Language, Text, join, say
from lab.visible import one_line

TIME = 10  # columns before a sentence
WIDEST = 120  # a line that is longer reads no better


def first_told(conversations: Conversations) -> list[str]:
    """The names of the conversations that a screen tells of unless all are asked for: the first `PAGE` to begin."""
    begun = [(each.start, f"{each.index}") for each in conversations.connections]
    begun += [(each.start, f"{UDP}{each.index}") for each in conversations.exchanges]
    return [name for _, name in nsmallest(PAGE, begun, key=lambda each: each[0])]


def story_screen(seen: Seen, sentences: Sequence[Sentence], language: Language, more: int = 0) -> Screen:
    """The sentences, and that there are `more` conversations of which none tells."""
    return Screen(lambda width: _draw(seen, sentences, language, more, min(width, WIDEST)))


def story_document(sentences: Sequence[Sentence], language: Language) -> dict[str, Any]:
    """The document of `lab explain --json`, its strings in `language`; times are nanoseconds since the epoch."""
    return {
        "sentences": [
            {
                "conversation": each.conversation,
                "time": each.time,
                "text": each.text.in_(language),
                "packets": list(each.packets),
                "calls": list(each.calls),
            }
            for each in sentences
        ]
    }


def _draw(seen: Seen, sentences: Sequence[Sentence], language: Language, more: int, width: int) -> Iterator[Line]:
    start = _start(seen)
    for place, (name, its) in enumerate(groupby(sentences, key=lambda each: each.conversation)):
        if place:
            yield Line()
        if name is not None:
            yield _title(seen, name, language)
        for each in its:
            yield from _sentence(each, start, language, width)
    if more:
        left = plural(more, "more conversation", "more conversations", "个会话")
        told = say("… {more}: --all tells of them, -c of one", "… 另有 {more}：--all 全部叙述，-c 叙述一个", more=left)
        yield Line()
        yield Line(told.in_(language), style="dim")


def _start(seen: Seen) -> int:
    """What times count from: the first step of a run, else the first packet."""
    if seen.record is not None and seen.record.steps:
        return seen.record.steps[0].started
    listed: list[int] = [each.start for each in seen.conversations.connections]
    listed += [each.start for each in seen.conversations.exchanges]
    listed += [each.time for each in seen.conversations.messages[:1]]
    return min(listed, default=0)


def _title(seen: Seen, name: str, language: Language) -> Line:
    line = Line(say("conversation {n}", "会话 {n}", n=name).in_(language), style="bold")
    found = conversation_named(seen.conversations, name)
    if found is None:
        return line
    ends = (found.client, found.server)
    endpoints = [each.endpoint if isinstance(each, Side) else each for each in ends]
    client, server = (endpoint_name(each, seen.record) for each in endpoints)
    return line.append(f"   {client} → {server}", style="not bold")


def _sentence(sentence: Sentence, start: int, language: Language, width: int) -> list[Line]:
    """One sentence, further lines under its first, and after it the numbers of its packets and calls."""
    body = Line(one_line(sentence.text.in_(language)))
    if (shown := _shown_by(sentence)) is not None:
        body.append("   " + shown.in_(language), style="dim")
    time = clock(sentence.time - start) if sentence.packets or sentence.calls else ""  # of the whole, else
    first = Line(f"{time:>8}".ljust(TIME), style="dim")
    return hang(first, body, width, console_of(width))


def _shown_by(sentence: Sentence) -> Text | None:
    parts = []
    if sentence.packets:
        one = "" if len(sentence.packets) == 1 else "s"
        parts.append(say("packet{s} {n}", "数据包 {n}", s=one, n=ranges(sentence.packets)))
    if sentence.calls:
        one = "" if len(sentence.calls) == 1 else "s"
        parts.append(say("call{s} {n}", "调用 {n}", s=one, n=ranges(sentence.calls)))
    return join("  ", parts) if parts else None
