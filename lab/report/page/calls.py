"""Where system calls stand among the packets of the page."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from lab.conversations import Connection, Exchange
from lab.trace.beside import Beside

BEFORE, PACKET, AFTER = range(3)
"""What stands at a packet: what comes before it, the packet, what comes after it."""


def of_conversation(calls: Iterable[Beside], conversation: Connection | Exchange) -> list[Beside]:
    """The calls about `conversation`."""
    kind = type(conversation)
    return [c for c in calls if isinstance(c.conversation, kind) and c.conversation.index == conversation.index]


def place(beside: Beside, places: Mapping[int, int], times: Sequence[int]) -> tuple[int, int, int]:
    """Where a call stands among packets, as a key to sort by; `places` and `times` are those of the packets drawn.

    Before the first packet that it sent; else after the last that woke it; a call with neither where it began.
    """
    call = beside.call
    for number in beside.caused:
        if number in places:
            return places[number], BEFORE, call.started
    for number in reversed(beside.woken_by):
        if number in places:
            return places[number], AFTER, call.ended or call.started
    return bisect_right(times, call.started) - 1, AFTER, call.started
