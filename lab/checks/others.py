"""Kinds that read what is neither TCP nor plain UDP: ICMP, ARP and DNS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from lab import summaries
from lab.checks.facts import RunFacts
from lab.checks.parameters import Counted
from lab.checks.wording import Noun, Wanted, beside, between, place, qualified
from lab.conversations import Message
from lab.ends import Address, Place, Station, Zh
from lab.results import Finding
from lab.text import Text, join, same, say
from lab.values import Wrong

IcmpType = Literal[
    "echo-request",
    "echo-reply",
    "destination-unreachable",
    "network-unreachable",
    "host-unreachable",
    "protocol-unreachable",
    "port-unreachable",
    "prohibited",
    "packet-too-big",
    "time-exceeded",
    "redirect",
    "neighbor-solicitation",
    "neighbor-advertisement",
]
DnsType = Literal["A", "AAAA", "PTR", "CNAME", "MX", "NS", "SOA", "SRV", "TXT", "HTTPS", "ANY"]
Rcode = Literal["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"]

Codes = tuple[int, ...] | None
ICMP_CODES: Mapping[IcmpType, Mapping[str, tuple[int, Codes]]] = {  # type and codes by protocol; None: any code
    "echo-request": {"icmp": (8, None), "icmpv6": (128, None)},
    "echo-reply": {"icmp": (0, None), "icmpv6": (129, None)},
    "destination-unreachable": {"icmp": (3, None), "icmpv6": (1, None)},
    "network-unreachable": {"icmp": (3, (0,)), "icmpv6": (1, (0,))},
    "host-unreachable": {"icmp": (3, (1,)), "icmpv6": (1, (3,))},
    "protocol-unreachable": {"icmp": (3, (2,)), "icmpv6": (4, (1,))},
    "port-unreachable": {"icmp": (3, (3,)), "icmpv6": (1, (4,))},
    "prohibited": {"icmp": (3, (9, 10, 13)), "icmpv6": (1, (1,))},
    "packet-too-big": {"icmp": (3, (4,)), "icmpv6": (2, None)},
    "time-exceeded": {"icmp": (11, None), "icmpv6": (3, None)},
    "redirect": {"icmp": (5, None), "icmpv6": (137, None)},
    "neighbor-solicitation": {"icmpv6": (135, None)},
    "neighbor-advertisement": {"icmpv6": (136, None)},
}
ICMP_ZH: Mapping[IcmpType, str] = {
    "echo-request": "回显请求",
    "echo-reply": "回显应答",
    "destination-unreachable": "目的不可达",
    "network-unreachable": "网络不可达",
    "host-unreachable": "主机不可达",
    "protocol-unreachable": "协议不可达",
    "port-unreachable": "端口不可达",
    "prohibited": "通信被禁止",
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
    """ICMP or ICMPv6 messages were sent (RFC 792, RFC 1812, RFC 4443).

    An error quotes the packet that it is about, its IP header and at least its ports: `quotes`, `about` and
    `about_from` look into that. `code` is for those that have no word here.
    """

    zh: ClassVar[str] = (
        "发送了若干 ICMP 或 ICMPv6 报文（RFC 792、RFC 1812、RFC 4443）。\n\n"
        "差错报文引用它所针对的数据包，包括 IP 首部，至少还有端口：`quotes`、`about` 与 `about_from` 即针对其中的内容。"
        "`code` 用于这里没有对应词的代码。"
    )
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
    about_from: Annotated[
        Place | None,
        Field(description="of an error: where the packet that it quotes came from"),
        Zh("差错报文：其中引用的数据包来自哪里"),
    ] = None
    quotes: Annotated[
        Literal["tcp", "udp", "icmp", "icmpv6"] | None,
        Field(description="of an error: the protocol of the packet that it quotes"),
        Zh("差错报文：其中引用的数据包的协议"),
    ] = None
    code: Annotated[
        int | None,
        Field(ge=0, le=255, description="the message's code, where its type has several"),
        Zh("报文的代码，用于有多个代码的类型"),
    ] = None

    @model_validator(mode="after")
    def _open_code(self) -> IcmpParams:
        if self.code is not None and self.type is None:
            raise Wrong(say("`code` needs a `type`", "`code` 需要同时给出 `type`"))
        if (
            self.code is not None
            and self.type is not None
            and None not in dict(ICMP_CODES[self.type].values()).values()
        ):
            raise Wrong(say("`{type}` has its code already", "`{type}` 的代码已确定", type=self.type))
        return self

    @property
    def asks_about(self) -> bool:
        """Whether anything is asked of the packet that an error quotes."""
        return any(asked is not None for asked in (self.about, self.about_from, self.quotes))


class ArpParams(Counted):
    """ARP packets were sent (RFC 826).

    A request is answered where a later reply gives its sender the address that it asks for. Who gets no answer asks
    again, three times on Linux, and then tells programs that the host is unreachable.
    """

    zh: ClassVar[str] = (
        "发送了若干 ARP 报文（RFC 826）。\n\n"
        "之后有应答把所问的地址告诉请求的发送方，这个请求就得到了应答。没有得到应答的主机会再问（Linux 共问三次），"
        "然后告诉程序主机不可达。"
    )
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
    answered: Annotated[
        bool | None,
        Field(description="of requests only: whether somebody answered them"),
        Zh("仅针对请求：是否有人应答"),
    ] = None

    @model_validator(mode="after")
    def _requests(self) -> ArpParams:
        if self.answered is not None and self.operation != "request":
            raise Wrong(say("`answered` needs `operation: request`", "`answered` 需要 `operation: request`"))
        return self


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
    if params.code is not None:
        word, zh = f"{word} (code {params.code})", f"{zh}（代码 {params.code}）"
    about = _quoted_asked(params)
    ends = between(params.from_, params.to)
    noun = Noun(f"{word} message", f"{word} messages", f"个 ICMP {zh}报文{about.zh}")
    ends = Text(ends.en + about.en, ends.zh)
    return _counted(run, Wanted(params.bounds, noun, ends), ("icmp", "icmpv6"), lambda m: _icmp_fits(run, params, m))


def _quoted_asked(params: IcmpParams) -> Text:
    """What is asked of the packet that an error quotes, to stand after the noun."""
    if not params.asks_about:
        return same("")
    what = {"en": f"a {params.quotes.upper()} packet", "zh": f" {params.quotes.upper()} "} if params.quotes else {}
    sent = [] if params.about_from is None else [say(" from {a}", "来自 {a}", a=place(params.about_from))]
    sent += [] if params.about is None else [say(" to {b}", "发往 {b}", b=place(params.about))]
    where = join(say("", "、"), sent)
    zh = beside(f"{where.zh}{' 的' if sent else ''}", f"{what.get('zh', '')}数据包".strip())
    return Text(f" about {what.get('en', 'a packet')}{where.en}", f"（针对{zh}）")


def _icmp_fits(run: RunFacts, params: IcmpParams, message: Message) -> bool:
    if not (run.at(params.from_, message.source) and run.at(params.to, message.destination)):
        return False
    if params.type is not None:
        wanted = ICMP_CODES[params.type].get(message.protocol)
        kind, code = message.fields.get("type"), message.fields.get("code")
        if wanted is None or kind != wanted[0] or (wanted[1] is not None and code not in wanted[1]):
            return False
        if params.code not in (None, code):
            return False
    if not params.asks_about:
        return True
    quoted = message.fields.get("about")
    return (
        isinstance(quoted, dict)
        and params.quotes in (None, quoted["protocol"])
        and run.fits(params.about, quoted["destination"])
        and run.fits(params.about_from, quoted["source"])
    )


def arp(run: RunFacts, params: ArpParams) -> Finding:
    """Count the ARP packets."""
    word = "ARP packet" if params.operation is None else f"ARP {params.operation}"
    more = "ARP replies" if params.operation == "reply" else f"{word}s"
    ends = between(params.from_, None)
    if params.asks is not None:
        about = say(" for {asks}", "目标为 {asks} 的", asks=place(params.asks))
        ends = Text(ends.en + about.en, f"来自 {place(params.from_).zh}、{about.zh}" if params.from_ else about.zh)
    if params.answered is not None:
        which = say("answered ", "有应答的") if params.answered else say("unanswered ", "无人应答的")
        word, more, ends = which.en + word, which.en + more, Text(ends.en, ends.zh + which.zh)
    noun = Noun(word, more, f"个 ARP {ARP_ZH[params.operation]}")
    return _counted(run, Wanted(params.bounds, noun, ends), ("arp",), lambda m: _arp_fits(run, params, m))


def _arp_fits(run: RunFacts, params: ArpParams, message: Message) -> bool:
    fields = message.fields
    return (
        (params.operation is None or fields.get("opcode") == ARP_OPERATIONS[params.operation])
        and run.at(params.from_, str(fields.get("src_ip")))
        and run.at(params.asks, str(fields.get("dst_ip")))
        and params.answered in (None, _answered_by_arp(run, message))
    )


def _answered_by_arp(run: RunFacts, request: Message) -> bool:
    """Whether a reply after `request` tells its sender what it asked for."""
    asked = (request.fields.get("dst_ip"), request.fields.get("src_ip"))
    return any(
        m.protocol == "arp"
        and m.number > request.number
        and m.fields.get("opcode") == ARP_OPERATIONS["reply"]
        and (m.fields.get("src_ip"), m.fields.get("dst_ip")) == asked
        for m in run.conversations.messages
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
    details = [told(run, m) for m in messages] or [
        say("there was no {protocol} packet at all", "根本没有任何 {protocol} 数据包", protocol=protocols[0].upper())
    ]
    return wanted.finding(len(numbers), details=details, packets=[numbers] if numbers else [])


def told(run: RunFacts, message: Message) -> Text:
    """A message in one line."""
    source, destination = run.host(message.source), run.host(message.destination)
    return say(
        "packet {n}, {source} to {destination}: {summary}",
        "第 {n} 包，{source} 到 {destination}：{summary}",
        n=message.number,
        source=source,
        destination=destination,
        summary=summaries.told(message.protocol, message.summary),
    )
