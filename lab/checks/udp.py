"""Kinds that read UDP datagrams."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from lab.checks.content import came, holds, wanted
from lab.checks.facts import RunFacts
from lab.checks.parameters import Content, Counted
from lab.checks.wording import Noun, Wanted, between
from lab.conversations import Datagram
from lab.ends import Place, Zh
from lab.results import Finding
from lab.text import Text, say


class DatagramsParams(Counted, Content):
    """UDP datagrams were sent from one end to another, with certain content if given."""

    zh: ClassVar[str] = "从一端到另一端发送了若干 UDP 数据报；可以限定其内容。"
    example: ClassVar[str] = "{from: {host: alice}, to: {host: server, port: 9999}, text: Michael, count: 1}"

    to: Annotated[Place | None, Field(description="the destination"), Zh("目的端")] = None
    from_: Annotated[Place | None, Field(alias="from", description="the source"), Zh("源端")] = None


def datagrams(run: RunFacts, params: DatagramsParams) -> Finding:
    """Count the datagrams between the ends, with the content asked for."""
    passing = sent_between(run, params.from_, params.to)
    encoding = run.record.encoding
    fitting = [d for d in passing if holds(params, d.payload, encoding)]
    ends = between(params.from_, params.to)
    noun = Noun("datagram", "datagrams", "个数据报")
    if params.asked:
        ends = Text(f"{ends.en} with {wanted(params).en}", ends.zh)
        noun = replace(noun, zh=f"{noun.zh}，{wanted(params).zh}")
    numbers = [d.number for d in fitting]
    return Wanted(params.bounds, noun, ends).finding(
        len(fitting),
        details=[_told(run, params, d) for d in passing] or _elsewhere(run),
        packets=[numbers] if numbers else [],
    )


def sent_between(run: RunFacts, from_: Place | None, to: Place | None) -> list[Datagram]:
    """The datagrams from `from_` to `to`, in the order of the capture."""
    return [d for d in run.conversations.datagrams if run.fits(from_, d.source) and run.fits(to, d.destination)]


def _told(run: RunFacts, params: DatagramsParams, datagram: Datagram) -> Text:
    return say(
        "packet {n}, {source} to {destination}: {came}",
        "第 {n} 包，{source} 到 {destination}：{came}",
        n=datagram.number,
        source=run.end(datagram.source),
        destination=run.end(datagram.destination),
        came=came(params, datagram.payload, run.record.encoding),
    )


def _elsewhere(run: RunFacts) -> list[Text]:
    """Where none went between the ends: which datagrams there were, or that there was none."""
    others = run.conversations.datagrams
    if not others:
        return [say("there was no datagram at all", "根本没有任何数据报")]
    return [
        say(
            "there was a datagram from {source} to {destination} (packet {n})",
            "有一个从 {source} 到 {destination} 的数据报（第 {n} 包）",
            n=d.number,
            source=run.end(d.source),
            destination=run.end(d.destination),
        )
        for d in others
    ]
