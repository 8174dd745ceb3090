"""Faults on the wire as a scenario asks for them: which packets into a host meet them, and what becomes of those.

The tap carries them out (`images/tap/faults.py`): nothing of it is in the host, and a program there cannot notice or
lift a fault. Which packets it acts on is chosen, never left to chance; `lose` draws by the run's seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from lab.ends import Place
from lab.text import Text, join, same, say
from lab.values import HostName, Model, Name, Seconds, Wrong, as_names, exactly_one, one_of

Flag = Literal["SYN", "ACK", "FIN", "RST", "PSH", "URG"]
Flags = Annotated[tuple[Flag, ...], BeforeValidator(as_names, json_schema_input_type=Flag | tuple[Flag, ...])]
Protocol = Literal["tcp", "udp", "icmp", "icmp6", "igmp", "arp"]
PROTOCOLS: Mapping[str, str] = {
    "tcp": "TCP",
    "udp": "UDP",
    "icmp": "ICMP",
    "icmp6": "ICMPv6",
    "igmp": "IGMP",
    "arp": "ARP",
}
Number = Annotated[int, Field(ge=1, le=100_000)]
KINDS: Mapping[str, Text] = {
    "drop": say("drops", "丢弃"),
    "lose": say("loses at random", "随机丢弃"),
    "duplicate": say("duplicates", "复制"),
    "swap": say("swaps", "调换"),
    "corrupt": say("corrupts", "损坏"),
    "delay": say("delays", "延迟"),
    "rate": say("slows down", "限速"),
}
"""What a fault may do to a packet, and the word for it."""


class Packets(Model):
    """Which packets: all those of which everything holds that is given here."""

    from_: Place | None = Field(None, alias="from", description="where they come from")
    to: Place | None = Field(None, description="where they go to, such as a group or a port")
    protocol: Protocol | None = None
    flags: Flags | None = Field(
        None, description="of TCP: those of SYN, ACK, FIN and RST that are set, no others; PSH and URG where named"
    )
    payload: bool | None = Field(None, description="whether TCP or UDP carries something in them")
    window: Annotated[int, Field(ge=0, le=65535)] | None = Field(None, description="of TCP: the window as it is sent")

    @model_validator(mode="after")
    def _of_tcp(self) -> Packets:
        if self.protocol not in {None, "tcp"} and (self.flags is not None or self.window is not None):
            raise Wrong(say("only TCP has flags and a window", "只有 TCP 有标志位和窗口"))
        return self


class Chosen(Packets):
    """The packets that a fault acts on: of those that fit, `count` after the first `skip`."""

    skip: Annotated[int, Field(ge=0, le=100_000)] = Field(0, description="so many that fit pass first")
    count: Number | None = Field(None, description="on so many it acts; on all until it is lifted if left out")


class Delayed(Chosen):
    """Packets that arrive later, while others pass."""

    by: Annotated[Seconds, Field(le=60)] = Field(description="seconds")


class Slowed(Chosen):
    """Packets that arrive as a slow wire would carry them, one after the other."""

    bytes: Annotated[int, Field(ge=1000, le=100_000_000)] = Field(description="a second, frames with their headers")


class Lost(Chosen):
    """Packets that are lost at random, the same ones in every run of a seed."""

    share: Annotated[float, Field(gt=0, le=1)] = Field(description="of the packets that fit, such as 0.1")


class Fault(Model):
    """What happens to some packets on their way into a host, after they were on the wire."""

    model_config = ConfigDict(json_schema_extra=one_of(*KINDS))

    name: Name
    into: HostName = Field(description="the host that they are on their way to")
    drop: Chosen | None = Field(None, description="they never arrive")
    lose: Lost | None = Field(None, description="a part of them never arrives")
    duplicate: Chosen | None = Field(None, description="they arrive twice")
    swap: Chosen | None = Field(None, description="each arrives after the next one that fits")
    corrupt: Chosen | None = Field(None, description="they arrive with a bit turned, in their payload if they have one")
    delay: Delayed | None = Field(None, description="they arrive later")
    rate: Slowed | None = Field(None, description="they arrive no faster than that")

    @model_validator(mode="after")
    def _one(self) -> Fault:
        exactly_one(self, *KINDS)
        return self

    @property
    def kind(self) -> str:
        """What it does, a key of `KINDS`."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def chosen(self) -> Chosen:
        """The packets that it acts on."""
        chosen: Chosen = getattr(self, self.kind)
        return chosen


class Passed(Packets):
    """Packets that are waited for: so many have passed on a network since the run began."""

    count: Number = 1


def words(packets: Packets) -> Text:
    """The packets in words, such as `TCP [SYN] from alice to *:8080`."""
    tcp = packets.flags is not None or packets.window is not None
    known = packets.protocol or ("tcp" if tcp else None)
    noun = say("packets", "数据包") if known is None else same(PROTOCOLS[known])
    if packets.flags is not None:
        noun += same(f" [{', '.join(packets.flags)}]")
    more = []
    if packets.from_ is not None:
        more.append(say("from {place}", "来自 {place} 的", place=_place(packets.from_)))
    if packets.to is not None:
        more.append(say("to {place}", "发往 {place} 的", place=_place(packets.to)))
    if packets.window is not None:
        more.append(say("window {n}", "窗口为 {n} 的", n=packets.window))
    if packets.payload is not None:
        more.append(say("with payload", "带数据的") if packets.payload else say("without payload", "不带数据的"))
    if not more:
        return noun
    zh = "{more}{noun}" if known is None else "{more} {noun}"
    return say("{noun} {more}", zh, noun=noun, more=join(say(" ", ""), more))


def _place(place: Place) -> str:
    named = place.host or place.address or "*"
    return named if place.port is None else f"{named}:{place.port}"


def for_tap(packets: Packets, addresses: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    """The choice as the tap takes it; `addresses` are those of every host."""
    return {
        "source": _end(packets.from_, addresses),
        "target": _end(packets.to, addresses),
        "protocol": packets.protocol,
        "flags": None if packets.flags is None else list(packets.flags),
        "payload": packets.payload,
        "window": packets.window,
    }


def _end(place: Place | None, addresses: Mapping[str, frozenset[str]]) -> dict[str, Any] | None:
    if place is None:
        return None
    known = addresses[place.host] if place.host else frozenset([place.address]) if place.address else None
    return {"addresses": None if known is None else sorted(filter(None, known)), "port": place.port}
