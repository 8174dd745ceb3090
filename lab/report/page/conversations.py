"""The conversations of a capture as ladders: TCP, UDP, and whatever else two hosts said to each other.

Only so many packets are drawn; each ladder says what it leaves out, and by what command it is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from lab.conversations import Connection, Conversations, Datagram, Exchange, Message
from lab.messages import MARKER
from lab.record import Record
from lab.report.inspect import HANDSHAKES, UDP, close_wording, completeness_flags
from lab.report.page.commands import Commands
from lab.report.page.ladder import (
    DUMPED,
    LONGEST,
    SHEET,
    Between,
    Ladder,
    ends_of,
    left_out,
    of_datagrams,
    of_messages,
    of_segments,
    said_and_called,
    sheets,
)
from lab.report.page.plots import plots
from lab.report.wording import duration, endpoint_name, host_at, plural
from lab.seen import Seen
from lab.text import Text, join, same, say

MOST_PACKETS = 3_000
"""Packets that are drawn on a page."""
MOST_LADDERS = 300
"""Conversations of each kind that are on a page."""
DUMPED_WHOLE = 256 << 10
"""Bytes of payload up to which a page has dumps of all of it; each takes five in the file."""

Drawable = tuple[Ladder, Connection | Exchange | None]


def ladders(seen: Seen, began: int, commands: Commands) -> list[Ladder]:
    """All ladders of the page; times are since `began`."""
    undrawn = list(_undrawn(seen))
    shares = shared([len(ladder.arrows) for ladder, _ in undrawn])
    whole = sum(len(arrow.payload) for ladder, _ in undrawn for arrow in ladder.arrows) <= DUMPED_WHOLE
    drawing = _Drawing(seen, began, commands, None if whole else DUMPED)
    return [
        _drawn(ladder, conversation, share, drawing)
        for (ladder, conversation), share in zip(undrawn, shares, strict=True)
    ]


def shared(lengths: list[int], room: int = MOST_PACKETS) -> list[int]:
    """How many packets of each conversation are drawn: all of the short ones, of the long ones equally many."""
    shares = dict.fromkeys(range(len(lengths)), 0)
    for done, index in enumerate(sorted(shares, key=lambda each: lengths[each])):
        shares[index] = min(lengths[index], LONGEST, room // (len(lengths) - done))
        room -= shares[index]
    return [*shares.values()]


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What is the same for all ladders of a page; `dumped` as in `sheets`."""

    seen: Seen
    began: int
    commands: Commands
    dumped: int | None


