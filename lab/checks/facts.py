"""What the functions of the kinds are given, and how they find and name things in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab.checks.parameters import Ends
from lab.conversations import Connection, Conversations, Endpoint, Mark, Role, Segment
from lab.ends import Place, Station
from lab.errors import InputError
from lab.record import HostState, Record
from lab.text import say


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A saved run: all that a check may look at."""

    record: Record
    conversations: Conversations
    capture: Path
    """The capture file, for what the conversations do not hold."""
    folder: Path
    """The scenario's folder, for the files that contents are compared with."""

    @property
    def over(self) -> int | None:
        """When the steps were over, as the record has it."""
        return self.record.over

    def state(self, host: str, at: str) -> HostState | None:
        """The state of `host` at the observation `at`; None where the run ended before it was made.

        Raises `InputError` where that observation leaves the host out.
        """
        observation = self.record.observations.get(at)
        if observation is None:
            return None
        if host not in observation:
            raise InputError(say("`{at}` does not observe {host}", "`{at}` 没有观察 {host}", at=at, host=host))
        return observation[host]

    def host(self, address: str) -> str:
        """The host that has `address`, or the address where none has it."""
        return self.record.host_of(address) or address

    def end(self, endpoint: Endpoint) -> str:
        """`endpoint` for people: `server:8080`, or `[fd00::9]:53` where no host has the address."""
        name = self.host(endpoint.address)
        return f"[{name}]:{endpoint.port}" if ":" in name else f"{name}:{endpoint.port}"

    def at(self, place: Place | Station | None, address: str) -> bool:
        """Whether `address` is that of `place`; None is any place."""
        if place is None:
            return True
        if place.host is not None:
            return address in self.record.addresses(place.host)
        return place.address is None or place.address == address

    def fits(self, place: Place | None, endpoint: Endpoint) -> bool:
        """Whether `endpoint` is at `place`, its port too; None is any place."""
        if place is not None and place.port is not None and place.port != endpoint.port:
            return False
        return self.at(place, endpoint.address)

    def connections(self, to: Place | None, from_: Place | None) -> list[Connection]:
        """The connections from `from_` to `to`, in the order of their first packets."""
        return [
            c
            for c in self.conversations.connections
            if self.fits(to, c.server.endpoint) and self.fits(from_, c.client.endpoint)
        ]

    def selected(self, ends: Ends) -> list[Connection]:
        """The connections that the selector `ends` means."""
        return self.connections(ends.to, ends.from_)

    def clients(self, connections: Iterable[Connection]) -> dict[int, str]:
        """A short name for each connection, by its index: its client's host, with the port where a host has several."""
        connections = list(connections)
        hosts = [self.host(c.client.endpoint.address) for c in connections]
        return {
            c.index: host if hosts.count(host) == 1 else self.end(c.client.endpoint)
            for c, host in zip(connections, hosts, strict=True)
        }


def segments(connection: Connection) -> list[Segment]:
    """The segments of `connection`; checks are given conversations that kept them."""
    assert connection.segments is not None
    return connection.segments


def data_segments(connection: Connection, role: Role) -> list[Segment]:
    """The segments with which `role` sent data, probes and keep-alives left out."""
    probes = {Mark.KEEP_ALIVE, Mark.ZERO_WINDOW_PROBE}
    return [s for s in segments(connection) if s.sender == role and s.length and not s.marks & probes]
