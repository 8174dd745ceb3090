"""Kinds that read tables of a host's network at an observation: neighbours, routes, joined groups, counters."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from lab.checks.facts import RunFacts
from lab.checks.host import at_host, unobserved
from lab.checks.parameters import Counted, Limits, Observed
from lab.checks.wording import Noun, Wanted, limits, place, qualified
from lab.ends import Address, Station, Zh
from lab.errors import InputError
from lab.results import Finding
from lab.text import Text, same, say
from lab.values import Wrong, as_names

NeighbourState = Literal[
    "INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "NOARP", "PERMANENT", "NONE"
]  # of ip-neighbour(8)
T = TypeVar("T")

ANYWHERE = "default"
EVERYWHERE = ("0.0.0.0/0", "::/0")


def _prefix(value: str) -> str:
    if value == ANYWHERE:
        return value
    try:
        return str(ipaddress.ip_network(value))
    except ValueError as error:
        raise Wrong(
            say(
                "`{value}` is no prefix, such as 10.77.0.0/24, and not `default`",
                "`{value}` 不是前缀（例如 10.77.0.0/24），也不是 `default`",
                value=value,
            )
        ) from error


Interface = Annotated[str | None, Field(min_length=1, description="its interface, such as eth0"), Zh("接口，例如 eth0")]


class Rows(Observed, Counted):
    """So many rows of a table of a host."""


class NeighbourParams(Rows):
    """A host has so many entries in its neighbour tables: whose MAC address it knows, or asked for in vain.

    The tables of ARP (RFC 826) and of neighbour discovery (RFC 4861). An entry is INCOMPLETE while the host asks and
    FAILED when nobody answered; REACHABLE turns STALE within a minute. Name several states where it may have.
    """

    zh: ClassVar[str] = (
        "主机的邻居表中有若干条目：它知道谁的 MAC 地址，或询问了谁而没有得到应答。\n\n"
        "即 ARP（RFC 826）与邻居发现（RFC 4861）的表。询问期间条目为 INCOMPLETE，无人应答则为 FAILED；"
        "REACHABLE 在一分钟内会变为 STALE，因此必要时请写出几个状态。"
    )
    example: ClassVar[str] = "{host: alice, of: {address: 10.77.0.99}, state: [INCOMPLETE, FAILED], count: 1}"

    of: Annotated[Station | None, Field(description="the neighbour"), Zh("邻居")] = None
    state: Annotated[
        tuple[NeighbourState, ...] | None,
        BeforeValidator(as_names, json_schema_input_type=NeighbourState | tuple[NeighbourState, ...]),
        Field(min_length=1, description="its state, or one of several (ip-neighbour(8))"),
        Zh("状态，或几个状态之一（ip-neighbour(8)）"),
    ] = None
    interface: Interface = None


class RouteParams(Rows):
    """A host has so many routes in its main table, each with what is asked.

    Loopback, broadcast and multicast have tables of their own. Hosts of the lab have no default route.
    """

    zh: ClassVar[str] = (
        "主机的主路由表中有若干条路由，各自满足所给条件。\n\n回环、广播、组播有各自的表。实验室的主机没有默认路由。"
    )
    example: ClassVar[str] = "{host: alice, to: 10.77.0.0/24, interface: eth0, count: 1}"

    to: Annotated[
        Annotated[str, AfterValidator(_prefix)] | None,
        Field(description="the destination, a prefix such as 10.77.0.0/24, or `default` (of either version)"),
        Zh("目的前缀，例如 10.77.0.0/24；`default` 为默认路由（IPv4、IPv6 均可）"),
    ] = None
    via: Annotated[Station | None, Field(description="the next hop"), Zh("下一跳")] = None
    interface: Interface = None


class GroupParams(Rows):
    """A host's interfaces have joined so many multicast groups, of IPv4 or IPv6.

    The kernel itself joins 224.0.0.1, ff01::1, ff02::1 and the groups of its own IPv6 addresses (ff02::1:ff…):
    give the `address` that is meant.
    """

    zh: ClassVar[str] = (
        "主机的接口加入了若干组播组（IPv4 或 IPv6）。\n\n"
        "内核自己会加入 224.0.0.1、ff01::1、ff02::1 以及对应自身 IPv6 地址的组（ff02::1:ff…）："
        "请给出所指的 `address`。"
    )
    example: ClassVar[str] = "{host: bob, address: 239.1.2.3, interface: eth0, count: 1}"

    address: Annotated[Address | None, Field(description="the group"), Zh("组地址")] = None
    interface: Interface = None


class CounterParams(Observed, Limits):
    """A counter of the host's kernel has a value, by the names of nstat(8).

    They count from the start of the host. What no packet shows is in them: `TcpExtListenOverflows` (SYNs and
    handshakes that found the accept queue full), `TcpInCsumErrors` and `UdpInCsumErrors` (dropped for their checksum),
    `UdpRcvbufErrors` (datagrams for which no room was left), `UdpNoPorts`.
    """

    zh: ClassVar[str] = (
        "主机内核的某个计数器的值，名称同 nstat(8)。\n\n"
        "从主机启动起计数，能反映数据包看不出的事：`TcpExtListenOverflows`（因 accept 队列已满而被丢弃的 SYN 与握手）、"
        "`TcpInCsumErrors` 与 `UdpInCsumErrors`（因校验和错误而丢弃）、`UdpRcvbufErrors`（缓冲区已满而丢弃的数据报）、"
        "`UdpNoPorts`。"
    )
    example: ClassVar[str] = "{host: server, name: TcpExtListenOverflows, at_least: 1}"

    name: Annotated[str, Field(pattern="^[A-Z][A-Za-z0-9]+$", description="the counter"), Zh("计数器的名字")]
    value: Annotated[int | None, Field(ge=0, description="its exact value"), Zh("确切的值")] = None

    @property
    def exactly(self) -> int | None:
        """`value`."""
        return self.value


def neighbour(run: RunFacts, params: NeighbourParams) -> Finding:
    """Count the entries of the neighbour tables."""
    asked = [] if params.of is None else [place(params.of)]
    asked += [] if params.state is None else [same("/".join(params.state))]
    noun = Noun("neighbour", "neighbours", "个邻居条目")
    told = _told(params, noun, asked + _on(params.interface))
    state = run.state(params.host, params.at)
    if state is None:
        return unobserved(params)
    table = _kept(state.neighbours, params)
    fitting = [
        n
        for n in table
        if run.at(params.of, n.address)
        and (params.state is None or n.state in params.state)
        and params.interface in (None, n.interface)
    ]
    rows = [f"{n.address} {n.mac or '-'} {n.interface} {n.state}" for n in table]
    return told.finding(len(fitting), details=_rows(rows))


def route(run: RunFacts, params: RouteParams) -> Finding:
    """Count the routes."""
    asked = [] if params.to is None else [say("to {to}", "到 {to}", to=params.to)]
    asked += [] if params.via is None else [say("via {via}", "经 {via}", via=place(params.via))]
    told = _told(params, Noun("route", "routes", "条路由"), asked + _on(params.interface))
    state = run.state(params.host, params.at)
    if state is None:
        return unobserved(params)
    table = _kept(state.routes, params)
    fitting = [
        r
        for r in table
        if (params.to in (None, r.to) or (params.to == ANYWHERE and r.to in EVERYWHERE))
        and (params.via is None or (r.via is not None and run.at(params.via, r.via)))
        and params.interface in (None, r.interface)
    ]
    rows = [f"{r.to}{f' via {r.via}' if r.via else ''} dev {r.interface}" for r in table]
    return told.finding(len(fitting), details=_rows(rows))


def group(run: RunFacts, params: GroupParams) -> Finding:
    """Count the joined groups, an interface's each."""
    asked = [] if params.address is None else [same(params.address)]
    told = _told(params, Noun("joined group", "joined groups", "个已加入的组"), asked + _on(params.interface))
    state = run.state(params.host, params.at)
    if state is None:
        return unobserved(params)
    table = _kept(state.groups, params)
    fitting = [g for g in table if params.address in (None, g.address) and params.interface in (None, g.interface)]
    return told.finding(len(fitting), details=_rows([f"{g.address} {g.interface}" for g in table]))