def _drawn(ladder: Ladder, conversation: Connection | Exchange | None, share: int, drawing: _Drawing) -> Ladder:
    """`ladder` with `share` of its packets: the beginning, and the end where whole sheets of both have room."""
    seen, began, commands = drawing.seen, drawing.began, drawing.commands
    arrows = ladder.arrows
    head = share
    if share < len(arrows) and share >= 2 * SHEET:
        head = (share - SHEET) // SHEET * SHEET
        arrows = [*arrows[:head], *arrows[-SHEET:]]
    else:
        arrows = arrows[:share]
    between = Between() if conversation is None else said_and_called(conversation, arrows, seen, began)
    shows = commands.everything if conversation is None else commands.conversation(ladder.key)
    return replace(
        ladder,
        sheets=sheets(arrows, between, seen, began, drawing.dumped),
        left_out=left_out(_packets(ladder, conversation) - len(arrows), shows),
        gap=-(-head // SHEET),
    )


def not_listed(conversations: Conversations, commands: Commands) -> Text | None:
    """How many conversations are not on the page at all."""
    counts = (len(conversations.connections), len(conversations.exchanges))
    missing = sum(max(0, count - MOST_LADDERS) for count in counts)
    if not missing:
        return None
    counted = plural(missing, "conversation is", "conversations are", "个会话")
    return counted + say(
        " not on this page; {command} lists them", "不在本页；{command} 全部列出", command=commands.everything
    )


def _undrawn(seen: Seen) -> Iterator[Drawable]:
    found = seen.conversations
    for connection in found.connections[:MOST_LADDERS]:
        yield _of_connection(connection, seen.record), connection
    datagrams = _by_ends(found)
    dns = {message.number: message.summary for message in found.messages if message.protocol == "dns"}
    within: set[int] = set()
    for exchange in found.exchanges[:MOST_LADDERS]:
        near = datagrams[exchange.interface, frozenset((exchange.client, exchange.server))]
        own = [each for each in near if exchange.first_packet <= each.number <= exchange.last_packet]
        within.update(each.number for each in own)
        yield _of_exchange(exchange, own, dns, seen.record), exchange
    others = [message for message in found.messages if message.number not in within]
    for ladder in _of_messages(others, seen.record):
        yield ladder, None


def _packets(ladder: Ladder, conversation: Connection | Exchange | None) -> int:
    """How many packets a conversation has, also where they were not kept."""
    if isinstance(conversation, Connection):
        return conversation.packets
    return len(ladder.arrows) if conversation is None else conversation.client_packets + conversation.server_packets


def _by_ends(conversations: Conversations) -> dict[tuple[int, frozenset[object]], list[Datagram]]:
    found: dict[tuple[int, frozenset[object]], list[Datagram]] = defaultdict(list)
    for datagram in conversations.datagrams:
        found[datagram.interface, frozenset((datagram.source, datagram.destination))].append(datagram)
    return found


def _of_connection(connection: Connection, record: Record | None) -> Ladder:
    client, server = connection.client, connection.server
    ends = endpoint_name(client.endpoint, record), endpoint_name(server.endpoint, record)
    resent = client.retransmissions + server.retransmissions
    facts = [
        (say("packets", "包数"), same(f"{connection.packets:,}")),
        (say("bytes", "字节"), same(f"→ {client.bytes:,}  ← {server.bytes:,}")),
        (say("lasted", "历时"), same(duration(connection.end - connection.start))),
        (say("handshake", "握手"), HANDSHAKES[connection.handshake]),
        (say("close", "关闭"), close_wording(connection)),
        (say("Zeek's state", "Zeek 状态"), same(f"{connection.conn_state}  {connection.history}")),
        (
            say("completeness", "完整度"),
            same(f"{connection.completeness}  {completeness_flags(connection.completeness)}"),
        ),
    ]
    if resent:
        facts.append((say("retransmissions", "重传"), same(f"{resent:,}")))
    return Ladder(
        key=f"{connection.index}",
        title=say("TCP conversation {n}", "TCP 会话 {n}", n=connection.index),
        ends=ends,
        arrows=of_segments(connection.segments or ()),
        facts=tuple(facts),
        plots=plots(connection),
    )


def _of_exchange(exchange: Exchange, own: list[Datagram], dns: dict[int, str], record: Record | None) -> Ladder:
    facts = (
        (say("datagrams", "数据报"), same(f"→ {exchange.client_packets:,}  ← {exchange.server_packets:,}")),
        (say("bytes", "字节"), same(f"→ {exchange.client_bytes:,}  ← {exchange.server_bytes:,}")),
        (say("lasted", "历时"), same(duration(exchange.end - exchange.start))),
        (say("Zeek's state", "Zeek 状态"), same(exchange.conn_state)),
    )
    return Ladder(
        key=f"{UDP}{exchange.index}",
        title=say("UDP conversation {name}", "UDP 会话 {name}", name=f"{UDP}{exchange.index}"),
        ends=(endpoint_name(exchange.client, record), endpoint_name(exchange.server, record)),
        arrows=of_datagrams(own, exchange.client, dns),
        facts=facts,
    )


def _of_messages(messages: list[Message], record: Record | None) -> Iterator[Ladder]:
    """A ladder for what every two addresses said to each other; that of the lab's markers is folded."""
    groups: dict[tuple[int, bool, frozenset[str]], list[Message]] = defaultdict(list)
    for message in messages:
        marker = message.summary == MARKER
        pair = frozenset(() if marker else ends_of(message))
        groups[message.interface, marker, pair].append(message)
    ordered = sorted(groups.items(), key=lambda each: each[0][1])  # what is the lab's comes last
    for index, ((_, marker, _), group) in enumerate(ordered, 1):
        source, destination = ends_of(group[0])
        protocols = join(same(", "), [same(name.upper()) for name in dict.fromkeys(m.protocol for m in group)])
        yield Ladder(
            key=f"m{index}",
            title=say("Markers of the lab", "实验室标记") if marker else protocols,
            ends=("", "") if marker else (_name(source, record), _name(destination, record)),
            arrows=of_messages(group),
            facts=((say("packets", "包数"), same(f"{len(group):,}")),),
            folded=marker,
        )


def _name(address: str, record: Record | None) -> str:
    """The host that has an address, also where it is one of Ethernet or the link-local one made of that."""
    if record is not None:
        for name, host in record.hosts.items():
            if any(address in (plug.mac, _link_local(plug.mac)) for plug in host.interfaces):
                return name
    return host_at(address, record) or address


def _link_local(mac: str) -> str:
    """The address that a host gives itself on a link (RFC 4291, appendix A)."""
    first, *rest = bytes.fromhex(mac.replace(":", ""))
    packed = bytes((0xFE, 0x80, *[0] * 6, first ^ 2, *rest[:2], 0xFF, 0xFE, *rest[2:]))
    return str(IPv6Address(packed))
