"""That a receiver closed its window, was asked about it, and opened it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lab.checks.facts import RunFacts, segments
from lab.checks.parameters import Count, Counted, Ends
from lab.checks.wording import SIDES, Noun, Wanted, between, instead, packet_list, qualified
from lab.conversations import Connection, Mark, Role
from lab.ends import Zh
from lab.results import Finding
from lab.text import Text, say

CLOSED = Noun("closed window", "closed windows", "次窗口关闭")
PROBES = frozenset({Mark.KEEP_ALIVE, Mark.ZERO_WINDOW_PROBE})


class ZeroWindowParams(Ends, Counted):
    """A receiver closed its window (RFC 9293, 3.8.6): announced 0, because its program did not read.

    A window is closed from the first segment that announces 0 to the first that announces more. Meanwhile the sender
    asks with zero-window probes. Those of Linux have no data and a sequence number that is acknowledged already;
    Wireshark calls such a segment a keep-alive.
    """

    zh: ClassVar[str] = (
        "接收方关闭了窗口（RFC 9293 第 3.8.6 节）：由于程序没有读取，它通告的窗口为 0。\n\n"
        "从第一个通告 0 的报文段起，到第一个通告大于 0 的报文段止，窗口是关闭的。其间发送方以零窗口探测询问。"
        "Linux 的探测不带数据，序号是已被确认过的；Wireshark 把这种报文段称为 keep-alive。"
    )
    example: ClassVar[str] = "{to: {host: server, port: 8080}, by: server, probes: 2, reopened: true}"

    by: Annotated[Literal["client", "server"] | None, Field(description="whose window it is"), Zh("谁的窗口")] = None
    probes: Annotated[
        Count | None,
        Field(description="the least number of probes while it is closed"),
        Zh("关闭期间探测的最少个数"),
    ] = None
    reopened: Annotated[
        bool | None,
        Field(description="true: a window update opened it again; false: it stayed closed"),
        Zh("true：之后由窗口更新重新打开；false：一直关闭"),
    ] = None


@dataclass(slots=True)
class Spell:
    """The time for which a window was closed."""

    connection: Connection
    by: Role
    first: int
    probes: list[int] = field(default_factory=list)
    update: int | None = None


def zero_window(run: RunFacts, params: ZeroWindowParams) -> Finding:
    """Count the times that a window was closed."""
    candidates = run.selected(params)
    every = [spell for c in candidates for spell in _spells(c) if params.by in (None, spell.by)]
    fitting = [
        spell
        for spell in every
        if len(spell.probes) >= (params.probes or 0) and params.reopened in (None, spell.update is not None)
    ]
    names = run.clients(candidates)
    which = qualified(_asked(params))
    ends = between(params.from_, params.to)
    noun = Noun(CLOSED.one, CLOSED.more, f"{CLOSED.zh}{which.zh}")
    return Wanted(params.bounds, noun, Text(ends.en + which.en, ends.zh)).finding(
        len(fitting),
        details=[_told(spell, names[spell.connection.index]) for spell in every] + instead(run, params, candidates),
        packets=[(s.first, *s.probes, *(() if s.update is None else (s.update,))) for s in fitting],
    )


def _spells(connection: Connection) -> Iterator[Spell]:
    """The times that the windows of a connection were closed, in the order in which they closed."""
    closed: dict[Role, Spell] = {}
    for segment in segments(connection):
        if {"SYN", "RST"} & set(segment.flags.split()):  # the window of a SYN is no promise yet, of a RST none at all
            continue
        spell = closed.get(segment.sender)
        if segment.window == 0 and spell is None:
            closed[segment.sender] = spell = Spell(connection, segment.sender, segment.number)
            yield spell
        elif segment.window > 0 and spell is not None:
            closed.pop(segment.sender).update = segment.number
        for other in closed.values():
            if other.by != segment.sender and segment.marks & PROBES:
                other.probes.append(segment.number)


def _asked(params: ZeroWindowParams) -> list[Text]:
    asked = [] if params.by is None else [say("of {side}", "{side}的窗口", side=SIDES[params.by])]
    if params.probes is not None:
        asked.append(say("probes: at least {n}", "探测至少 {n} 次", n=params.probes))
    if params.reopened is not None:
        asked.append(say("reopened", "之后打开") if params.reopened else say("not reopened", "之后没有打开"))
    return asked


def _told(spell: Spell, client: str) -> Text:
    probed = say("not probed", "没有探测")
    if spell.probes:
        probed = say("probed at {packets}", "{packets}探测", packets=packet_list(spell.probes))
    opened = say("never opened again", "没有再打开")
    if spell.update is not None:
        opened = say("opened again at packet {n}", "第 {n} 包重新打开", n=spell.update)
    return say(
        "{client}: {side} closed its window at packet {n}; {probed}; {opened}",
        "{client}：{side}在第 {n} 包关闭窗口；{probed}；{opened}",
        client=client,
        side=SIDES[spell.by],
        n=spell.first,
        probed=probed,
        opened=opened,
    )
