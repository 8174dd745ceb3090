"""What a capture holds, as a document for programs: `lab inspect --json`, written piece by piece."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import IO, Any, Self

from lab.conversations import Connection, Conversations, Datagram, Endpoint, Exchange, Message
from lab.record import Record
from lab.report.document import harmless
from lab.report.wording import host_at

SMALL = 1 << 20  # characters of datagrams, and of messages, that stay in memory


class CaptureDocument:
    """The document of a capture, an item a line; its datagrams and messages wait in temporary files.

    So it takes no more memory than the tables do. Keys: datagrams, messages (what is neither TCP nor only UDP),
    connections, exchanges (the datagrams by their endpoints), packets, interfaces, damage. Times are nanoseconds
    since the epoch.
    """

    def __init__(self, record: Record | None) -> None:
        self._record = record
        self._datagrams, self._messages = _Waiting(), _Waiting()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for waiting in (self._datagrams, self._messages):
            waiting.file.close()

    def take(self, found: Datagram | Message) -> None:
        """A datagram or message, in the order of the capture; for `lab.reader.read`."""
        if isinstance(found, Message):
            self._messages.put(_message(found))
        else:
            self._datagrams.put(_datagram(found, self._record))

    def pieces(self, conversations: Conversations) -> Iterator[str]:
        """The text of the document, now that `conversations` are known."""
        yield '{\n"datagrams": ['
        yield from self._datagrams.pieces()
        yield '],\n"messages": ['
        yield from self._messages.pieces()
        yield '],\n"connections": ['
        yield from _listed(_line(_connection(each, self._record)) for each in conversations.connections)
        yield '],\n"exchanges": ['
        yield from _listed(_line(_exchange(each, self._record)) for each in conversations.exchanges)
        damage = None if conversations.damage is None else str(conversations.damage)
        yield f'],\n"packets": {conversations.packets},\n"interfaces": {_line(conversations.interfaces)},\n'
        yield f'"damage": {_line(damage)}\n}}\n'


class _Waiting:
    """Items of an array that is written later, as lines."""

    def __init__(self) -> None:
        self.file: IO[str] = tempfile.SpooledTemporaryFile(SMALL, "w+", encoding="utf-8")  # noqa: SIM115 - outlives this

    def put(self, item: object) -> None:
        self.file.write(_line(item) + "\n")

    def pieces(self) -> Iterator[str]:
        self.file.seek(0)
        yield from _listed(line.removesuffix("\n") for line in self.file)


def _listed(lines: Iterable[str]) -> Iterator[str]:
    """The inside of an array of the `lines`."""
    separator = "\n"
    for line in lines:
        yield separator + line
        separator = ",\n"
    if separator != "\n":
        yield "\n"


def _line(item: object) -> str:
    return harmless(json.dumps(item, ensure_ascii=False))


def _datagram(datagram: Datagram, record: Record | None) -> dict[str, Any]:
    return {
        "number": datagram.number,
        "time": datagram.time,
        "source": _endpoint(datagram.source, record),
        "destination": _endpoint(datagram.destination, record),
        "length": datagram.length,
        "checksum_ok": datagram.checksum_ok,
    }


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
