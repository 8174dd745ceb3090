"""That one event came before another, across programs and packets."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from lab.checks import events
from lab.checks.events import Event, Moment
from lab.checks.facts import RunFacts
from lab.checks.parameters import Params
from lab.checks.programs import untellable
from lab.checks.wording import SECOND, duration
from lab.ends import Zh
from lab.results import Finding
from lab.text import Text, say
from lab.values import Seconds

RESOLUTION = 100_000  # nanoseconds: two points of a capture disagree by up to 90 µs on what came first


class OrderParams(Params):
    """One event came before another.

    Each is the first of its sort in the run; both must have happened. Times are those of the capture's
    clock. Two events that are not on one connection, of one program or datagrams from one end to another
    cannot be ordered when they are nearer than 100 µs: the check then fails and says so.
    """

    zh: ClassVar[str] = (
        "一个事件先于另一个事件发生。\n\n"
        "各取运行中该类事件的第一个，且两者都必须发生过。时间以抓包的时钟为准。"
        "两个事件若不属于同一连接、同一程序或同一方向的数据报，相距不足 100 µs 时无法判断先后：检查失败并说明原因。"
    )
    example: ClassVar[str] = (
        "first: {printed: {program: server, text: ready}}\n"
        "then: {established: {from: {host: alice}, to: {host: server, port: 8080}}}"
    )

    first: Annotated[Event, Field(description="the earlier event"), Zh("较早的事件")]
    then: Annotated[Event, Field(description="the later event"), Zh("较晚的事件")]
    apart: Annotated[
        Seconds | None, Field(description="the least time between them, in seconds"), Zh("两者至少相隔的秒数")
    ] = None


def order(run: RunFacts, params: OrderParams) -> Finding:
    """Find both events and compare their times.

    Raises `LabError` where one may lie in output that was not kept.
    """
    expected = _expected(params)
    a, b = events.first(run, params.first), events.first(run, params.then)
    if a is None or b is None:
        return Finding(ok=False, expected=expected, actual=_missing(run, params, a, b))
    first, then = events.name(params.first), events.name(params.then)
    together, gap = a.scope == b.scope, b.time - a.time
    values = {"first": first, "then": then, "apart": duration(abs(gap))}
    ok = False
    if not together and abs(gap) < RESOLUTION:
        actual = say(
            "they are {apart} apart and cannot be ordered: under 100 µs only what is of one connection or flow can",
            "两者相距 {apart}，无法判断先后：相距不足 100 µs 时，只有同一连接或同一方向上的事件才有确定的先后",
            **values,
        )
    elif (a.place < b.place) if together else gap > 0:
        actual = say("{first} came {apart} before {then}", "“{first}”比“{then}”早 {apart}", **values)
        ok = params.apart is None or gap >= params.apart * SECOND
    else:
        actual = say("{then} came {apart} earlier", "顺序相反：“{then}”早了 {apart}", **values)
    packets = tuple((m.packet,) for m in (a, b) if m.packet is not None)
    return Finding(
        ok, expected=expected, actual=actual, details=() if ok else _when(a, b, first, then), packets=packets
    )


def _expected(params: OrderParams) -> Text:
    names = {"first": events.name(params.first), "then": events.name(params.then)}
    if params.apart is None:
        return say("{first} before {then}", "“{first}”早于“{then}”", **names)
    apart = duration(round(params.apart * SECOND))
    return say("{first} at least {apart} before {then}", "“{first}”比“{then}”至少早 {apart}", **names, apart=apart)


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
