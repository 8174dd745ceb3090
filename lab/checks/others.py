"""Kinds that read what is neither TCP nor plain UDP: ICMP, ARP and DNS."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lab.checks.parameters import Address, Counted, Place, Station, Zh

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
DnsType = Literal["A", "AAAA", "PTR", "CNAME", "MX", "NS", "SOA", "SRV", "TXT", "ANY"]
Rcode = Literal["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"]


class IcmpParams(Counted):
    """ICMP or ICMPv6 messages were sent (RFC 792, RFC 4443)."""

    zh: ClassVar[str] = "发送了若干 ICMP 或 ICMPv6 报文(RFC 792、RFC 4443)。"
    example: ClassVar[str] = "{type: port-unreachable, from: {host: server}, about: {port: 9999}, count: 1}"

    type: Annotated[
        IcmpType | None,
        Field(description="the message, the same word for IPv4 and IPv6"),
        Zh("报文类型,IPv4 与 IPv6 用同一个词"),
    ] = None
    to: Annotated[Station | None, Field(description="the destination"), Zh("目的端")] = None
    from_: Annotated[Station | None, Field(alias="from", description="the source"), Zh("源端")] = None
    about: Annotated[
        Place | None,
        Field(description="of an error: where the packet that it quotes was going"),
        Zh("差错报文:其中引用的数据包原本要去的地方"),
    ] = None


class ArpParams(Counted):
    """ARP packets were sent (RFC 826)."""

    zh: ClassVar[str] = "发送了若干 ARP 报文(RFC 826)。"
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

    zh: ClassVar[str] = "发送了若干 DNS 报文(RFC 1035)。"
    example: ClassVar[str] = "{message: response, name: server, type: A, rcode: NOERROR}"

    message: Annotated[
        Literal["query", "response"] | None, Field(description="which of the two"), Zh("查询还是应答")
    ] = None
    name: Annotated[
        str | None,
        Field(min_length=1, description="the name asked for; case does not matter"),
        Zh("所查询的名字,不分大小写"),
    ] = None
    type: Annotated[DnsType | None, Field(description="the record type asked for"), Zh("所查询的记录类型")] = None
    rcode: Annotated[Rcode | None, Field(description="of a response: its code"), Zh("应答的返回码")] = None
    answer: Annotated[
        Address | None, Field(description="of a response: an address among its answers"), Zh("应答中包含的地址")
    ] = None
    to: Annotated[Station | None, Field(description="the destination"), Zh("目的端")] = None
    from_: Annotated[Station | None, Field(alias="from", description="the source"), Zh("源端")] = None
