"""From which ports connections and datagrams came."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from lab.checks.facts import RunFacts
from lab.checks.parameters import Counted
from lab.checks.udp import sent_between
from lab.checks.wording import Noun, Wanted, between, qualified, shortened
from lab.conversations import Endpoint
from lab.ends import Place, Zh
from lab.results import Finding
from lab.text import Text, say
from lab.values import Port, Wrong

SOURCES = {
    "tcp": Noun("source port of a connection", "source ports of connections", "条连接的源端口"),
    "udp": Noun("source port of datagrams", "source ports of datagrams", "个数据报源端口"),
}


class PortsParams(Counted):
    """The source ports of connections, or of UDP datagrams, lie in a range, are all different or all the same.

    It counts the connections that were tried, or the pairs of UDP endpoints; all of them must be so. Linux gives a
    socket without bind() a port of `net.ipv4.ip_local_port_range`, 32768 to 60999, where IANA's dynamic ports are
    49152 to 65535.
    """

    zh: ClassVar[str] = (
        "连接（或 UDP 数据报）的源端口位于某个范围内，各不相同，或全都相同。\n\n"
        "统计尝试过的连接，或 UDP 两端的组合；每一个都必须满足。Linux 给没有 bind() 的套接字分配 "
        "`net.ipv4.ip_local_port_range` 中的端口，即 32768 到 60999；IANA 的动态端口则是 49152 到 65535。"
    )
    example: ClassVar[str] = (
        "{transport: tcp, from: {host: alice}, lowest: 32768, highest: 60999, are: different, count: 3}"
    )

    transport: Annotated[Literal["tcp", "udp"], Field(description="the transport"), Zh("传输层协议")]
    to: Annotated[
        Place | None, Field(description="the server's end, or the destination"), Zh("服务端一侧，或目的端")
    ] = None
    from_: Annotated[
        Place | None, Field(alias="from", description="the client's end, or the source"), Zh("客户端一侧，或源端")
    ] = None
    lowest: Annotated[Port | None, Field(description="the lowest that they may be"), Zh("允许的最小端口")] = None
    highest: Annotated[Port | None, Field(description="the highest that they may be"), Zh("允许的最大端口")] = None
    are: Annotated[
        Literal["different", "same"] | None,
        Field(description="all different, or all the same"),
        Zh("各不相同，或全都相同"),
    ] = None

    @model_validator(mode="after")
    def _range(self) -> PortsParams:
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            raise Wrong(
                say(
                    "`lowest` ({a}) is greater than `highest` ({b})",
                    "`lowest`（{a}）大于 `highest`（{b}）",
                    a=self.lowest,
                    b=self.highest,
                )
            )
        return self


def ports(run: RunFacts, params: PortsParams) -> Finding:
    """Look at the source ports."""
    if params.transport == "tcp":
        sources = [(c.client.endpoint, c.first_packet) for c in run.connections(params.to, params.from_)]
    else:
        first: dict[tuple[Endpoint, Endpoint], int] = {}
        for d in sent_between(run, params.from_, params.to):
            first.setdefault((d.source, d.destination), d.number)
        sources = [(source, number) for (source, _), number in first.items()]
    which = qualified(_asked(params))
    noun = SOURCES[params.transport]
    ends = between(params.from_, params.to)
    wanted = Wanted(params.bounds, Noun(noun.one, noun.more, noun.zh + which.zh), Text(ends.en + which.en, ends.zh))
    told = [
        say("{end} (packet {n})", "{end}（第 {n} 包）", end=run.end(source), n=number) for source, number in sources
    ]
    counted = wanted.finding(len(sources), details=told, packets=[(number,) for _, number in sources])
    fault = _fault(params, [source.port for source, _ in sources])
    if fault is None or not counted.ok:
        return counted
    return Finding(ok=False, expected=counted.expected, actual=fault, details=shortened(told), packets=counted.packets)


def _asked(params: PortsParams) -> list[Text]:
    asked = []
    if params.lowest is not None or params.highest is not None:
        asked.append(say("{a} to {b}", "{a} 到 {b}", a=params.lowest or 1, b=params.highest or 65535))
    if params.are is not None:
        same_ones = params.are == "same"
        asked.append(say("all the same", "全都相同") if same_ones else say("all different", "各不相同"))
    return asked


def _fault(params: PortsParams, numbers: list[int]) -> Text | None:
    """What is wrong with the ports, if anything is."""
    outside = [n for n in numbers if n < (params.lowest or 0) or (params.highest is not None and n > params.highest)]
    if outside:
        return say("port {n} lies outside", "端口 {n} 不在范围内", n=outside[0])
    distinct = len(set(numbers))
    if params.are == "same" and distinct > 1:
        return say("there were {n} different ports", "有 {n} 个不同的端口", n=distinct)
    if params.are == "different" and distinct < len(numbers):
        twice = next(n for n in numbers if numbers.count(n) > 1)
        return say("port {n} came {times} times", "端口 {n} 出现了 {times} 次", n=twice, times=numbers.count(twice))
    return None
