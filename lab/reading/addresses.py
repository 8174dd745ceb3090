"""Prefixes of networks and addresses of hosts: valid, apart from each other, large enough, within reach."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal

from lab.reading.faults import Faults, Path, shown
from lab.reading.shape import Parts
from lab.scenario import DEFAULT_NETWORK, Addresses, Host
from lab.text import Text, say

Family = Literal["ipv4", "ipv6"]
Prefix = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
Prefixes = dict[tuple[str, Family], Prefix | None]
"""The valid prefixes by network and family; None where the file gives none that is valid."""

FAMILIES: tuple[Family, Family] = ("ipv4", "ipv6")
VERSION = {"ipv4": 4, "ipv6": 6}
EXAMPLE = {"ipv4": "10.77.4.0/24", "ipv6": "fd77:4::/64"}
WIDEST = {"ipv4": 8, "ipv6": 16}


@dataclass(frozen=True, slots=True)
class Given:
    """An address that the file gives a host on a network, and where."""

    host: str
    network: str
    family: Family
    text: str
    path: Path


def check_addresses(parts: Parts, faults: Faults) -> None:
    """All prefixes and addresses of the file."""
    prefixes = _prefixes(parts, faults)
    _check_apart(prefixes, faults)
    taken: dict[Address, str] = {}
    for given in _given_addresses(parts):
        if (address := _address(given, faults)) is None:
            continue
        if (given.network, given.family) in prefixes:
            _check_inside(given, address, parts, prefixes[given.network, given.family], faults)
        if (other := taken.setdefault(address, given.host)) != given.host:
            what = say("{host} has the address {a} already", "地址 {a} 已属于 {host}", host=other, a=address)
            faults.at_value(given.path, what)
    _check_room(parts, prefixes, faults)
    _check_reach(parts, faults)


def _prefixes(parts: Parts, faults: Faults) -> Prefixes:
    prefixes: Prefixes = {}
    for name, network in parts.networks.items():
        for family in FAMILIES:
            text = getattr(network, family)
            prefixes[name, family] = None if text is None else _prefix(text, family, ("networks", name, family), faults)
    return prefixes


def _prefix(text: str, family: Family, path: Path, faults: Faults) -> Prefix | None:
    try:
        loose = ip_network(text, strict=False)
    except ValueError:
        loose = None
    if loose is None or loose.version != VERSION[family] or "/" not in text:
        faults.at_value(path, _no_prefix(text, family))
    elif loose.network_address != ip_address(text.split("/", maxsplit=1)[0]):
        what = say(
            "`{text}` has host bits set; the prefix is {p}", "`{text}` 含有主机位；前缀应为 {p}", text=text, p=loose
        )
        faults.at_value(path, what)
    elif loose.prefixlen < WIDEST[family] or not _is_ordinary(loose.network_address):
        what = say(
            "`{text}` is not for hosts; take one such as {example}",
            "`{text}` 不能用于主机；可用例如 {example}",
            text=text,
            example=EXAMPLE[family],
        )
        faults.at_value(path, what)
    else:
        return loose
    return None


def _no_prefix(text: str, family: Family) -> Text:
    return say(
        "`{text}` is no {family} prefix, such as {example}",
        "`{text}` 不是 {family} 前缀，应如 {example}",
        text=shown(text),
        family=_name(family),
        example=EXAMPLE[family],
    )


def _name(family: Family) -> str:
    return {"ipv4": "IPv4", "ipv6": "IPv6"}[family]


def _is_ordinary(address: Address) -> bool:
    return not (
        address.is_loopback or address.is_multicast or address.is_link_local or address.is_unspecified
    ) and not (isinstance(address, IPv4Address) and (address in IPv4Network("0.0.0.0/8") or address.is_reserved))


def _check_apart(prefixes: Prefixes, faults: Faults) -> None:
    """No two prefixes overlap: in address order, each must begin after all before it have ended."""
    for family in FAMILIES:
        found = sorted(
            (int(p.network_address), int(p.broadcast_address), str(p), name)
            for (name, of), p in prefixes.items()
            if of == family and p is not None
        )
        for (_, end, text, name), (begin, _, other_text, other) in itertools.pairwise(found):
            if begin <= end:
                what = say(
                    "{other} overlaps {text} of the network `{name}`",
                    "{other} 与网络 `{name}` 的 {text} 重叠",
                    other=other_text,
                    text=text,
                    name=name,
                )
                faults.at_value(("networks", other, family), what)


def _given_addresses(parts: Parts) -> Iterator[Given]:
    """Every address that a host gives."""
    for host, model in parts.hosts.items():
        if isinstance(model.networks, tuple):
            continue
        for network, addresses in model.networks.items():
            for family in FAMILIES:
                if (text := _of(addresses, family)) is not None:
                    yield Given(host, network, family, text, ("hosts", host, "networks", network, family))


def _of(addresses: Addresses, family: Family) -> str | None:
    return addresses.ipv4 if family == "ipv4" else addresses.ipv6


def _address(given: Given, faults: Faults) -> Address | None:
    text, family = given.text, given.family
    try:
        address = ip_address(text)
    except ValueError:
        address = None
    if address is None or address.version != VERSION[family] or "%" in text:
        what = say(
            "`{text}` is no {family} address", "`{text}` 不是 {family} 地址", text=shown(text), family=_name(family)
        )
        faults.at_value(given.path, what)
        return None
    return address


def _check_inside(given: Given, address: Address, parts: Parts, prefix: Prefix | None, faults: Faults) -> None:
    name, family, path = given.network, given.family, given.path
    if prefix is None:
        if getattr(parts.networks[name], family) is None:
            what = say(
                "the network `{n}` gives no {family} prefix; give it one that holds {a}",
                "网络 `{n}` 没有给出 {family} 前缀；请给出包含 {a} 的前缀",
                n=name,
                family=_name(family),
                a=address,
            )
            faults.at_value(path, what)
    elif address not in prefix:
        what = say("{a} lies outside {p} of `{n}`", "{a} 不在 `{n}` 的 {p} 之内", a=address, p=prefix, n=name)
        faults.at_value(path, what)
    elif address == prefix.network_address:
        faults.at_value(path, say("{a} is the network's own address", "{a} 是网络地址本身", a=address))
    elif family == "ipv4" and address == prefix.broadcast_address:
        faults.at_value(path, say("{a} is the broadcast address", "{a} 是广播地址", a=address))


def _check_room(parts: Parts, prefixes: Prefixes, faults: Faults) -> None:
    """Every prefix has an address for each host on it, besides the network's own and the broadcast one."""
    first = next(iter(parts.networks), DEFAULT_NETWORK)
    on: dict[str, int] = {}
    for host in parts.hosts.values():
        for network in _networks_of(host, first):
            on[network] = on.get(network, 0) + 1
    for (name, family), prefix in prefixes.items():
        room = 0 if prefix is None else max(0, prefix.num_addresses - (2 if family == "ipv4" else 1))
        if prefix is not None and room < on.get(name, 0):
            what = say(
                "`{n}` has {hosts} hosts; of them {p} has room for {room}",
                "`{n}` 上有 {hosts} 台主机；{p} 只能容纳 {room} 台",
                p=prefix,
                room=room,
                n=name,
                hosts=on[name],
            )
            faults.at_value(("networks", name, family), what)


def _check_reach(parts: Parts, faults: Faults) -> None:
    """Every host that asks another for names is on a network with it."""
    first = next(iter(parts.networks), DEFAULT_NETWORK)
    for name, host in parts.hosts.items():
        if host.dns not in parts.hosts or not all(_is_sound(n, parts, faults) for n in (name, host.dns)):
            continue
        asked = parts.hosts[host.dns]
        if not set(_networks_of(host, first)) & set(_networks_of(asked, first)):
            what = say(
                "{host} and {asked} have no network in common",
                "{host} 与 {asked} 没有共同的网络",
                host=name,
                asked=host.dns,
            )
            faults.at_value(("hosts", name, "dns"), what)


def _is_sound(host: str, parts: Parts, faults: Faults) -> bool:
    """Whether the networks of a host are known; of those that are at fault its model says nothing."""
    given = parts.hosts[host].networks
    return parts.networks.keys() >= set(given) and bool(given) == faults.places.has(("hosts", host, "networks"))


def _networks_of(host: Host, first: str) -> tuple[str, ...]:
    return tuple(host.networks) or (first,)