def counter(run: RunFacts, params: CounterParams) -> Finding:
    """Compare the counter; one that the kernel does not tell of is 0."""
    state = run.state(params.host, params.at)
    if state is None:
        return unobserved(params)
    value = _kept(state.counters, params).get(params.name, 0)
    ok = params.bounds.holds(value)
    where = at_host(params)
    return Finding(
        ok,
        expected=say(
            "the counter {name}{where}: {n}",
            "{where}计数器 {name}：{n}",
            name=params.name,
            where=where,
            n=limits(params.bounds),
        ),
        actual=say("{name} was {n}", "{name} 的值为 {n}", name=params.name, n=value),
    )


def _told(params: Rows, noun: Noun, asked: Sequence[Text]) -> Wanted:
    """How many are wanted of what is `asked`."""
    which = qualified(asked)
    return Wanted(
        params.bounds,
        Noun(noun.one + which.en, noun.more + which.en, noun.zh + which.zh),
        at_host(params),
    )


def _on(interface: str | None) -> list[Text]:
    return [] if interface is None else [say("on {name}", "接口 {name}", name=interface)]


def _rows(rows: Sequence[str]) -> list[Text]:
    return [same(row) for row in rows] or [say("the table is empty", "表是空的")]


def _kept(table: T | None, params: Observed) -> T:
    """The table, where it was kept. Raises `InputError` where the run was made before a check asked for it."""
    if table is None:
        raise InputError(
            say(
                "the run did not keep this of {host} at `{at}`: run the scenario again",
                "这次运行没有在 `{at}` 记录 {host} 的这项状态：请重新运行场景",
                host=params.host,
                at=params.at,
            )
        )
    return table
