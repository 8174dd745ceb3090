"""Whose conversation a call is about: by the addresses of its socket, and where ports are used again, by their order.

Ports are used again within a run: the n-th connect() or accept() on the same two addresses and ports began the n-th
connection between them. An accept() counts when it was over; it may have begun long before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lab.conversations import Connection, Endpoint, Role
from lab.record import Record
from lab.trace.call import SocketCall

WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - what a socket without an address of its own shows
NEVER_LEFT = frozenset(
    {"EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL", "EINVAL", "EISCONN", "EALREADY", "EAFNOSUPPORT"}
)
Ends = tuple[Endpoint, Endpoint]


@dataclass(frozen=True, slots=True)
class Place:
    """An end of a connection."""

    connection: Connection
    role: Role


def order(call: SocketCall) -> tuple[int, int]:
    """Where a call stands among those of its socket."""
    done = call.ended if call.name == "accept" and call.ended is not None else call.started
    return done, call.number


class Places:
    """The ends of the connections of a run, and how often a socket was opened on each pair of addresses."""

    def __init__(self, record: Record, connections: Iterable[Connection]) -> None:
        self._record = record
        self._by_ends: dict[tuple[Ends, Role], list[Connection]] = defaultdict(list)
        for connection in connections:
            ends = connection.client.endpoint, connection.server.endpoint
            self._by_ends[ends, "client"].append(connection)
            self._by_ends[ends[::-1], "server"].append(connection)
        self._opened: Counter[tuple[Ends, Role]] = Counter()

    def of_all(self, calls: Sequence[SocketCall]) -> dict[int, Place]:
        """Number of a call -> its place; calls on no connection of the capture are not in it."""
        found: dict[int, Place] = {}
        unnamed = []
        for call in sorted(calls, key=order):
            if call.transport != "tcp":
                continue
            if call.name == "connect" and (call.local is None or call.remote is None):
                unnamed.append(call)
            elif (place := self._of(call)) is not None:
                found[call.number] = place
        taken = {(place.connection.index, place.role) for place in found.values()}
        for call in unnamed:
            if call.error not in NEVER_LEFT and (place := self._first(call, taken)) is not None:
                taken.add((place.connection.index, place.role))
                found[call.number] = place
        return found

    def addresses(self, call: SocketCall) -> frozenset[str]:
        """The addresses that the end of a call may have on the wire."""
        if call.local is not None and call.local.address not in WILDCARDS:
            return frozenset({call.local.address})
        return self._record.addresses(self._record.programs[call.program].host)

    def of_many(self, address: str) -> bool:
        """Whether an address is no single host's: of a group, or of all."""
        return self._record.host_of(address) is None

    def _of(self, call: SocketCall) -> Place | None:
        """The place of a call whose socket has both addresses."""
        if call.local is None or call.remote is None:
            return None
        roles: tuple[Role, Role] = ("client", "server")
        for role in roles:
            key = (call.local, call.remote), role
            there = self._by_ends.get(key)
            if there:
                if call.name == {"client": "connect", "server": "accept"}[role] and call.error not in NEVER_LEFT:
                    self._opened[key] += 1
                return Place(there[min(max(self._opened[key], 1), len(there)) - 1], role)
        return None

    def _first(self, call: SocketCall, taken: set[tuple[int, Role]]) -> Place | None:
        """The first connection that a failed connect() may have begun, and that nobody else has."""
        own = self.addresses(call)
        for (ends, role), connections in self._by_ends.items():
            local, remote = ends
            fits = role == "client" and local.address in own and call.remote in {None, remote}
            if fits and (call.local is None or not call.local.port or call.local.port == local.port):
                for connection in connections:
                    if (connection.index, role) not in taken:
                        return Place(connection, role)
        return None
