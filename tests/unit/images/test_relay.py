"""The relay between two interfaces, which are pairs of datagram sockets here."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
import wire

PATIENCE = 20  # seconds, of which a relay that works takes none


def pair(module: ModuleType) -> tuple[socket.socket, socket.socket]:
    """Two ends of a cable: loopback datagrams keep frames whole and bear the time of the kernel."""
    near, far = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for end in (near, far):
        end.bind(("127.0.0.1", 0))
    near.settimeout(PATIENCE)
    near.connect(far.getsockname())
    far.connect(near.getsockname())
    far.setsockopt(socket.SOL_SOCKET, module.SO_TIMESTAMPNS, 1)
    return near, far


class Host:
    """A wire to a host: `switch` and `host` are its ends."""

    def __init__(self, relay: Any, module: ModuleType, name: str) -> None:
        self.switch, self.outer = pair(module)
        self.host, self.inner = pair(module)
        relay.connect(name, self.outer, self.inner)

    def close(self) -> None:
        for end in (self.switch, self.outer, self.host, self.inner):
            end.close()


@pytest.fixture
def module(load: Callable[[str, str], ModuleType]) -> ModuleType:
    return load("tap", "relay")


@pytest.fixture
def relay(module: ModuleType) -> Any:
    return module.Relay()


@pytest.fixture
def plugged(relay: Any, module: ModuleType) -> Iterator[Callable[[str], Host]]:
    hosts: list[Host] = []

    def plug(name: str) -> Host:
        hosts.append(Host(relay, module, name))
        return hosts[-1]

    yield plug
    with relay.lock:
        for host in hosts:
            relay.selector.unregister(host.outer)
            relay.selector.unregister(host.inner)
            host.close()


def datagram(name: bytes) -> bytes:
    return wire.ethernet(wire.ipv4(wire.udp(4000, 53, name), 17))


def fault(relay: Any, into: str, what: str, **told: Any) -> None:
    known = {"skip": 0, "count": None, "seconds": 0.0, "rate": 0, "share": 0.0, "seed": 1}
    relay.put(into, **{"name": what, "what": what, "choice": {"protocol": "udp"}} | known | told)


def test_frames_pass_both_ways(plugged: Callable[[str], Host]) -> None:
    host = plugged("alice")
    host.switch.send(b"in")
    host.host.send(b"out")
    assert (host.host.recv(100), host.switch.recv(100)) == (b"in", b"out")


def test_a_fault_is_on_all_wires_into_its_host_and_on_the_way_in_only(
    relay: Any, plugged: Callable[[str], Host]
) -> None:
    one, two, other = plugged("alice"), plugged("alice"), plugged("bob")
    fault(relay, "alice", "drop")
    for host in (one, two, other):
        host.switch.send(datagram(b"lost"))
        host.switch.send(b"no datagram")
        host.host.send(datagram(b"out"))
        assert host.switch.recv(100) == datagram(b"out")
    assert (one.host.recv(100), two.host.recv(100)) == (b"no datagram",) * 2
    assert other.host.recv(100) == datagram(b"lost")
    told = relay.acted()["drop"]
    assert (told["met"], told["acted"]) == (2, 2)
    assert all(when > 1_600_000_000 * 10**9 for when, _ in told["packets"])


def test_a_fault_that_is_lifted_lets_go(relay: Any, plugged: Callable[[str], Host]) -> None:
    host = plugged("alice")
    fault(relay, "alice", "swap")
    host.switch.send(datagram(b"held"))
    host.switch.send(b"no datagram")
    assert host.host.recv(100) == b"no datagram"
    relay.lift("swap")
    assert host.host.recv(100) == datagram(b"held")


def test_what_waits_passes_by_itself(relay: Any, plugged: Callable[[str], Host]) -> None:
    host = plugged("alice")
    fault(relay, "alice", "delay", seconds=0.01)
    host.switch.send(datagram(b"late"))
    assert host.host.recv(100) == datagram(b"late")


def test_a_wire_that_is_cut_leaves_the_others(module: ModuleType, relay: Any, plugged: Callable[[str], Host]) -> None:
    cut, whole = plugged("alice"), plugged("bob")
    cut.host.close()  # what is sent there is refused, and so is the next reading
    for _ in range(3):
        cut.switch.send(b"in vain")
    whole.switch.send(b"in")
    assert whole.host.recv(100) == b"in"


def test_every_interface_has_its_turn(module: ModuleType) -> None:
    near, far = pair(module)
    taken: list[bytes] = []
    for number in range(module.ROUND + 1):
        near.send(b"%d" % number)
    module.carry(far, lambda data, when: taken.append(data))
    assert len(taken) == module.ROUND
    module.carry(far, lambda data, when: taken.append(data))
    assert taken == [b"%d" % number for number in range(module.ROUND + 1)]
    near.close()
    far.close()
