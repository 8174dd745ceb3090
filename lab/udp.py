"""UDP datagrams to exchanges, as Zeek groups them into connections (`proto udp` of its conn.log).

An exchange is what two endpoints send each other until they are silent for a minute (`udp_inactivity_timeout`), or for
ten seconds where it is DNS (`dns_session_timeout`). The sender of its first datagram is the client, unless only that
one has a well-known server's port. As for TCP, checksums are ignored (`zeek -C`).
"""

from __future__ import annotations

from collections.abc import Container

from lab.conversations import Endpoint, Exchange, Role
from lab.packets import address_text

SECOND = 1_000_000_000
IDLE, DNS_TIMER, DNS_IDLE = 60 * SECOND, 10 * SECOND, 9 * SECOND
DNS_PORTS = frozenset((53, 137, 5353, 5355))
SERVER_PORTS = DNS_PORTS | frozenset(
    (67, 88, 123, 161, 162, 389, 443, 514, 1812, 2123, 2152, 3389, 3544, 4011, 4754, 4789, 5060, 5072, 6081, 20000)
)
"""`likely_server_ports` of the default scripts."""
BROADCAST = b"\xff\xff\xff\xff"


class _Open:
    """An exchange that may still get datagrams; side 0 sent the first."""

    __slots__ = (
        "bytes", "client", "end", "expire", "first", "history", "index", "interface", "key", "last", "packets", "start",
    )  # fmt: skip

    def __init__(self, index: int, key: bytes, number: int, time: int, interface: int) -> None:
        self.index = index
        self.key = key
        self.first = self.last = number
        self.start = self.end = time
        self.interface = interface
        self.packets = [0, 0]
        self.bytes = [0, 0]
        source, destination = int.from_bytes(key[-4:-2], "big"), int.from_bytes(key[-2:], "big")
        flips = source in SERVER_PORTS and destination not in SERVER_PORTS and key[4:-4] != BROADCAST
        self.client = 1 if flips else 0
        self.history = "^" if flips else ""
        server = source if flips else destination
        self.expire = time + DNS_TIMER if server in DNS_PORTS else None

    def over(self, time: int) -> bool:
        """Whether a datagram at `time` comes too late for it."""
        if self.end + IDLE <= time:
            return True
        while self.expire is not None and self.expire <= time:
            if self.expire - self.end >= DNS_IDLE:
                return True
            self.expire += DNS_TIMER
        return False

    def finished(self) -> Exchange:
        """The exchange as the reader gets it."""
        client, server = self.client, 1 - self.client
        state = {(True, True): "SF", (True, False): "S0", (False, True): "SHR"}
        return Exchange(
            index=self.index,
            client=_endpoint(self.key, client),
            server=_endpoint(self.key, server),
            interface=self.interface,
            first_packet=self.first,
            last_packet=self.last,
            start=self.start,
            end=self.end,
            client_packets=self.packets[client],
            server_packets=self.packets[server],
            client_bytes=self.bytes[client],
            server_bytes=self.bytes[server],
            conn_state=state.get((self.packets[client] > 0, self.packets[server] > 0), "OTH"),
            history=self.history,
        )


class Exchanges:
    """Takes datagrams in the order of the capture; without I/O, and with no clock but theirs."""

    def __init__(self) -> None:
        self._open: dict[bytes, tuple[_Open, int]] = {}
        self._done: list[_Open] = []
        self.count = 0
        """How many there have been."""
        self.latest = 0
        """The number of the exchange that the last datagram is of."""
        self.sender: Role = "client"
        """Who sent that datagram."""

    def datagram(self, key: bytes, number: int, time: int, interface: int, length: int) -> int:
        """Take in a datagram; `key` is addresses and ports as in `lab.packets.Sink.segment`, `length` its payload.

        What comes back is the number of its exchange.
        """
        exchange, side = self._open.get(key, (None, 0))
        if exchange is None or exchange.over(time):
            if exchange is not None:
                self._done.append(exchange)
            self.count += 1
            exchange, side = _Open(self.count, key, number, time, interface), 0
            size = (len(key) - 4) // 2
            self._open[key[size : 2 * size] + key[:size] + key[-2:] + key[-4:-2]] = exchange, 1
            self._open[key] = exchange, 0
        if exchange.packets[side] == 0:
            exchange.history += "D" if side == exchange.client else "d"
        exchange.packets[side] += 1
        exchange.bytes[side] += length
        exchange.last, exchange.end = number, time
        self.latest, self.sender = exchange.index, "client" if side == exchange.client else "server"
        return exchange.index

    def finish(self, wanted: Container[int] | None = None) -> list[Exchange]:
        """All exchanges, or those of the `wanted` numbers, in the order of their first datagrams.

        The capture is over.
        """
        everything = self._done + list({id(each): each for each, _ in self._open.values()}.values())
        asked = everything if wanted is None else [each for each in everything if each.index in wanted]
        return [each.finished() for each in sorted(asked, key=lambda each: each.index)]


def _endpoint(key: bytes, side: int) -> Endpoint:
    size = (len(key) - 4) // 2
    port = int.from_bytes(key[-4:-2] if side == 0 else key[-2:], "big")
    return Endpoint(address_text(key[side * size : (side + 1) * size]), port)
