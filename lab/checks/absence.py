"""That something did not happen."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, model_validator

from lab.checks.expression import Filter, matching
from lab.checks.facts import RunFacts
from lab.checks.parameters import Params
from lab.checks.udp import sent_between
from lab.checks.wording import beside, between, shortened
from lab.ends import Place, Zh
from lab.results import Finding
from lab.text import Text, say
from lab.values import Model, exactly_one, one_of


class Between(Model):
    """From one end to another."""

    to: Annotated[
        Place | None, Field(description="the server's end, or the destination"), Zh("服务端一侧，或目的端")
    ] = None
    from_: Annotated[
        Place | None, Field(alias="from", description="the client's end, or the source"), Zh("客户端一侧，或源端")
    ] = None


class NoneParams(Params):
    """No connection was tried, no datagram was sent, or no packet matched a capture filter.

    It must need a check that something else did happen: a capture of nothing proves nothing.
    """

    zh: ClassVar[str] = (
        "没有尝试过某种连接，没有发送过某种数据报，或没有数据包符合某个过滤表达式。\n\n"
        "它必须依赖（`needs`）另一个证明交换确实发生过的检查：空的抓包什么也证明不了。"
    )
    always_asserts_absence: ClassVar[bool] = True
    example: ClassVar[str] = "{connection: {from: {host: mallory}, to: {host: server}}}"

    model_config = ConfigDict(json_schema_extra=one_of("connection", "datagram", "packet"))

    connection: Annotated[
        Between | None, Field(description="a TCP connection, refused ones too"), Zh("TCP 连接，包括被拒绝的")
    ] = None
    datagram: Annotated[Between | None, Field(description="a UDP datagram"), Zh("UDP 数据报")] = None
    packet: Annotated[
        Filter | None,
        Field(description="a capture filter, as in `packets`"),
        Zh("过滤表达式，与 `packets` 相同"),
    ] = None

    @model_validator(mode="after")
    def _one(self) -> NoneParams:
        exactly_one(self, "connection", "datagram", "packet")
        return self


def none(run: RunFacts, params: NoneParams) -> Finding:
    """Look for what must not have happened."""
    if params.connection is not None:
        what, found = _connections(run, params.connection)
    elif params.datagram is not None:
        what, found = _datagrams(run, params.datagram)
    else:
        what, found = _packets(run, params.packet or "")
    nothing = Text(f"no {what.en}", beside("没有", what.zh))
    return Finding(
        not found,
        expected=nothing,
        actual=say("found {n}", "找到 {n} 个", n=len(found)) if found else nothing,
        details=shortened([told for told, _ in found]),
        packets=tuple(numbers for _, numbers in found),
    )


Found = list[tuple[Text, tuple[int, ...]]]


def _connections(run: RunFacts, ends: Between) -> tuple[Text, Found]:
    what = say("connection{ends}", "{ends}连接", ends=between(ends.from_, ends.to))
    found: Found = [
        (
            say(
                "{client} to {server}: packets {first} to {last}",
                "{client} 到 {server}：第 {first} 到 {last} 包",
                client=run.end(c.client.endpoint),
                server=run.end(c.server.endpoint),
                first=c.first_packet,
                last=c.last_packet,
            ),
            (c.first_packet, c.last_packet),
        )
        for c in run.connections(ends.to, ends.from_)
    ]
    return what, found


def _datagrams(run: RunFacts, ends: Between) -> tuple[Text, Found]:
    what = say("datagram{ends}", "{ends}数据报", ends=between(ends.from_, ends.to))
    found: Found = [
        (
            say(
                "packet {n}: {source} to {destination}",
                "第 {n} 包：{source} 到 {destination}",
                n=d.number,
                source=run.end(d.source),
                destination=run.end(d.destination),
            ),
            (d.number,),
        )
        for d in sent_between(run, ends.from_, ends.to)
    ]
    return what, found


def _packets(run: RunFacts, expression: str) -> tuple[Text, Found]:
    what = say("packet that matches `{filter}`", "符合 `{filter}` 的数据包", filter=expression)
    found: Found = [
        (say("packet {n}", "第 {n} 包", n=match.number), (match.number,)) for match in matching(run, expression)
    ]
    return what, found
