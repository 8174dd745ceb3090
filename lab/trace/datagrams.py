"""Which datagram a call sent or received: by the addresses of its socket, then by order and length.

And which ICMP message let a call fail: by the addresses and ports of the datagram that it quotes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from lab.conversations import Conversations, Datagram, Endpoint, Exchange, Message, Role
from lab.messages import port_unreachable, quoted
from lab.trace.call import RECEIVE, SocketCall
from lab.trace.whose import Places, order

Placed = tuple[Exchange | None, Role | None, tuple[int, ...], tuple[int, ...]]


class Datagrams:
    """The datagrams of a capture, each given to one call that sent it and to one call of each host that received it."""

    def __init__(self, conversations: Conversations, places: Places) -> None:
        self._places = places
        self._exchanges: dict[frozenset[Endpoint], list[Exchange]] = defaultdict(list)
        for exchange in conversations.exchanges:
            self._exchanges[frozenset((exchange.client, exchange.server))].append(exchange)
        self._unsent: dict[int, list[Datagram]] = defaultdict(list)
        """Source port -> the datagrams that no call has sent yet."""
        self._arrived: dict[int, list[Datagram]] = defaultdict(list)
        """Destination port -> the datagrams to it."""
        for datagram in conversations.datagrams:
            self._unsent[datagram.source.port].append(datagram)
            self._arrived[datagram.destination.port].append(datagram)
        self._unread: dict[tuple[str, int], list[Datagram]] = {}
        """Program and port -> the datagrams that it has not received yet: a broadcast comes to several programs."""
        self._refusals: dict[tuple[Endpoint, Endpoint], list[Message]] = defaultdict(list)
        """Source and destination of a datagram -> the port unreachables about it that no call has failed of yet."""
        for message in conversations.messages:
            if port_unreachable(message) and (ends := quoted(message, "udp")) is not None:
                self._refusals[ends].append(message)

    def of_all(self, calls: Sequence[SocketCall]) -> dict[int, Placed]:
        """Number of a call -> exchange, role, what it caused, what it was woken by."""
        found: dict[int, Placed] = {}
        for call in sorted(calls, key=order):
            if call.transport != "udp" or call.local is None:
                continue
            if call.error == "ECONNREFUSED":
                if refusals := self._refused(call):
                    found[call.number] = (*self._quoting(refusals[0]), (), tuple(each.number for each in refusals))
            elif call.bytes is None:
                continue
            elif call.name in RECEIVE:
                datagram = self._next_received(call)
                if datagram is not None:
                    found[call.number] = (*self._exchange(datagram, datagram.destination), (), (datagram.number,))
            else:
                datagram = self._next_sent(call)
                if datagram is not None:
                    found[call.number] = (*self._exchange(datagram, datagram.source), (datagram.number,), ())
        return found

    def _next_sent(self, call: SocketCall) -> Datagram | None:
        assert call.local is not None
        own, unsent = self._places.addresses(call), self._unsent[call.local.port]
        for place, each in enumerate(unsent):
            if each.length == call.bytes and each.source.address in own and call.remote in {None, each.destination}:
                return unsent.pop(place)
        return None

    def _next_received(self, call: SocketCall) -> Datagram | None:
        """The next that came to the socket's port; to whatever address, where the socket has none of its own."""
        assert call.local is not None
        own, port = self._places.addresses(call), call.local.port
        unread = self._unread.setdefault((call.program, port), list(self._arrived[port]))
        for place, each in enumerate(unread):
            to = each.destination.address
            if (to in own or self._places.of_many(to)) and call.remote in {None, each.source} and _holds(each, call):
                return each if "MSG_PEEK" in call.arguments else unread.pop(place)
        return None

    def _refused(self, call: SocketCall) -> list[Message]:
        """What said that nobody is there since the last call that failed of it: a socket keeps one error (udp(7))."""
        if call.local is None or call.remote is None or call.ended is None:
            return []
        for address in self._places.addresses(call):
            waiting = self._refusals[Endpoint(address, call.local.port), call.remote]
            came = [each for each in waiting if each.time <= call.ended]
            if came:
                del waiting[: len(came)]
                return came
        return []

    def _quoting(self, message: Message) -> tuple[Exchange | None, Role | None]:
        """The exchange that a datagram is of which `message` quotes, and who sent it."""
        ends = quoted(message, "udp")
        assert ends is not None
        for exchange in reversed(self._exchanges[frozenset(ends)]):
            if exchange.first_packet <= message.number:
                return exchange, "client" if ends[0] == exchange.client else "server"
        return None, None

    def _exchange(self, datagram: Datagram, own: Endpoint) -> tuple[Exchange | None, Role | None]:
        ends = frozenset((datagram.source, datagram.destination))
        for exchange in self._exchanges[ends]:
            if (
                exchange.interface == datagram.interface
                and exchange.first_packet <= datagram.number <= exchange.last_packet
            ):
                return exchange, "client" if own == exchange.client else "server"
        return None, None


def _holds(datagram: Datagram, call: SocketCall) -> bool:
    """Whether the call may have received it: all of it, or as much as it asked for."""
    asked = call.arguments.partition(",")[0]
    cut = asked.isdigit() and call.bytes == int(asked) < datagram.length
    return datagram.length == call.bytes or cut
