"""The escape hatch: packets by a BPF expression."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from lab.checks.parameters import Counted, Zh
from lab.scenario import NetworkName


class PacketsParams(Counted):
    """Packets matched a capture filter (pcap-filter(7)): for what no other kind can say.

    Filters know addresses, not the names of hosts.
    """

    zh: ClassVar[str] = (
        "有若干数据包符合抓包过滤表达式(pcap-filter(7)):用于其他检查无法表达的情形。\n\n表达式里写地址,不能写主机名。"
    )
    example: ClassVar[str] = '{filter: "tcp[tcpflags] & tcp-rst != 0 and port 8080", at_most: 0}'

    filter: Annotated[str, Field(min_length=1, description="the expression"), Zh("过滤表达式")]
    network: Annotated[
        NetworkName | None, Field(description="only packets on this network"), Zh("只看这个网络上的数据包")
    ] = None
