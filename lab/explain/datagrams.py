"""Who asked and who answered over UDP, what never got an answer, and what did not fit."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from lab.conversations import Datagram, Endpoint, Message, Role
from lab.explain.encoded import quoted
from lab.explain.talk import OTHER, ROLES, Asked, name_of, place
from lab.messages import port_unreachable
from lab.messages import quoted as quoted_ends
from lab.report.wording import duration, endpoint_name, plural
from lab.seen import Sentence
from lab.text import Text, say
from lab.trace.beside import Beside
from lab.trace.call import RECEIVE
from lab.visible import visible

TOLD = 40
"""Datagrams of an exchange that are told one by one."""
BROADCAST = "255.255.255.255"


def asked(talk: Asked) -> Iterator[Sentence]:
    """Each datagram with its text: UDP keeps borders, promises neither arrival nor order (RFC 768; RFC 8085, 3.3)."""
    told = [each for each in talk.datagrams if each.number not in {m.number for m in talk.dns}]
    for each in told[:TOLD]:
        role: Role = "client" if each.source == talk.exchange.client else "server"
        yield talk.sentence(
            say(
                "{who} sends {to} a datagram of {n}: {text}",
                "{who} 向 {to} 发送 {n}的数据报：{text}",
                who=talk.end(role),
                to=talk.end(OTHER[role]),
                n=plural(each.length, "byte", "bytes", "字节"),
                text=quoted(each.payload, talk.seen.encoding),
            ),
            (each.number,),
            each.time,
        )
    if told[TOLD:]:
        yield _rest(talk, told[TOLD:])


def unanswered(talk: Asked) -> Iterator[Sentence]:
    """Datagrams that got no answer; an ICMP port unreachable says that no socket was there (RFC 1122, 4.1.3.1; udp(7)).

    Of a multicast or broadcast no answer is owed, and where both sides spoke none is missing.
    """
    exchange = talk.exchange
    refused = [each for each in talk.errors if port_unreachable(each)]
    other = [each for each in talk.errors if not port_unreachable(each)]
    if refused:
        yield talk.sentence(
            say(
                "{who} answers with ICMP port unreachable: no socket was bound to {there}; a connected socket fails "
                "with ECONNREFUSED at its next call (udp(7))",
                "{who} 回以 ICMP 端口不可达：没有套接字绑定 {there}；已 connect 的套接字下一次调用时"
                "以 ECONNREFUSED 失败（udp(7)）",
                who=name_of(talk.seen, refused[0].source),
                there=endpoint_name(_target(refused[0]), talk.seen.record),
            ),
            [each.number for each in refused],
            refused[0].time,
        )
    for each in other[:1]:
        yield talk.sentence(
            say(
                "{who} reports with ICMP: {what}",
                "{who} 以 ICMP 报告：{what}",
                who=name_of(talk.seen, each.source),
                what=visible(each.summary),
            ),
            (each.number,),
            each.time,
        )
    if talk.errors or exchange.server_packets or not exchange.client_packets or _to_many(exchange.server.address):
        return
    yield talk.sentence(
        say(
            "{who} never answers; unknown: whether anything arrived, for UDP tells nobody (RFC 768)",
            "{who} 始终没有应答；未知：是否有数据到达，UDP 不会告诉任何人（RFC 768）",
            who=talk.end("server"),
        ),
        [each.number for each in talk.datagrams] or (exchange.first_packet,),
        exchange.end,
    )


def received(talk: Asked) -> Iterator[Sentence]:
    """What each recvfrom() returned: one datagram, and what it had no room for is lost (recv(2), MSG_TRUNC)."""
    by_number = {each.number: each for each in talk.datagrams}
    for role in ROLES:
        calls = [c for c in talk.calls if c.role == role and c.call.name in RECEIVE and c.call.ended is not None]
        calls = [c for c in calls if not _refused(c)]
        for each in calls[:TOLD]:
            came = [by_number[number] for number in each.woken_by if number in by_number]
            yield talk.sentence(
                say(
                    "{who}: {name}({arguments}){where}",
                    "{who}：{name}({arguments}){where}",
                    who=talk.name(role),
                    name=visible(each.call.name),
                    arguments=visible(each.call.arguments),
                    where=place(each),
                )
                + _returned(each, came),
                [d.number for d in came],
                each.call.ended or each.call.started,
                each,
            )
        if calls[TOLD:]:
            yield talk.sentence(
                say(
                    "{who}: {n} not told one by one",
                    "{who}：{n}不再逐一叙述",
                    who=talk.name(role),
                    n=plural(len(calls) - TOLD, "more recvfrom()", "more recvfrom()s", "次 recvfrom() "),
                ),
                (),
                calls[TOLD].call.started,
                *calls[TOLD:],
            )


def refused(talk: Asked) -> Iterator[Sentence]:
    """The next call on a connected socket tells of the ICMP port unreachable about a datagram before it (udp(7))."""
    for each in talk.calls:
        if each.role is not None and _refused(each):
            yield talk.sentence(
                say(
                    "{who}: {name}({arguments}){where} fails with ECONNREFUSED: the kernel reports the ICMP port "
                    "unreachable about an earlier datagram; this call moved no data",
                    "{who}：{name}({arguments}){where}以 ECONNREFUSED 失败：内核报告此前数据报引起的 ICMP 端口不可达；"
                    "这次调用没有收发数据",
                    who=talk.name(each.role),
                    name=visible(each.call.name),
                    arguments=visible(each.call.arguments),
                    where=place(each),
                ),
                each.woken_by,
                each.call.ended or each.call.started,
                each,
            )


def waits(talk: Asked) -> Iterator[Sentence]:
    """A recvfrom() that never returned."""
    for each in talk.calls:
        if each.role is not None and each.call.name in RECEIVE and each.call.ended is None:
            yield talk.sentence(
                say(
                    "{who}: {name}(){where} never returns: no datagram came for it",
                    "{who}：{name}(){where}始终没有返回：没有数据报到达",
                    who=talk.name(each.role),
                    name=visible(each.call.name),
                    where=place(each),
                ),
                (),
                each.call.started,
                each,
            )


def _refused(each: Beside) -> bool:
    """Whether it is a failed call with the ICMP message that it failed of."""
    return each.call.error == "ECONNREFUSED" and bool(each.woken_by)


def _returned(each: Beside, came: list[Datagram]) -> Text:
    call = each.call
    if call.error is not None:
        return say(" fails with {errno}", "以 {errno} 失败", errno=visible(call.error))
    if call.bytes is None:
        return say(": unknown: what it returned", "：未知：返回了什么")
    told = say(" returns {n}", "返回 {n}", n=plural(call.bytes, "byte", "bytes", "字节"))
    if len(came) == 1 and call.bytes < came[0].length:
        return told + say(
            " of a datagram of {size}: the rest is lost (recv(2), MSG_TRUNC)",
            "，而数据报有 {size} 字节：其余丢失（recv(2)，MSG_TRUNC）",
            size=f"{came[0].length:,}",
        )
    return told


def _rest(talk: Asked, told: list[Datagram]) -> Sentence:
    return talk.sentence(
        say(
            "then {n} not told one by one, in {span}, {size} together",
            "其后 {n}不再逐一叙述，历时 {span}，共 {size}",
            n=plural(len(told), "more datagram", "more datagrams", "个数据报"),
            span=duration(told[-1].time - told[0].time),
            size=plural(sum(each.length for each in told), "byte", "bytes", "字节"),
        ),
        [each.number for each in told],
        told[0].time,
    )


def _target(error: Message) -> Endpoint:
    """Where the datagram went that an error quotes."""
    ends = quoted_ends(error, "udp")
    assert ends is not None
    return ends[1]


def _to_many(address: str) -> bool:
    return address == BROADCAST or ip_address(address).is_multicast
