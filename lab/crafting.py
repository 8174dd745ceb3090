"""Single packets that a scenario sends from the tap: made with scapy, as no program of a host could make them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from lab.ends import Address
from lab.errors import InputError
from lab.record import HostFacts, Interface
from lab.text import Text, say
from lab.values import Hex, HostName, Model, NetworkName, Port, Wrong, exactly_one
from lab.wirefaults import Flags

MOST = 1000  # packets of one step
NOBODY = "02:77:ff:ff:ff:ff"  # the sender's hardware address where no host is named: locally administered
TO_ALL = "ff:ff:ff:ff:ff:ff"
Field32 = Annotated[int, Field(ge=0, le=0xFFFFFFFF)]
IPV4, IPV6 = 4, 6


class Peer(Model):
    """One end of a crafted packet: a host or any address, and a port."""

    host: HostName | None = None
    address: Address | None = None
    port: Port | None = None

    @model_validator(mode="after")
    def _one(self) -> Peer:
        exactly_one(self, "host", "address")
        return self


class Segment(Model):
    """The TCP header of a crafted packet."""

    flags: Flags = Field(min_length=1)
    sequence: Field32 | None = Field(
        None, description="its number; if left out the one that the receiver waits for, of the latest connection"
    )
    acknowledgment: Field32 | None = Field(None, description="likewise")
    window: Annotated[int, Field(ge=0, le=65535)] = 64240


class Inject(Model):
    """Packets to send from the tap: no host sent them, whatever they say."""

    network: NetworkName | None = Field(None, description="where; the first network if left out")
    from_: Peer = Field(alias="from", description="who they say sent them")
    to: Peer
    tcp: Segment | None = None
    udp: bool = Field(default=False, description="a UDP datagram")
    icmp: tuple[Annotated[int, Field(ge=0, le=255)], Annotated[int, Field(ge=0, le=255)]] | None = Field(
        None, description="an ICMP message of this type and code", strict=False
    )
    text: str | None = Field(None, description="what it carries, in UTF-8")
    hex: Hex | None = Field(None, description="what it carries, as bytes")
    ttl: Annotated[int, Field(ge=1, le=255)] = 64
    ipv6: bool = False
    count: Annotated[int, Field(ge=1, le=MOST)] = Field(1, description="so many, each from the next port")

    @model_validator(mode="after")
    def _one(self) -> Inject:
        if [self.tcp is not None, self.udp, self.icmp is not None].count(True) != 1:
            raise Wrong(say("give one of `tcp`, `udp`, `icmp`", "请给出 `tcp`、`udp`、`icmp` 之一"))
        if self.udp and (self.from_.port is None or self.to.port is None):
            raise Wrong(say("a datagram has two ports: give both", "数据报有两个端口：请都给出"))
        if self.text is not None and self.hex is not None:
            raise Wrong(say("give `text` or `hex`, not both", "`text` 与 `hex` 只能给出一个"))
        version = IPV6 if self.ipv6 else IPV4
        for address in filter(None, [self.from_.address, self.to.address]):
            if ipaddress.ip_address(address).version != version:
                what = say(
                    "`{address}` is no IPv{version} address; `ipv6` says which of the two the packet is",
                    "`{address}` 不是 IPv{version} 地址；数据包属于哪一种由 `ipv6` 说明",
                    address=address,
                    version=version,
                )
                raise Wrong(what)
        return self

    @property
    def carried(self) -> bytes:
        """The payload."""
        return bytes.fromhex(self.hex) if self.hex is not None else (self.text or "").encode()


def words(inject: Inject) -> Text:
    """The packets in words, such as `TCP [SYN] from 10.77.0.99 to server:8080`."""
    if inject.tcp is not None:
        kind = f"TCP [{', '.join(inject.tcp.flags)}]"
    elif inject.icmp is not None:
        kind = "ICMP {}/{}".format(*inject.icmp)
    else:
        kind = "UDP"
    return say(
        "{kind} from {source} to {target}",
        "{kind}（{source} → {target}）",
        kind=kind,
        source=_named(inject.from_),
        target=_named(inject.to),
    )


def _named(peer: Peer) -> str:
    named = peer.host or peer.address or ""
    return named if peer.port is None else f"{named}:{peer.port}"


class Seen(Model):
    """The latest segment from one end to the other: what the next one of its sender would say."""

    source_port: int
    target_port: int
    sequence: int
    acknowledgment: int


def next_of(frame: bytes) -> Seen:
    """What the sender of a TCP segment would say next (RFC 9293, 3.4: SYN and FIN count as one byte each)."""
    from scapy.layers.inet import IP, TCP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Ether

    packet = Ether(frame)
    segment = packet[TCP]
    whole = packet[IP].len - 4 * packet[IP].ihl if IP in packet else packet[IPv6].plen
    length = whole - 4 * segment.dataofs + bool(segment.flags.S) + bool(segment.flags.F)
    return Seen(
        source_port=segment.sport,
        target_port=segment.dport,
        sequence=(segment.seq + length) % (1 << 32),
        acknowledgment=segment.ack,
    )


class Wanting(InputError):
    """A number of the packet is to be that of a connection, and there is none."""


def frames(inject: Inject, hosts: Mapping[str, HostFacts], network: str, seen: Seen | None) -> Iterator[bytes]:
    """The Ethernet frames of a step. Raises `Wanting` where they need a connection and none was `seen`."""
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Ether

    source, source_mac = _address(inject.from_, hosts, network, ipv6=inject.ipv6)
    target, target_mac = _address(inject.to, hosts, network, ipv6=inject.ipv6)
    link = Ether(src=source_mac or NOBODY, dst=_hardware(target, target_mac, hosts, network))
    head: Any = (
        IPv6(src=source, dst=target, hlim=inject.ttl) if inject.ipv6 else IP(src=source, dst=target, ttl=inject.ttl)
    )
    for number in range(inject.count):
        yield bytes(link / head / _transport(inject, seen, number))


def _transport(inject: Inject, seen: Seen | None, number: int) -> Any:  # noqa: ANN401  scapy has no types
    """The packet of that `number` from its transport on."""
    from scapy.layers.inet import ICMP, TCP, UDP
    from scapy.layers.inet6 import ICMPv6Unknown
    from scapy.packet import Raw

    if inject.icmp is not None:
        kind, code = inject.icmp
        if inject.ipv6:
            return ICMPv6Unknown(type=kind, code=code, msgbody=inject.carried)
        header: Any = ICMP(type=kind, code=code)
    else:
        ports: Any = _ports(inject, seen, number)
        header = UDP(**ports) if inject.tcp is None else TCP(**ports, **_numbers(inject.tcp, seen))
    return header / Raw(inject.carried) if inject.carried else header


def _ports(inject: Inject, seen: Seen | None, number: int) -> dict[str, int]:
    source = inject.from_.port or (None if seen is None else seen.source_port)
    target = inject.to.port or (None if seen is None else seen.target_port)
    if source is None or target is None:
        raise _no_connection()
    return {"sport": (source + number - 1) % 0xFFFF + 1, "dport": target}


def _numbers(segment: Segment, seen: Seen | None) -> dict[str, Any]:
    acknowledges = "ACK" in segment.flags
    if seen is None and "SYN" not in segment.flags and segment.sequence is None:
        raise _no_connection()
    sequence = segment.sequence if segment.sequence is not None else seen.sequence if seen else 1000
    acknowledgment = segment.acknowledgment
    if acknowledgment is None:
        acknowledgment = seen.acknowledgment if seen is not None and acknowledges else 0
    flags = "".join(flag[0] for flag in segment.flags)
    return {"flags": flags, "seq": sequence, "ack": acknowledgment, "window": segment.window}


def _no_connection() -> Wanting:
    return Wanting(
        say("no connection between these ends has been seen yet", "这两端之间尚未出现过连接"),
        say("give `sequence` and the ports", "请给出 `sequence` 和端口"),
    )


def _address(peer: Peer, hosts: Mapping[str, HostFacts], network: str, *, ipv6: bool) -> tuple[str, str | None]:
    """An end's address and hardware address, which is known of hosts."""
    if peer.host is None:
        assert peer.address is not None
        return peer.address, None
    interface = _on(hosts[peer.host], network)
    return (interface.ipv6 if ipv6 else interface.ipv4), interface.mac


def _on(host: HostFacts, network: str) -> Interface:
    return next(i for i in host.interfaces if i.network == network)


def _hardware(target: str, known: str | None, hosts: Mapping[str, HostFacts], network: str) -> str:
    """Where a frame to an address goes: to its host, to a group's address (RFC 1112, RFC 2464), else to all."""
    if known is not None:
        return known
    address = ipaddress.ip_address(target)
    if address.is_multicast:
        low = address.packed[-4:]
        return (
            "33:33:" + low.hex(":") if address.version == IPV6 else f"01:00:5e:{low[1] & 0x7F:02x}:{low[2:].hex(':')}"
        )
    for host in hosts.values():
        for interface in host.interfaces:
            if interface.network == network and target in (interface.ipv4, interface.ipv6):
                return interface.mac
    return TO_ALL
