"""How connections ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lab.checks.facts import RunFacts, segments
from lab.checks.parameters import Counted, Ends
from lab.checks.wording import ROLES, SIDES, Noun, Wanted, between, instead
from lab.conversations import Close, Connection, Role
from lab.ends import Zh
from lab.results import Finding
from lab.text import Text, join, same, say

CLOSES = {
    "fin": Noun("orderly close (FIN)", "orderly closes (FIN)", "次正常关闭（FIN）"),
    "rst": Noun("reset (RST)", "resets (RST)", "次复位（RST）"),
    "any": Noun("close", "closes", "次关闭"),
    "open": Noun("connection left open", "connections left open", "条未关闭的连接"),
}
EVERY = {
    "fin": say("closed in order (FIN)", "正常关闭（FIN）"),
    "rst": say("reset (RST)", "被复位（RST）"),
    "any": say("closed", "关闭"),
    "open": say("left open", "保持打开"),
}


class CloseParams(Ends, Counted):
    """Connections were closed in a certain way, and by a certain side first.

    `fin`: both sides sent a FIN. `rst`: a reset ended it. `open`: neither, or one side never sent its
    FIN. What the kernel sends when the lab stops a program after the last step does not count: a program must
    close by itself. Without a number all matching connections must have ended so, and there must be one.
    """

    zh: ClassVar[str] = (
        "连接以某种方式、并由某一方先关闭。\n\n"
        "`fin`：双方都发送了 FIN。`rst`：以复位结束。`open`：都没有，或有一方始终没有发送 FIN。"
        "最后一步之后实验室终止程序时内核发出的报文不算：程序必须自己关闭连接。"
        "不给个数时，所有匹配的连接都必须如此结束，且至少有一条。"
    )
    example: ClassVar[str] = "{to: {host: server, port: 8080}, kind: fin, by: client}"

    kind: Annotated[
        Literal["fin", "rst", "any", "open"],
        Field(description="how it ended; `any` is fin or rst"),
        Zh("如何结束；`any` 指 fin 或 rst"),
    ] = "any"
    by: Annotated[Literal["client", "server", "any"], Field(description="who closed first"), Zh("哪一方先关闭")] = "any"

    @property
    def asserts_absence(self) -> bool:
        """A number of 0 holds on an empty capture; no number means one at least."""
        return self.counted and self.bounds.least == 0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ended within the exchange. FINs and RSTs by side, those after it apart."""

    kind: Literal["fin", "rst", "open"]
    by: Role | None
    fins: dict[Role, int]
    resets: dict[Role, int]
    late: dict[Role, int]


def close(run: RunFacts, params: CloseParams) -> Finding:
    """Count the connections that ended as asked, or ask it of each of them."""
    candidates = run.selected(params)
    names = run.clients(candidates)
    endings = [(c, ending(run, c)) for c in candidates]
    fitting = [(c, e) for c, e in endings if _fits(params, e)]
    other = [(c, e) for c, e in endings if not _fits(params, e)]
    first = same("") if params.by == "any" else say(", {side} first", "，由{side}先发起", side=SIDES[params.by])
    ends = between(params.from_, params.to)
    noun = CLOSES[params.kind]
    wanted = Wanted(
        params.bounds,
        Noun(noun.one, noun.more, f"{noun.zh}{first.zh}"),
        Text(ends.en + first.en, ends.zh),
    )
    right = params.bounds.holds(len(fitting)) if params.counted else not other
    packets = [c.close_packets for c, _ in (fitting if right else other or fitting)]
    if params.counted:
        details = [_told(names[c.index], e) for c, e in endings] + instead(run, params, candidates)
        return wanted.finding(len(fitting), details=details, packets=packets)
    every = say(
        "every connection{ends} {how}{first}",
        "{ends}每条连接都{how}{first}",
        ends=ends,
        how=EVERY[params.kind],
        first=first,
    )
    details = [_told(names[c.index], e) for c, e in other] + instead(run, params, candidates)
    return wanted.of_all(len(fitting), len(candidates), every, details=details, packets=packets)


def ending(run: RunFacts, connection: Connection) -> Ending:
    """How `connection` ended, as far as it did before the steps were over."""
    over = run.over
    times = {s.number: s.time for s in segments(connection)}
    fins: dict[Role, int] = {}
    resets: dict[Role, int] = {}
    late: dict[Role, int] = {}
    for role in ROLES:
        side = connection.side(role)
        for found, packet in ((fins, side.fin_packet), (resets, side.rst_packet)):
            if packet is not None:
                in_time = over is None or times[packet] <= over
                (found if in_time else late)[role] = packet
    kind: Literal["fin", "rst", "open"] = "open"
    if connection.close is Close.FIN and len(fins) == len(ROLES):
        kind = "fin"
    elif connection.close is Close.RST and resets:
        kind = "rst"
    first = connection.first_closer
    return Ending(kind, first if first in fins or first in resets else None, fins, resets, late)


def _fits(params: CloseParams, ended: Ending) -> bool:
    if params.by not in ("any", ended.by):
        return False
    return ended.kind == params.kind or (params.kind == "any" and ended.kind != "open")


def _told(name: str, ended: Ending) -> Text:
    order = sorted(
        [(packet, role, "FIN") for role, packet in ended.fins.items()]
        + [(packet, role, "RST") for role, packet in ended.resets.items()]
    )
    said = [
        say("{side} sent {flag} at packet {n}", "{side}在第 {n} 包发送 {flag}", side=SIDES[role], flag=flag, n=packet)
        for packet, role, flag in order
    ]
    if ended.kind == "open":
        said += [_never(role, ended.late.get(role)) for role in ROLES if role not in ended.fins]
    return say("{name}: {said}", "{name}：{said}", name=name, said=join(say("; ", "；"), said))


def _never(role: Role, late: int | None) -> Text:
    if late is None:
        return say("{side} never closed", "{side}始终没有关闭", side=SIDES[role])
    return say(
        "{side} did not close before the lab stopped it (packet {n})",
        "{side}直到被实验室终止才关闭（第 {n} 包）",
        side=SIDES[role],
        n=late,
    )
