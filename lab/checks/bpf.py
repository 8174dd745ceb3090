"""The escape hatch: packets by a BPF expression."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from lab.checks.expression import Filter, matching
from lab.checks.facts import RunFacts
from lab.checks.parameters import Counted
from lab.checks.wording import Noun, Wanted
from lab.ends import Zh
from lab.results import Finding
from lab.text import Text, same, say
from lab.values import NetworkName


class PacketsParams(Counted):
    """Packets matched a capture filter (pcap-filter(7)): for what no other kind can say.

    `{server}` in it stands for that host's IPv4 address on its first network; `{server.ipv6}` and
    `{server.mac}` for the others.
    """

    zh: ClassVar[str] = (
        "有若干数据包符合抓包过滤表达式（pcap-filter(7)）：用于其他检查无法表达的情形。\n\n"
        "表达式中的 `{server}` 表示该主机在其第一个网络上的 IPv4 地址；"
        "`{server.ipv6}`、`{server.mac}` 表示其余地址。"
    )
    example: ClassVar[str] = '{filter: "tcp[tcpflags] & tcp-rst != 0 and src host {server}", at_most: 0}'

    filter: Annotated[Filter, Field(description="the expression"), Zh("过滤表达式")]
    network: Annotated[
        NetworkName | None, Field(description="only packets on this network"), Zh("只看这个网络上的数据包")
    ] = None


def packets(run: RunFacts, params: PacketsParams) -> Finding:
    """Count the packets that match."""
    numbers = [match.number for match in matching(run, params.filter, params.network)]
    network = params.network
    where = same("") if network is None else say(" on network {name}", "网络 {name} 上", name=network)
    one, more = f"packet{where.en} that matches `{params.filter}`", f"packets{where.en} that match `{params.filter}`"
    ends = Text("", f"{where.zh}符合 `{params.filter}` 的")
    return Wanted(params.bounds, Noun(one, more, "个数据包"), ends).finding(
        len(numbers), packets=[numbers] if numbers else []
    )
