"""That one event came before another, across programs and packets."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from lab.checks import events
from lab.checks.events import Event, Moment
from lab.checks.facts import RunFacts
from lab.checks.parameters import Params, Zh
from lab.checks.programs import untellable
from lab.checks.wording import duration
from lab.results import Finding
from lab.text import Text, say

RESOLUTION = 100_000  # nanoseconds: two points of a capture disagree by up to 90 µs on what came first


class OrderParams(Params):
    """One event came before another.

    Each is the first of its sort in the run; both must have happened. Times are those of the capture's
    clock. Two events that are not on one connection or of one program cannot be ordered when they are
    nearer than 100 µs: the check then fails and says so.
    """

    zh: ClassVar[str] = (
        "一个事件先于另一个事件发生。\n\n"
        "各取运行中该类事件的第一个，且两者都必须发生过。时间以抓包的时钟为准。"
        "不属于同一连接或同一程序的两个事件，相距不足 100 µs 时无法判断先后：检查失败并说明原因。"
    )
    example: ClassVar[str] = (
        "first: {printed: {program: server, text: ready}}\n"
        "then: {established: {from: {host: alice}, to: {host: server, port: 8080}}}"
    )

    first: Annotated[Event, Field(description="the earlier event"), Zh("较早的事件")]
    then: Annotated[Event, Field(description="the later event"), Zh("较晚的事件")]


def order(run: RunFacts, params: OrderParams) -> Finding:
    """Find both events and compare their times.

    Raises `LabError` where one may lie in output that was not kept.
    """
    first, then = events.name(params.first), events.name(params.then)
    expected = say("{first} before {then}", "“{first}”早于“{then}”", first=first, then=then)
    a, b = events.first(run, params.first), events.first(run, params.then)
    if a is None or b is None:
        return Finding(ok=False, expected=expected, actual=_missing(run, params, a, b))
    packets = tuple((m.packet,) for m in (a, b) if m.packet is not None)
    together = a.scope == b.scope
    values = {"first": first, "then": then, "apart": duration(abs(b.time - a.time))}
    if not together and abs(b.time - a.time) < RESOLUTION:
        actual = say(
            "they are {apart} apart and cannot be ordered: under 100 µs only what is on one connection can",
            "两者相距 {apart}，无法判断先后：相距不足 100 µs 时，只有同一连接上的事件才有确定的先后",
            **values,
        )
        return Finding(ok=False, expected=expected, actual=actual, details=_when(a, b, first, then), packets=packets)
    if (a.place < b.place) if together else (a.time < b.time):
        actual = say("{first} came {apart} before {then}", "“{first}”比“{then}”早 {apart}", **values)
        return Finding(ok=True, expected=expected, actual=actual, packets=packets)
    actual = say("{then} came {apart} earlier", "顺序相反：“{then}”早了 {apart}", **values)
    return Finding(ok=False, expected=expected, actual=actual, details=_when(a, b, first, then), packets=packets)


def _missing(run: RunFacts, params: OrderParams, a: Moment | None, b: Moment | None) -> Text:
    """Which of the two did not happen: first of all one of which that is certain."""
    hidden = []
    for event in [event for event, moment in ((params.first, a), (params.then, b)) if moment is None]:
        program = events.hidden_in(run, event)
        if program is None:
            return say("{event} did not happen", "没有发生：{event}", event=events.name(event))
        hidden.append(program)
    raise untellable(hidden[0])


def _when(a: Moment, b: Moment, first: Text, then: Text) -> tuple[Text, ...]:
    """Where the two events are seen: who, and at which packet."""
    return tuple(
        say("{event}: {who} at packet {n}", "{event}：{who}，第 {n} 包", event=event, who=moment.who, n=moment.packet)
        for moment, event in ((a, first), (b, then))
        if moment.packet is not None
    )
