"""What a capture holds, as tables for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypedDict, TypeVar, Unpack

from rich.text import Text as Line

from lab.conversations import Close, Connection, Conversations, Endpoint, Exchange, Handshake, Message, Side
from lab.messages import MARKER, sort
from lab.reader import FIRST_MESSAGES, One
from lab.record import Record
from lab.report.layout import Screen, table
from lab.report.wording import clock, duration, endpoint_name, in_full, plural
from lab.summaries import told
from lab.text import Language, Text, join, same, say
from lab.visible import one_line, visible

PAGE = 50  # conversations of each kind on a page
UDP = "u"  # before the number of a UDP conversation, so that every conversation has one name

_FLAGS = ((32, "R"), (16, "F"), (8, "D"), (4, "A"), (2, "S"), (1, "S"))
HANDSHAKES = {
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


def numbers(page: int) -> range:
    """Those of the conversations on a page, which counts from 1."""
    return range((page - 1) * PAGE + 1, page * PAGE + 1)


def conversation_named(conversations: Conversations, name: str) -> Connection | Exchange | None:
    """The conversation that the tables call `name`."""
    if (one := named(name)) is None:
        return None
    listed: Sequence[Connection] | Sequence[Exchange]
    listed = conversations.exchanges if one.transport == "udp" else conversations.connections
    return next((each for each in listed if each.index == one.number), None)


def named(name: str) -> One | None:
    """What the tables call `name`: `3` is a TCP connection, `u3` a UDP exchange; None where it is no such name."""
    number = name.removeprefix(UDP)
    if not (number.isascii() and number.isdigit()):
        return None
    return One("udp" if name.startswith(UDP) else "tcp", int(number))


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


class _Overview:
    """Draws the tables of one capture."""

    def __init__(self, conversations: Conversations, record: Record | None, language: Language, shown: Shown) -> None:
        self._all = conversations
        self._counts = Counter(map(sort, conversations.messages)) + Counter(conversations.left_out)
        self._record = record
        self._language = language
        self._page = max(shown.get("page", 1), 1)
        self._everything = shown.get("everything", False)
        made = None if record is None else f"make inspect NAME={visible(record.scenario)} CONVERSATION="
        self._opens = shown.get("opens", made)
        self._whole = in_full(self._opens)

    def draw(self, width: int) -> Iterator[Line]:
        yield self._line(self._head())
        if count := self._all.connection_count:
            yield Line()
            rows = [self._tcp_row(each) for each in self._paged(self._all.connections, count)]
            yield from self._section(rows, self._tcp_header(), width)
            yield from self._left_out(count)
        if count := self._all.exchange_count:
            yield Line()
            rows = [self._udp_row(each) for each in self._paged(self._all.exchanges, count)]
            yield from self._section(rows, self._udp_header(), width)
            yield from self._left_out(count)
        yield from self._messages()
        yield from self._foot()

    def _head(self) -> Text:
        counted = [
            plural(self._all.packets, "packet", "packets", "个数据包"),
            plural(self._all.connection_count, "TCP conversation", "TCP conversations", "个 TCP 会话"),
            plural(self._all.exchange_count, "UDP conversation", "UDP conversations", "个 UDP 会话"),
        ]
        if self._counts:
            counted.append(plural(self._counts.total(), "other message", "other messages", "个其他报文"))
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
            HANDSHAKES[connection.handshake].in_(self._language),
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
        counts = (f"{visible(_told(kind).in_(self._language))} {n:,}" for kind, n in self._counts.most_common())
        counted = Line("  " + "   ".join(counts), style="bold")
        yield Line()
        if not self._everything and (self._all.connection_count or self._all.exchange_count):
            told = say("   ({all} lists them)", "   （{all} 逐个列出）", all=self._whole)
            yield counted.append(told.in_(self._language), style="not bold dim")
            return
        yield counted
        shown = messages if self._everything else messages[:FIRST_MESSAGES]
        start = messages[0].time
        rows = [[f"{m.number}", clock(m.time - start), *self._worded(m)] for m in shown]
        yield from _table(rows, frozenset({0, 1}))
        if (left := self._counts.total() - len(shown)) > 0:
            more = plural(left, "more", "more", "个未列出")
            told = say("  … {more} ({all} shows them)", "  … 另有 {more}（{all} 全部列出）", more=more, all=self._whole)
            yield self._line(told)

    def _worded(self, message: Message) -> tuple[str, str]:
        """Its protocol and its summary; what has no protocol of its own is said in words."""
        protocol = Text("other", "其他") if message.protocol == "other" else same(message.protocol)
        summary = told(message.protocol, message.summary)
        return visible(protocol.in_(self._language)), one_line(summary.in_(self._language))

    def _foot(self) -> Iterator[Line]:
        if self._all.damage is not None:
            yield Line()
            text = say("the file is damaged: {where}", "文件已损坏：{where}", where=self._all.damage)
            yield Line(one_line(text.in_(self._language)), style="bold yellow")
        if self._opens is not None and (self._all.connection_count or self._all.exchange_count):
            name = "1" if self._all.connection_count else f"{UDP}1"
            yield Line()
            yield (
                Line("  ")
                .append(say("open one", "打开会话").in_(self._language), style="dim")
                .append(f"   {visible(self._opens)}{name}")
            )

    def _paged(self, listed: Sequence[_Conversation], count: int) -> Sequence[_Conversation]:
        """What the page shows of the `count` there are; what fits on one page stands on each."""
        if self._everything or count <= PAGE:
            return listed
        return [each for each in listed if each.index in numbers(self._page)]

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


def _told(kind: str) -> Text:
    """How a sort of messages is called: by its protocol, or as markers of the lab."""
    return say("lab markers", "实验室标记") if kind == MARKER else same(kind)
