"""The ends of packets and connections as scenario files name them: hosts, addresses, ports.

Every field has its description twice, in English (`Field`) and in Chinese (`Zh`): the reference
pages are made from them.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from lab.text import say
from lab.values import HostName, Model, Port, Wrong, exactly_one, one_of


@dataclass(frozen=True, slots=True)
class Zh:
    """The description of a field in Chinese."""

    wording: str


def _canonical(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError as error:
        raise Wrong(say("`{value}` is no IP address", "`{value}` 不是 IP 地址", value=value)) from error


Address = Annotated[str, AfterValidator(_canonical)]
OfHost = Annotated[
    HostName | None,
    Field(description="a host of the scenario, by any of its addresses"),
    Zh("场景中的主机，任一地址均可"),
]
OfAddress = Annotated[
    Address | None,
    Field(description="an IP address, where no host has it (a group, a broadcast)"),
    Zh("IP 地址，用于不属于任何主机的地址（组播、广播）"),
]


class Place(Model):
    """One end of a packet or a connection: a host, an address, a port, or several of them together."""

    host: OfHost = None
    address: OfAddress = None
    port: Annotated[Port | None, Field(description="a port"), Zh("端口")] = None

    @model_validator(mode="after")
    def _something(self) -> Place:
        if self.host is None and self.address is None and self.port is None:
            raise Wrong(say("give `host`, `address` or `port`", "请给出 `host`、`address` 或 `port`"))
        if self.host is not None and self.address is not None:
            raise Wrong(say("give `host` or `address`, not both", "`host` 与 `address` 只能给出一个"))
        return self


class Station(Model):
    """One end of a packet that has no ports: a host or an address."""

    model_config = ConfigDict(json_schema_extra=one_of("host", "address"))

    host: OfHost = None
    address: OfAddress = None

    @model_validator(mode="after")
    def _one(self) -> Station:
        exactly_one(self, "host", "address")
        return self
