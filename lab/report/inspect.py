"""What a capture holds, as tables for people and as a document for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypedDict, TypeVar, Unpack

from rich.text import Text as Line

from lab.conversations import Close, Connection, Conversations, Endpoint, Exchange, Handshake, Message, Side
from lab.messages import MARKER
from lab.record import Record
from lab.report.layout import Screen, table
from lab.report.visible import one_line, visible
from lab.report.wording import clock, duration, endpoint_name, host_at, in_full, plural
from lab.text import Language, Text, join, same, say

PAGE = 50  # conversations of each kind on a page
SHOWN_MESSAGES = 8
UDP = "u"  # before the number of a UDP conversation, so that every conversation has one name

_FLAGS = ((32, "R"), (16, "F"), (8, "D"), (4, "A"), (2, "S"), (1, "S"))
_HANDSHAKES = {
    Handshake.COMPLETE: Text("complete", "完整"),
    Handshake.HALF_OPEN: Text("half-open", "半开"),
    Handshake.NONE: Text("none", "无"),
}
_Conversation = TypeVar("_Conversation", Connection, Exchange)
_ROLES = {"client": Text("client", "客户端"), "server": Text("server", "服务端")}

_BRIEF = 7  # columns that stay on the first line of a conversation
_RIGHT = frozenset({3, 4, 5, 6})
_COMMON_HEADER = (
    same("#"),
    Text("client", "客户端"),
    Text("server", "服务端"),
    Text("packets", "包数"),
    Text("bytes →", "字节 →"),
    same("←"),
    Text("lasted", "历时"),
)


class Shown(TypedDict, total=False):
    """How much of the tables to show, and the command that opens a conversation (a number follows it)."""

    page: int
    everything: bool
    opens: str


def conversations_table(
    conversations: Conversations, record: Record | None, language: Language, **shown: Unpack[Shown]
) -> Screen:
    """The TCP and UDP conversations of a capture, `PAGE` of each to a page, and what else it holds."""
    overview = _Overview(conversations, record, language, shown)
    return Screen(overview.draw)


def conversation_named(conversations: Conversations, name: str) -> Connection | Exchange | None:
    """The conversation that the tables call `name`: `3` is a TCP connection, `u3` a UDP exchange."""
    listed: Sequence[Connection] | Sequence[Exchange]
    listed = conversations.exchanges if name.startswith(UDP) else conversations.connections
    number = name.removeprefix(UDP)
    if not (number.isascii() and number.isdigit()):
        return None
    return next((each for each in listed if each.index == int(number)), None)


def conversation_of(conversations: Conversations, number: int) -> str | None:
    """The name of the conversation that packet `number` belongs to; None for what is in none.

    The segments and datagrams of `conversations` were kept.
    """
    for connection in conversations.connections:
        if any(segment.number == number for segment in connection.segments or ()):
            return f"{connection.index}"
    for datagram in conversations.datagrams:
        if datagram.number == number:
            ends = {datagram.source, datagram.destination}
            for exchange in conversations.exchanges:
                lasts = exchange.first_packet <= number <= exchange.last_packet
                if lasts and exchange.interface == datagram.interface and {exchange.client, exchange.server} == ends:
                    return f"{UDP}{exchange.index}"
    return None


def completeness_flags(completeness: int) -> str:
    """Wireshark's tcp.completeness.str: a letter a bit, `·` for one that is missing, as in `·FDASS`."""
    return "".join(letter if completeness & bit else "·" for bit, letter in _FLAGS)


def close_wording(connection: Connection) -> Text:
    """How a connection ended and who began it."""
    first = connection.first_closer
    who = _ROLES[first] if first is not None else same("?")
    if connection.close is Close.RST:
        return say("RST by {who}", "RST，{who}发出", who=who)
    if connection.close is Close.FIN:
        if connection.simultaneous_close:
            return say("FIN, both at once", "FIN，同时关闭")
        return say("FIN, {who} first", "FIN，{who}先关", who=who)
    if first is not None:
        return say("half, by {who}", "半关，{who}", who=who)
    return say("open", "未关闭")


