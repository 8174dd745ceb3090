"""What happened, in sentences: rules over one conversation at a time, each of which says only what it knows.

    Seen ─→ Talk, Asked: one conversation and its calls ─rules→ Sentence: text, packets, calls, conversation, time

A rule is a pure function from a conversation to its sentences; its docstring names the clause of the RFC or man page
that it stands on. What the packets and calls leave open is told as unknown, never guessed. The rules by their subject:

    unknown     what no packet of this capture can tell
    connecting  who connected, what the handshake agreed, when accept() returned
    failing     why there was no connection
    speaking    what each side sent, in text
    receiving   what each recv() returned, and why
    losing      what had to be sent again, came out of order, or could not be sent
    closing     who closed, in how many segments, and what is left of it
    resetting   who reset it, and why
    datagrams   who asked and who answered over UDP
    names       DNS queries and their answers
    others      ARP and neighbours, ping, ICMP errors: what is in no conversation
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from itertools import chain

from lab.explain import closing, connecting, datagrams, failing, losing, names, others, receiving, resetting, speaking
from lab.explain import unknown as unknown_
from lab.explain.talk import Asked, Talk, asked, talks
from lab.report.inspect import UDP
from lab.seen import Seen, Sentence

__all__ = ["OF_ASKED", "OF_SEEN", "OF_TALK", "Sentence", "explain"]

OF_SEEN: tuple[Callable[[Seen], Iterable[Sentence]], ...] = (
    unknown_.traced,
    unknown_.kept,
    unknown_.damaged,
    others.resolved,
    others.pinged,
    others.errors,
)
OF_TALK: tuple[Callable[[Talk], Iterable[Sentence]], ...] = (
    connecting.connected,
    connecting.asked_again,
    connecting.agreed,
    connecting.accepted,
    failing.refused,
    failing.unanswered,
    failing.half_open,
    speaking.sent,
    receiving.received,
    losing.on_the_wire,
    losing.again,
    losing.out_of_order,
    losing.shut,
    losing.missing,
    closing.closed,
    closing.half_closed,
    closing.time_wait,
    closing.left_open,
    resetting.reset,
)
OF_ASKED: tuple[Callable[[Asked], Iterable[Sentence]], ...] = (
    datagrams.asked,
    datagrams.unanswered,
    datagrams.received,
    datagrams.refused,
    datagrams.waits,
    names.looked_up,
)


def explain(seen: Seen, named: Container[str] | None = None) -> tuple[Sentence, ...]:
    """The story of what was seen: what is in no conversation at its time, each conversation from end to end.

    Of conversations, those of the names in `named`, or all.
    """
    found: list[tuple[int, list[Sentence]]] = []
    for rule in OF_SEEN:
        found += [(sentence.time, [sentence]) for sentence in rule(seen)]
    for talk in talks(seen):
        if named is not None and f"{talk.connection.index}" not in named:
            continue
        found.append((talk.connection.start, _in_order(rule(talk) for rule in OF_TALK)))
    for exchange in asked(seen):
        if named is not None and f"{UDP}{exchange.exchange.index}" not in named:
            continue
        found.append((exchange.exchange.start, _in_order(rule(exchange) for rule in OF_ASKED)))
    found.sort(key=lambda told: told[0])
    return tuple(chain.from_iterable(sentences for _, sentences in found))


def _in_order(told: Iterator[Iterable[Sentence]]) -> list[Sentence]:
    return sorted(chain.from_iterable(told), key=lambda sentence: sentence.time)
