"""Kinds that look at IP datagrams as such: wrong checksums, and fragments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lab.checks.facts import RunFacts
from lab.checks.ipdatagrams import IpDatagram, ip_datagrams
from lab.checks.parameters import Count, Counted
from lab.checks.wording import Noun, Wanted, between, packet_list
from lab.ends import Place, Zh
from lab.errors import LabError
from lab.results import Finding
from lab.text import Text, say

SHORTEST = 2  # fragments


class ChecksumParams(Counted):
    """TCP segments or UDP datagrams were on the wire with a checksum that is wrong (RFC 9293, 3.1; RFC 768).

    A kernel that gets one drops it without a word; the `counter` `TcpInCsumErrors` or `UdpInCsumErrors` tells of it.
    A run has the checksums of the wire, since the hosts' offloads are off. In a capture that was made on the sending
    machine with checksum offload the network card fills them in later: of such packets it cannot be known, and where
    they decide, the check is an error.
    """

    zh: ClassVar[str] = (
        "线路上有若干校验和错误的 TCP 报文段或 UDP 数据报（RFC 9293 第 3.1 节、RFC 768）。\n\n"
        "内核收到后悄悄丢弃，可由 `counter` 的 `TcpInCsumErrors` 或 `UdpInCsumErrors` 看出。"
        "运行中主机的卸载（offload）功能已关闭，抓到的就是线路上的校验和。在开启校验和卸载的发送方机器上抓包时，"
        "校验和由网卡之后填写：这样的数据包无法判断；结论取决于它们时，检查结果为出错。"
    )
    example: ClassVar[str] = "{protocol: tcp, from: {host: alice}, to: {host: server, port: 8080}, count: 1}"

    protocol: Annotated[Literal["tcp", "udp"] | None, Field(description="the protocol"), Zh("协议")] = None
    to: Annotated[Place | None, Field(description="the destination"), Zh("目的端")] = None
    from_: Annotated[Place | None, Field(alias="from", description="the source"), Zh("源端")] = None


class FragmentsParams(Counted):
    """IP datagrams went in fragments (RFC 791, 3.2; RFC 8200, 4.5), as they are larger than the network's MTU.

    It counts datagrams of which no fragment is missing on the wire.
    """

    zh: ClassVar[str] = (
        "IP 数据报因大于网络的 MTU 而分片传送（RFC 791 第 3.2 节、RFC 8200 第 4.5 节）。\n\n"
        "统计在线路上分片齐全的数据报。"
    )
    example: ClassVar[str] = "{protocol: udp, from: {host: alice}, fragments: 3, count: 1}"

    protocol: Annotated[
        Literal["udp", "icmp", "icmpv6"] | None, Field(description="what the datagram carries"), Zh("数据报承载的协议")
    ] = None
    to: Annotated[Place | None, Field(description="the destination"), Zh("目的端")] = None
    from_: Annotated[Place | None, Field(alias="from", description="the source"), Zh("源端")] = None
    fragments: Annotated[
        Count | None, Field(ge=SHORTEST, description="into how many each went"), Zh("每个分成多少片")
    ] = None


def checksum(run: RunFacts, params: ChecksumParams) -> Finding:
    """Count the wrong ones. Raises `LabError` where it depends on those of which it cannot be known."""
    protocols = ("tcp", "udp") if params.protocol is None else (params.protocol,)
    asked = [d for d in _between(run, params) if d.protocol in protocols]
    wrong = [d for d in asked if d.wrong]
    unknown = [d for d in asked if d.wrong is None]
    bounds = params.bounds
    if len({bounds.holds(len(wrong) + more) for more in range(len(unknown) + 1)}) > 1:
        raise LabError(
            say(
                "that the checksum of {packets} is right cannot be known: left for the network card, or cut off",
                "无法判断{packets}的校验和是否正确：它留给网卡填写，或被截断",
                packets=packet_list([d.number for d in unknown]),
            )
        )
    what = {None: ("packet", "数据包"), "tcp": ("segment", "报文段"), "udp": ("datagram", "数据报")}[params.protocol]
    noun = Noun(f"{what[0]} with a wrong checksum", f"{what[0]}s with a wrong checksum", f"个校验和错误的{what[1]}")
    right = say("of {n} the checksum was right", "{n} 个的校验和正确", n=len(asked) - len(wrong) - len(unknown))
    ends = between(params.from_, params.to)
    numbers = [d.number for d in wrong]
    details = [_told(run, d) for d in wrong] + [right]
    return Wanted(bounds, noun, ends).finding(len(wrong), details=details, packets=[numbers] if numbers else [])


def fragments(run: RunFacts, params: FragmentsParams) -> Finding:
    """Count the datagrams that went in fragments."""
    split = [d for d in _between(run, params) if d.fragments and params.protocol in (None, d.protocol)]
    fitting = [d for d in split if params.fragments in (None, len(d.fragments))]
    ends = between(params.from_, params.to)
    word = "datagram" if params.protocol is None else f"{params.protocol.upper()} datagram"
    zh = "数据报" if params.protocol is None else f" {params.protocol.upper()} 数据报"
    number = "fragments" if params.fragments is None else f"{params.fragments} fragments"
    number_zh = "分片的" if params.fragments is None else f"分成 {params.fragments} 片的"
    noun = Noun(f"{word} in {number}", f"{word}s in {number}", f"个{number_zh}{zh}")
    return Wanted(params.bounds, noun, ends).finding(
        len(fitting), details=[_pieces(run, d) for d in split], packets=[d.fragments for d in fitting]
    )


def _between(run: RunFacts, params: ChecksumParams | FragmentsParams) -> Sequence[IpDatagram]:
    return [d for d in ip_datagrams(run) if run.fits(params.from_, d.source) and run.fits(params.to, d.destination)]


def _told(run: RunFacts, datagram: IpDatagram) -> Text:
    return say(
        "packet {n}, {source} to {destination}",
        "第 {n} 包，{source} 到 {destination}",
        n=datagram.number,
        source=run.end(datagram.source),
        destination=run.end(datagram.destination),
    )


def _pieces(run: RunFacts, datagram: IpDatagram) -> Text:
    return say(
        "{source} to {destination} in {n} fragments ({packets})",
        "{source} 到 {destination}，分成 {n} 片（{packets}）",
        source=run.host(datagram.source.address),
        destination=run.host(datagram.destination.address),
        n=len(datagram.fragments),
        packets=packet_list(datagram.fragments),
    )