def inspect_document(conversations: Conversations, record: Record | None) -> dict[str, Any]:
    """The document of `lab inspect FILE --json`.

    Keys: connections, datagrams, exchanges (the datagrams by their endpoints), messages (what is
    neither TCP nor only UDP), packets, interfaces, damage. Times are nanoseconds since the epoch.
    """
    return {
        "connections": [_connection(each, record) for each in conversations.connections],
        "datagrams": [
            {
                "number": each.number,
                "time": each.time,
                "source": _endpoint(each.source, record),
                "destination": _endpoint(each.destination, record),
                "length": each.length,
                "checksum_ok": each.checksum_ok,
            }
            for each in conversations.datagrams
        ],
        "exchanges": [_exchange(each, record) for each in conversations.exchanges],
        "messages": [_message(each) for each in conversations.messages],
        "packets": conversations.packets,
        "interfaces": conversations.interfaces,
        "damage": None if conversations.damage is None else str(conversations.damage),
    }


class _Overview:
    """Draws the tables of one capture."""

    def __init__(self, conversations: Conversations, record: Record | None, language: Language, shown: Shown) -> None:
        self._all = conversations
        self._record = record
        self._language = language
        self._page = max(shown.get("page", 1), 1)
        self._everything = shown.get("everything", False)
        made = None if record is None else f"make inspect NAME={visible(record.scenario)} CONVERSATION="
        self._opens = shown.get("opens", made)
        self._whole = in_full(self._opens)

    def draw(self, width: int) -> Iterator[Line]:
        yield self._line(self._head())
        if self._all.connections:
            yield Line()
            rows = [self._tcp_row(each) for each in self._paged(self._all.connections)]
            yield from self._section(rows, self._tcp_header(), width)
            yield from self._left_out(len(self._all.connections))
        if self._all.exchanges:
            yield Line()
            rows = [self._udp_row(each) for each in self._paged(self._all.exchanges)]
            yield from self._section(rows, self._udp_header(), width)
            yield from self._left_out(len(self._all.exchanges))
        yield from self._messages()
        yield from self._foot()

    def _head(self) -> Text:
        counted = [
            plural(self._all.packets, "packet", "packets", "个数据包"),
            plural(len(self._all.connections), "TCP conversation", "TCP conversations", "个 TCP 会话"),
            plural(len(self._all.exchanges), "UDP conversation", "UDP conversations", "个 UDP 会话"),
        ]
        if self._all.messages:
            counted.append(plural(len(self._all.messages), "other message", "other messages", "个其他报文"))
        return join(same("   "), counted)

    def _section(self, rows: Sequence[Sequence[str]], header: Sequence[Text], width: int) -> Iterator[Line]:
        """A row a conversation; on a line of its own its last cell, and where a row is too wide its second half."""
        if not rows:
            return
        heads = [text.in_(self._language) for text in header]
        full = _table([heads, *(row[:-1] for row in rows)], _RIGHT)
        wide = max(line.cell_len for line in full) <= width
        lines = full if wide else _table([heads[:_BRIEF], *(row[:_BRIEF] for row in rows)], _RIGHT)
        lines[0].stylize("dim")
        yield lines[0]
        for line, row in zip(lines[1:], rows, strict=True):
            yield line
            rest = [row[-1]] if wide else [f"{heads[_BRIEF]} {row[_BRIEF]}", *row[_BRIEF + 1 :]]
            if any(rest):
                yield Line("     " + "   ".join(cell for cell in rest if cell), style="dim")

    def _tcp_header(self) -> list[Text]:
        return [
            *_COMMON_HEADER,
            Text("handshake", "握手"),
            Text("close", "关闭"),
            Text("state", "状态"),
            Text("completeness", "完整度"),
        ]

    def _tcp_row(self, connection: Connection) -> list[str]:
        client, server = connection.client, connection.server
        span = connection.end - connection.start
        return [
            f"{connection.index}",
            *self._ends(client.endpoint, server.endpoint),
            *_amounts(connection.packets, client.bytes, server.bytes, span),
            _HANDSHAKES[connection.handshake].in_(self._language),
            close_wording(connection).in_(self._language),
            connection.conn_state,
            f"{connection.completeness:>2} {completeness_flags(connection.completeness)}",
            self._notes(client, server),
        ]

    def _notes(self, client: Side, server: Side) -> str:
        counts = (
            (client.retransmissions + server.retransmissions, "retransmission", "retransmissions", "次重传"),
            (client.out_of_order + server.out_of_order, "out of order", "out of order", "个乱序"),
            (client.zero_windows + server.zero_windows, "zero window", "zero windows", "次零窗口"),
        )
        told = [plural(count, *words) for count, *words in counts if count]
        return join(Text(", ", "、"), told).in_(self._language)

    def _udp_header(self) -> list[Text]:
        return [*_COMMON_HEADER, Text("datagrams", "数据报"), Text("state", "状态")]

    def _udp_row(self, exchange: Exchange) -> list[str]:
        total = exchange.client_packets + exchange.server_packets
        return [
            f"{UDP}{exchange.index}",
            *self._ends(exchange.client, exchange.server),
            *_amounts(total, exchange.client_bytes, exchange.server_bytes, exchange.end - exchange.start),
            f"→ {exchange.client_packets:,} ← {exchange.server_packets:,}",
            exchange.conn_state,
            "",
        ]

    def _ends(self, client: Endpoint, server: Endpoint) -> tuple[str, str]:
        return endpoint_name(client, self._record), endpoint_name(server, self._record)

    def _messages(self) -> Iterator[Line]:
        messages = self._all.messages
        if not messages:
            return
        counts = Counter(_sort(each).in_(self._language) for each in messages)
        counted = Line(
            "  " + "   ".join(f"{visible(name)} {count:,}" for name, count in counts.most_common()), style="bold"
        )
        yield Line()
        if not self._everything and (self._all.connections or self._all.exchanges):
            told = say("   ({all} lists them)", "   （{all} 逐个列出）", all=self._whole)
            yield counted.append(told.in_(self._language), style="not bold dim")
            return
        yield counted
        shown = messages if self._everything else messages[:SHOWN_MESSAGES]
        start = messages[0].time
        rows = [[f"{m.number}", clock(m.time - start), *self._worded(m)] for m in shown]
        yield from _table(rows, frozenset({0, 1}))
        if len(messages) > len(shown):
            more = plural(len(messages) - len(shown), "more", "more", "个未列出")
            told = say("  … {more} ({all} shows them)", "  … 另有 {more}（{all} 全部列出）", more=more, all=self._whole)
            yield self._line(told)

    def _worded(self, message: Message) -> tuple[str, str]:
        """Its protocol and its summary; what has no protocol of its own is said in words."""
        protocol = Text("other", "其他") if message.protocol == "other" else same(message.protocol)
        summary = Text(MARKER, "实验室标记") if message.summary == MARKER else same(message.summary)
        return visible(protocol.in_(self._language)), one_line(summary.in_(self._language))

    def _foot(self) -> Iterator[Line]:
        if self._all.damage is not None:
            yield Line()
            text = say("the file is damaged: {where}", "文件已损坏：{where}", where=self._all.damage)
            yield Line(one_line(text.in_(self._language)), style="bold yellow")
        listed: Sequence[Connection | Exchange] = [*self._all.connections[:1], *self._all.exchanges[:1]]
        if self._opens is not None and listed:
            name = "1" if isinstance(listed[0], Connection) else f"{UDP}1"
            yield Line()
            yield (
                Line("  ")
                .append(say("open one", "打开会话").in_(self._language), style="dim")
                .append(f"   {visible(self._opens)}{name}")
            )

    def _paged(self, listed: Sequence[_Conversation]) -> Sequence[_Conversation]:
        """What the page shows; what fits on one page stands on each."""
        if self._everything or len(listed) <= PAGE:
            return listed
        return listed[(self._page - 1) * PAGE : self._page * PAGE]

    def _left_out(self, count: int) -> Iterator[Line]:
        """What the page does not show, and how to see it."""
        if self._everything or count <= PAGE:
            return
        first, last = (self._page - 1) * PAGE + 1, min(self._page * PAGE, count)
        if first > count:
            pages = f"{-(-count // PAGE):,}"
            told = say(
                "page {n} is past the last, {pages}", "第 {n} 页超出范围，共 {pages} 页", n=self._page, pages=pages
            )
        else:
            told = say("{a:,}-{b:,} of {n:,} shown", "共 {n:,} 个，已列出第 {a:,}-{b:,} 个", a=first, b=last, n=count)
        if last < count and self._whole == "--all":  # make has no pages
            told += say("; --page {n} goes on", "；--page {n} 翻页", n=self._page + 1)
        yield self._line(same("  ") + told + say("; {all} shows them all", "；{all} 全部列出", all=self._whole))

    def _line(self, text: Text) -> Line:
        return Line(text.in_(self._language))


