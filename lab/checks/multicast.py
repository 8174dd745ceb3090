"""That hosts joined and left multicast groups, and were asked for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from lab.checks.facts import RunFacts
from lab.checks.others import told
from lab.checks.parameters import Counted
from lab.checks.wording import Noun, Wanted, between
from lab.conversations import Message
from lab.ends import Address, Station, Zh
from lab.results import Finding
from lab.text import Text, say

Did = Literal["join", "leave", "query"]

SIMPLE: Mapping[str, Mapping[int, Did]] = {  # by protocol: type -> what it is (RFC 1112, RFC 2236; RFC 2710)
    "igmp": {0x11: "query", 0x12: "join", 0x16: "join", 0x17: "leave"},
    "icmpv6": {130: "query", 131: "join", 132: "leave"},
}
INCLUDE, EXCLUDE, TO_INCLUDE, TO_EXCLUDE, ALLOW = 1, 2, 3, 4, 5  # types of records: RFC 3376, 4.2.12; RFC 3810, 5.2.12
ANY_GROUP = ("0.0.0.0", "::")  # noqa: S104 - of a general query
WORDS: Mapping[Did | None, tuple[str, str, str]] = {
    "join": ("join", "joins", "次加入"),
    "leave": ("leave", "leaves", "次离开"),
    "query": ("query", "queries", "次查询"),
    None: ("membership message", "membership messages", "个成员关系报文"),
}


class MulticastParams(Counted):
    """Hosts said that they are in a multicast group or left it, or were asked, by IGMP (IPv4) or MLD (IPv6).

    `join` is each report that a host is in the group: when it joins, once more soon after, and whenever it is
    queried. `leave` comes when the last socket of a host leaves the group or is closed. Versions 1 to 3 of IGMP
    (RFC 1112, 2236, 3376) and 1 and 2 of MLD (RFC 2710, 3810). What is sent to a group is a matter of
    `udp.datagrams`, with the group as the `address` of `to`. Nobody reports 224.0.0.1 and ff02::1.
    """

    zh: ClassVar[str] = (
        "主机通过 IGMP（IPv4）或 MLD（IPv6）声明自己在某个组播组中、离开了它，或被查询。\n\n"
        "`join` 是主机在组中的每一次报告：加入时、稍后再一次，以及每次被查询时。"
        "`leave` 出现在主机上最后一个套接字离开该组或被关闭时。"
        "支持 IGMP 版本 1 到 3（RFC 1112、2236、3376）与 MLD 版本 1、2（RFC 2710、3810）。"
        "发往组的数据报用 `udp.datagrams` 检查，把组地址作为 `to` 的 `address`。224.0.0.1 与 ff02::1 从不被报告。"
    )
    example: ClassVar[str] = "{did: join, group: 239.1.2.3, from: {host: bob}, at_least: 1}"

    did: Annotated[Did | None, Field(description="what the message says"), Zh("报文的含义")] = None
    group: Annotated[
        Address | None, Field(description="the group; a general query is of none"), Zh("组地址；普遍查询不针对任何组")
    ] = None
    from_: Annotated[Station | None, Field(alias="from", description="who sent it"), Zh("发送者")] = None


class Membership(NamedTuple):
    """What one message says of one group; None is every group."""

    did: Did
    group: str | None


def multicast(run: RunFacts, params: MulticastParams) -> Finding:
    """Count the messages that say so."""
    messages = [(m, list(_said(m))) for m in run.conversations.messages]
    messages = [(m, said) for m, said in messages if said]
    fitting = [
        m.number
        for m, said in messages
        if run.at(params.from_, m.source)
        and any(params.did in (None, did) and params.group in (None, group) for did, group in said)
    ]
    one, more, zh = WORDS[params.did]
    ends = between(params.from_, None)
    group = say(" of {group}", "（{group}）", group=params.group) if params.group is not None else Text("", "")
    details = [told(run, m) for m, _ in messages]
    return Wanted(params.bounds, Noun(one, more, zh + group.zh), Text(group.en + ends.en, ends.zh)).finding(
        len(fitting),
        details=details or [say("there was no IGMP or MLD message at all", "根本没有任何 IGMP 或 MLD 报文")],
        packets=[fitting] if fitting else [],
    )


def _said(message: Message) -> Iterator[Membership]:
    """What a message of IGMP or MLD says; nothing of another."""
    kinds = SIMPLE.get(message.protocol)
    if kinds is None:
        return
    records = message.fields.get("records")
    if isinstance(records, list):
        for record in records:
            did = _record(record["type"], record["sources"])
            if did is not None:
                yield Membership(did, record["group"])
        return
    kind, group = message.fields.get("type"), message.fields.get("group")
    if isinstance(kind, int) and kind in kinds:
        yield Membership(kinds[kind], None if group in ANY_GROUP else str(group))


def _record(kind: int, sources: int) -> Did | None:
    """What a record of a version 3 report says: listening to no source is not being in the group."""
    if kind in {EXCLUDE, TO_EXCLUDE} or (kind in {INCLUDE, TO_INCLUDE, ALLOW} and sources):
        return "join"
    return "leave" if kind in {INCLUDE, TO_INCLUDE} else None
