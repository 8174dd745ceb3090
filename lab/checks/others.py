"""Kinds that read what is neither TCP nor plain UDP: ICMP, ARP and DNS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lab.checks.facts import RunFacts
from lab.checks.parameters import Address, Counted, Place, Station, Zh
from lab.checks.wording import Noun, Wanted, between, place, qualified
from lab.conversations import Message
from lab.results import Finding
from lab.text import Text, same, say

IcmpType = Literal[
    "echo-request",
    "echo-reply",
    "destination-unreachable",
    "host-unreachable",
    "port-unreachable",
    "packet-too-big",
    "time-exceeded",
    "redirect",
    "neighbor-solicitation",
    "neighbor-advertisement",
]
DnsType = Literal["A", "AAAA", "PTR", "CNAME", "MX", "NS", "SOA", "SRV", "TXT", "HTTPS", "ANY"]
Rcode = Literal["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"]

ICMP_CODES: Mapping[IcmpType, Mapping[str, tuple[int, int | None]]] = {  # type and code by protocol; None: any code
    "echo-request": {"icmp": (8, None), "icmpv6": (128, None)},
    "echo-reply": {"icmp": (0, None), "icmpv6": (129, None)},
    "destination-unreachable": {"icmp": (3, None), "icmpv6": (1, None)},
    "host-unreachable": {"icmp": (3, 1), "icmpv6": (1, 3)},
    "port-unreachable": {"icmp": (3, 3), "icmpv6": (1, 4)},
    "packet-too-big": {"icmp": (3, 4), "icmpv6": (2, None)},
    "time-exceeded": {"icmp": (11, None), "icmpv6": (3, None)},
    "redirect": {"icmp": (5, None), "icmpv6": (137, None)},
    "neighbor-solicitation": {"icmpv6": (135, None)},
    "neighbor-advertisement": {"icmpv6": (136, None)},
}
ICMP_ZH: Mapping[IcmpType, str] = {
    "echo-request": "回显请求",
    "echo-reply": "回显应答",
    "destination-unreachable": "目的不可达",
    "host-unreachable": "主机不可达",
    "port-unreachable": "端口不可达",
    "packet-too-big": "数据包过大",
    "time-exceeded": "超时",
    "redirect": "重定向",
    "neighbor-solicitation": "邻居请求",
    "neighbor-advertisement": "邻居通告",
}
ARP_OPERATIONS = {"request": 1, "reply": 2}
ARP_ZH: Mapping[str | None, str] = {"request": "请求", "reply": "应答", None: "报文"}
DNS_ZH: Mapping[str | None, str] = {"query": "查询", "response": "应答", None: "报文"}


class IcmpParams(Counted):
    """ICMP or ICMPv6 messages were sent (RFC 792, RFC 4443)."""

    zh: ClassVar[str] = "发送了若干 ICMP 或 ICMPv6 报文（RFC 792、RFC 4443）。"
    example: ClassVar[str] = "{type: port-unreachable, from: {host: server}, about: {port: 9999}, count: 1}"

    type: Annotated[
        IcmpType | None,
        Field(description="the message, the same word for IPv4 and IPv6"),
        Zh("报文类型，IPv4 与 IPv6 用同一个词"),
    ] = None
    to: Annotated[Station | None, Field(description="the destination"), Zh("目的端")] = None
    from_: Annotated[Station | None, Field(alias="from", description="the source"), Zh("源端")] = None
    about: Annotated[
        Place | None,
        Field(description="of an error: where the packet that it quotes was going"),
        Zh("差错报文：其中引用的数据包原本要去的地方"),
    ] = None


class ArpParams(Counted):
    """ARP packets were sent (RFC 826)."""

    zh: ClassVar[str] = "发送了若干 ARP 报文（RFC 826）。"
    example: ClassVar[str] = "{operation: request, from: {host: alice}, asks: {host: server}, at_least: 1}"

    operation: Annotated[Literal["request", "reply"] | None, Field(description="the operation"), Zh("操作")] = None
    from_: Annotated[
        Station | None,
        Field(alias="from", description="whose protocol address it gives as the sender's"),
        Zh("报文中作为发送方协议地址的一方"),
    ] = None
    asks: Annotated[
        Station | None,
        Field(description="whose address is its target protocol address"),
        Zh("报文中作为目标协议地址的一方"),
    ] = None


class DnsParams(Counted):
    """DNS messages were sent (RFC 1035)."""

    zh: ClassVar[str] = "发送了若干 DNS 报文（RFC 1035）。"
    example: ClassVar[str] = "{message: response, name: server, type: A, rcode: NOERROR}"

    message: Annotated[
        Literal["query", "response"] | None, Field(description="which of the two"), Zh("查询还是应答")
    ] = None
    name: Annotated[
        str | None,
        Field(min_length=1, description="the name asked for; case does not matter"),
        Zh("所查询的名字，不分大小写"),
    ] = None
    type: Annotated[DnsType | None, Field(description="the record type asked for"), Zh("所查询的记录类型")] = None
    rcode: Annotated[Rcode | None, Field(description="of a response: its code"), Zh("应答的返回码")] = None
    answer: Annotated[
        Address | None, Field(description="of a response: an address among its answers"), Zh("应答中包含的地址")
    ] = None
    to: Annotated[Station | None, Field(description="the destination"), Zh("目的端")] = None
    from_: Annotated[Station | None, Field(alias="from", description="the source"), Zh("源端")] = None


def icmp(run: RunFacts, params: IcmpParams) -> Finding:
    """Count the ICMP and ICMPv6 messages."""
    word, zh = ("ICMP", "") if params.type is None else (f"ICMP {params.type}", ICMP_ZH[params.type])
    about = same("")
    if params.about is not None:
        about = say(" about a packet to {about}", "（针对发往 {about} 的数据包）", about=place(params.about))
    ends = between(params.from_, params.to)
    noun = Noun(f"{word} message", f"{word} messages", f"个 ICMP {zh}报文{about.zh}")
    ends = Text(ends.en + about.en, ends.zh)
    return _counted(run, Wanted(params.bounds, noun, ends), ("icmp", "icmpv6"), lambda m: _icmp_fits(run, params, m))


def _icmp_fits(run: RunFacts, params: IcmpParams, message: Message) -> bool:
    if not (run.at(params.from_, message.source) and run.at(params.to, message.destination)):
        return False
    if params.type is not None:
        code = ICMP_CODES[params.type].get(message.protocol)
        fields = message.fields
        if code is None or fields.get("type") != code[0] or code[1] not in (None, fields.get("code")):
            return False
    if params.about is None:
        return True
    quoted = message.fields.get("about")
    return isinstance(quoted, dict) and run.fits(params.about, quoted["destination"])


def arp(run: RunFacts, params: ArpParams) -> Finding:
    """Count the ARP packets."""
    word = "ARP packet" if params.operation is None else f"ARP {params.operation}"
    more = "ARP replies" if params.operation == "reply" else f"{word}s"
    ends = between(params.from_, None)
    if params.asks is not None:
        about = say(" for {asks}", "目标为 {asks} 的", asks=place(params.asks))
        ends = Text(ends.en + about.en, f"来自 {place(params.from_).zh}、{about.zh}" if params.from_ else about.zh)
    noun = Noun(word, more, f"个 ARP {ARP_ZH[params.operation]}")
    return _counted(run, Wanted(params.bounds, noun, ends), ("arp",), lambda m: _arp_fits(run, params, m))


def _arp_fits(run: RunFacts, params: ArpParams, message: Message) -> bool:
    fields = message.fields
    return (
        (params.operation is None or fields.get("opcode") == ARP_OPERATIONS[params.operation])
        and run.at(params.from_, str(fields.get("src_ip")))
        and run.at(params.asks, str(fields.get("dst_ip")))
    )


def dns(run: RunFacts, params: DnsParams) -> Finding:
    """Count the DNS messages."""
    which = [same(str(w)) for w in (params.rcode, params.type, params.name, params.answer) if w is not None]
    word = f"DNS {params.message or 'message'}"
    more = "DNS queries" if params.message == "query" else f"{word}s"
    about = qualified(which)
    ends = between(params.from_, params.to)
    noun = Noun(f"{word}{about.en}", f"{more}{about.en}", f"个 DNS {DNS_ZH[params.message]}{about.zh}")
    return _counted(run, Wanted(params.bounds, noun, ends), ("dns",), lambda m: _dns_fits(run, params, m))


def _dns_fits(run: RunFacts, params: DnsParams, message: Message) -> bool:
    fields = message.fields
    response = bool(fields.get("response"))
    about_response = params.rcode is not None or params.answer is not None
    return (
        run.at(params.from_, message.source)
        and run.at(params.to, message.destination)
        and params.message in (None, "response" if response else "query")
        and (response or not about_response)
        and params.rcode in (None, fields.get("rcode"))
        and _asked(params, fields.get("questions"))
        and (params.answer is None or _answered(params.answer, fields.get("answers")))
    )


def _asked(params: DnsParams, questions: object) -> bool:
    """Whether one of the questions is of the name and the type."""
    assert isinstance(questions, list)
    if params.name is None and params.type is None:
        return True
    name = None if params.name is None else params.name.lower().rstrip(".")
    return any(name in (None, q["name"].lower()) and params.type in (None, q["type"]) for q in questions)


def _answered(address: str, answers: object) -> bool:
    """Whether one of the answers is the address."""
    assert isinstance(answers, list)
    return any(answer["data"] == address for answer in answers)


def _counted(run: RunFacts, wanted: Wanted, protocols: tuple[str, ...], fits: Callable[[Message], bool]) -> Finding:
    messages = [m for m in run.conversations.messages if m.protocol in protocols]
    numbers = [m.number for m in messages if fits(m)]
    details = [_told(run, m) for m in messages] or [
        say("there was no {protocol} packet at all", "根本没有任何 {protocol} 数据包", protocol=protocols[0].upper())
    ]
    return wanted.finding(len(numbers), details=details, packets=[numbers] if numbers else [])


def _told(run: RunFacts, message: Message) -> Text:
    source, destination = run.host(message.source), run.host(message.destination)
    return say(
        "packet {n}, {source} to {destination}: {summary}",
        "第 {n} 包，{source} 到 {destination}：{summary}",
        n=message.number,
        source=source,
        destination=destination,
        summary=message.summary,
    )
