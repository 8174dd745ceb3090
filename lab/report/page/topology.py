"""The hosts and networks of a run, drawn: addresses, programs, and the ports that they listened on.

Of a capture without a record the hosts are the addresses that talked, and the ports those that were talked to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from lab.conversations import Conversations, Handshake
from lab.record import Record
from lab.report.page.svg import drawing, element, label, line
from lab.report.wording import host_at, plural
from lab.seen import Seen
from lab.text import Text, join, same, say
from lab.visible import visible

BOX, GAP, LINE = 196, 24, 18
BUS, HEAD = 30, 24
MOST = 12  # hosts of a capture that are drawn
LISTENING = ("LISTEN", "UNCONN")


@dataclass(slots=True)
class Node:
    """A host: its name, its plugs by network, and lines of text about its programs."""

    name: str
    plugs: dict[str, list[str]] = field(default_factory=dict)
    lines: list[tuple[Text, str]] = field(default_factory=list)
    """Each with its class: `program` or `port`."""


@dataclass(frozen=True, slots=True)
class Topology:
    """The drawing, what it shows in words, and how many hosts are not in it."""

    svg: Markup
    summary: Text
    left_out: Text | None


def topology(seen: Seen) -> Topology | None:
    """The topology of what was `seen`; None where nobody talked."""
    networks: Mapping[str, str]
    if seen.record is not None:
        networks = {name: f"{n.ipv4} · {n.ipv6}" for name, n in seen.record.networks.items()}
        nodes = _of_record(seen.record, seen.conversations)
    else:
        interfaces = seen.conversations.interfaces or ["capture"]
        networks = dict.fromkeys(interfaces, "")
        nodes = _of_capture(seen.conversations, interfaces)
    if not nodes:
        return None
    shown = nodes if seen.record is not None else nodes[:MOST]
    missing = len(nodes) - len(shown)
    left_out = (
        plural(missing, "more host is", "more hosts are", "台主机") + say(" not drawn", "未画出") if missing else None
    )
    return Topology(_drawn(networks, shown), _summary(networks, nodes), left_out)


def listening(record: Record) -> dict[tuple[str, str | None], dict[str, None]]:
    """The ports on which programs of a host were seen to listen, as in `tcp 8080`, by host and program."""
    found: dict[tuple[str, str | None], dict[str, None]] = {}
    for hosts in record.observations.values():
        for host, state in hosts.items():
            for socket in state.sockets:
                if socket.state in LISTENING:
                    ports = found.setdefault((host, socket.program), {})
                    ports[f"{socket.transport} {socket.local_port}"] = None
    return found


def _of_record(record: Record, conversations: Conversations) -> list[Node]:
    seen = listening(record)
    served: dict[str, dict[str, None]] = {}
    for address, port in _served(conversations):
        host = host_at(address, record)
        if host is not None:
            served.setdefault(host, {})[port] = None
    nodes = []
    for name, plugged in record.hosts.items():
        node = Node(name, {i.network: [i.ipv4, i.ipv6] for i in plugged.interfaces})
        programs = [p for p, facts in record.programs.items() if facts.host == name]
        known = {port for (at, program), ports in seen.items() if at == name and program in programs for port in ports}
        others = [port for port in served.get(name, {}) if port not in known]
        for program in programs:
            ports = [*seen.get((name, program), {})]
            if len(programs) == 1:
                ports, others = [*ports, *others], []
            node.lines.append((same(visible(program)), "program"))
            node.lines += [(port, "port") for port in _listed(ports)]
        node.lines += [(port, "port") for port in _listed(others)]
        nodes.append(node)
    return nodes


def _of_capture(conversations: Conversations, interfaces: Sequence[str]) -> list[Node]:
    nodes: dict[str, Node] = {}
    ends = [(c.interface, side.endpoint) for c in conversations.connections for side in (c.client, c.server)]
    ends += [(e.interface, end) for e in conversations.exchanges for end in (e.client, e.server)]
    for interface, end in ends:
        network = interfaces[interface] if interface < len(interfaces) else interfaces[0]
        nodes.setdefault(end.address, Node(end.address)).plugs.setdefault(network, [])
    served: dict[str, list[str]] = {}
    for address, port in _served(conversations):
        served.setdefault(address, []).append(port)
    for address, ports in served.items():
        nodes[address].lines += [(port, "port") for port in _listed([*dict.fromkeys(ports)])]
    return [*nodes.values()]


def _served(conversations: Conversations) -> Iterator[tuple[str, str]]:
    """The addresses and ports that answered."""
    for connection in conversations.connections:
        if connection.handshake is Handshake.COMPLETE:
            end = connection.server.endpoint
            yield end.address, f"tcp {end.port}"
    for exchange in conversations.exchanges:
        if exchange.server_packets:
            yield exchange.server.address, f"udp {exchange.server.port}"


def _listed(ports: Sequence[str], most: int = 4) -> list[Text]:
    """Lines for ports, and how many are not among them."""
    if not ports:
        return []
    more = len(ports) - most
    lines = [say("listens on {port}", "监听 {port}", port=port) for port in ports[:most]]
    return [*lines, say("… {n} more ports", "… 另有 {n} 个端口", n=more)] if more > 0 else lines


def _drawn(networks: Mapping[str, str], nodes: Sequence[Node]) -> Markup:
    tall = max(sum(map(len, n.plugs.values())) + len(n.lines) for n in nodes) * LINE + HEAD + 22
    top = len(networks) * BUS + 26
    width = max(len(nodes) * (BOX + GAP) - GAP, 420) + 2
    buses = {name: 22 + at * BUS for at, name in enumerate(networks)}
    parts = [
        element("g", label(1, y - 6, f"{visible(name)}   {networks[name]}", "network"), line(1, y, width - 1, y, "bus"))
        for name, y in buses.items()
    ]
    parts += [_box(node, at * (BOX + GAP) + 1, top, tall, buses) for at, node in enumerate(nodes)]
    return drawing(width, top + tall + 2, "topology-title", *parts)


def _box(node: Node, x: float, top: float, tall: float, buses: Mapping[str, int]) -> Markup:
    parts = [element("rect", x=x, y=top, width=BOX, height=tall, rx=5, class_="host")]
    parts.append(label(x + 12, top + 22, visible(node.name), "name"))
    y = top + HEAD + LINE
    for at, (network, addresses) in enumerate(node.plugs.items()):
        plug = x + 24 + at * 22
        if network in buses:
            parts += [
                line(plug, buses[network], plug, top, "plug"),
                element("circle", cx=plug, cy=buses[network], r=3.5, class_="plug"),
            ]
        for address in addresses:
            parts.append(label(x + 12, y, address, "address"))
            y += LINE
    for text, kind in node.lines:
        parts.append(label(x + (12 if kind == "program" else 24), y + 4, text, kind))
        y += LINE
    return element("g", *parts)


def _summary(networks: Mapping[str, str], nodes: Sequence[Node]) -> Text:
    """Every host with its addresses, programs and ports, for those who do not see the drawing."""
    told = []
    for node in nodes[:MOST]:
        facts = [same(a) for addresses in node.plugs.values() for a in addresses] + [text for text, _ in node.lines]
        told.append(same(visible(node.name)) + (same(": ") + join(same(", "), facts) if facts else same("")))
    return plural(len(networks), "network", "networks", "个网络") + say(". ", "。") + join(Text("; ", "；"), told)