def _table(rows: Sequence[Sequence[str]], right: frozenset[int]) -> list[Line]:
    """Rows of plain text in columns, indented by two."""
    return [Line("  ").append_text(line) for line in table([[Line(cell) for cell in row] for row in rows], right)]


def _amounts(packets: int, sent: int, received: int, span: int) -> tuple[str, str, str, str]:
    return f"{packets:,}", f"{sent:,}", f"{received:,}", duration(span)


def _sort(message: Message) -> Text:
    """What a message is counted as: its protocol, or a marker of the lab."""
    return say("lab markers", "实验室标记") if message.summary == MARKER else same(message.protocol)


def _endpoint(endpoint: Endpoint, record: Record | None) -> dict[str, Any]:
    host = host_at(endpoint.address, record)
    return {"address": endpoint.address, "port": endpoint.port} | ({} if host is None else {"host": host})


def _connection(connection: Connection, record: Record | None) -> dict[str, Any]:
    client, server = connection.client, connection.server
    return {
        "index": connection.index,
        "client": _endpoint(client.endpoint, record),
        "server": _endpoint(server.endpoint, record),
        "completeness": connection.completeness,
        "conn_state": connection.conn_state,
        "history": connection.history,
        "handshake": str(connection.handshake),
        "close": str(connection.close),
        "first_closer": connection.first_closer,
        "simultaneous_close": connection.simultaneous_close,
        "packets": connection.packets,
        "bytes": {"client": client.bytes, "server": server.bytes},
        "retransmissions": client.retransmissions + server.retransmissions,
        "out_of_order": client.out_of_order + server.out_of_order,
        "duplicate_acks": client.duplicate_acks + server.duplicate_acks,
        "zero_windows": client.zero_windows + server.zero_windows,
        "keep_alives": client.keep_alives + server.keep_alives,
        "states": {"client": client.state, "server": server.state},
        "interface": connection.interface,
        "first_packet": connection.first_packet,
        "last_packet": connection.last_packet,
        "handshake_packets": list(connection.handshake_packets),
        "close_packets": list(connection.close_packets),
        "start": connection.start,
        "end": connection.end,
    }


def _exchange(exchange: Exchange, record: Record | None) -> dict[str, Any]:
    return {
        "index": exchange.index,
        "client": _endpoint(exchange.client, record),
        "server": _endpoint(exchange.server, record),
        "conn_state": exchange.conn_state,
        "history": exchange.history,
        "packets": {"client": exchange.client_packets, "server": exchange.server_packets},
        "bytes": {"client": exchange.client_bytes, "server": exchange.server_bytes},
        "interface": exchange.interface,
        "first_packet": exchange.first_packet,
        "last_packet": exchange.last_packet,
        "start": exchange.start,
        "end": exchange.end,
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "number": message.number,
        "time": message.time,
        "protocol": message.protocol,
        "source": message.source,
        "destination": message.destination,
        "summary": message.summary,
        "length": message.length,
        "fields": {name: _plain(value) for name, value in message.fields.items()},
    }


def _plain(value: object) -> object:
    """`value` as JSON can say it."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Iterable):
        return [_plain(each) for each in value]
    return str(value)
