"""System calls between the packets of a ladder: what stands before which packet, and what after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from lab.conversations import Connection, Exchange, Role
from lab.trace.beside import Beside
from lab.trace.call import WAITS, SocketCall
from lab.visible import visible

ARGUMENTS = 40  # characters that are shown of them


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as it stands beside the rail of `role`. `time` is when it began."""

    time: int
    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class CallRows:
    """The calls of a conversation.

    Those that caused a packet stand before it, those that one woke after it; what did neither stands by its time, and
    so does what an ICMP message let fail: that stands on no ladder.
    """

    before: dict[int, list[CallRow]] = field(default_factory=lambda: defaultdict(list))
    after: dict[int, list[CallRow]] = field(default_factory=lambda: defaultdict(list))
    loose: list[CallRow] = field(default_factory=list)


def rows_of(calls: Iterable[Beside], conversation: Connection | Exchange) -> CallRows:
    """The rows of the calls on `conversation`."""
    rows = CallRows()
    for each in calls:
        if each.role is None or each.conversation is None or not _same(each.conversation, conversation):
            continue
        row = CallRow(each.call.started, each.role, call_label(each.call))
        if each.caused:
            rows.before[each.caused[0]].append(row)
        elif each.woken_by and not (isinstance(conversation, Exchange) and each.call.error is not None):
            rows.after[each.woken_by[-1]].append(row)
        else:
            rows.loose.append(row)
    return rows


def call_label(call: SocketCall) -> str:
    """A call as in `recv(1024) = 6  server.py:17`; one that has not returned ends in `…`."""
    if call.error is not None:
        outcome = f" = {call.error}"
    elif call.ended is None:
        outcome = " …"
    else:
        outcome = "" if call.bytes is None and call.name not in WAITS else f" = {call.result}"
    place = call.program if call.file is None else f"{call.file}:{call.line}"
    arguments = call.arguments if len(call.arguments) <= ARGUMENTS else call.arguments[: ARGUMENTS - 1] + "…"
    return visible(f"{call.name}({arguments}){outcome}  {place}")


def _same(one: Connection | Exchange, other: Connection | Exchange) -> bool:
    return type(one) is type(other) and one.index == other.index
