"""Nothing inside reaches the machine, the internet, or another run."""

from __future__ import annotations

import ipaddress
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from fcntl import ioctl
from pathlib import Path

import driving
import pytest
from driving import Ran

from lab.report import Reporter

SIOCGIFADDR = 0x8915
NO_ROUTE = ["169.254.169.254", "8.8.8.8", "2001:db8::1", "192.168.0.1"]
GATEWAYS = ["10.77.0.1", "10.77.0.254", "fd77::1"]


class Listeners:
    """A TCP and a UDP listener of the machine at all of its addresses, and what came to them."""

    def __init__(self, stack: ExitStack) -> None:
        self.tcp = stack.enter_context(socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True))
        self.udp = stack.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        self.udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.udp.bind(("", 0))

    def targets(self, addresses: list[str]) -> list[str]:
        ports = {"tcp": self.tcp.getsockname()[1], "udp": self.udp.getsockname()[1]}
        return [f"{transport} {address} {port}" for address in addresses for transport, port in ports.items()]

    @property
    def reached(self) -> bool:
        return bool(select.select([self.tcp, self.udp], [], [], 0)[0])


@pytest.fixture
def listeners() -> Iterator[Listeners]:
    with ExitStack() as stack:
        yield Listeners(stack)


def test_the_listeners_would_be_reached(listeners: Listeners) -> None:
    for address in addresses_of_this_machine():
        if "%" not in address:
            socket.create_connection((address, listeners.tcp.getsockname()[1]), timeout=1).close()
    assert listeners.reached


def test_the_machine_is_not_reached(listeners: Listeners, engine: driving.Engine, into: Path, tmp_path: Path) -> None:
    routed = [a for a in addresses_of_this_machine() if not ipaddress.ip_address(a.partition("%")[0]).is_loopback]
    local = [f"{a.partition('%')[0]}%eth0" for a in routed if "%" in a]
    routed = [a for a in routed if "%" not in a]
    folder = driving.copied("isolation", tmp_path, "isolation")
    lines = listeners.targets([*routed, *local, *GATEWAYS, *NO_ROUTE, "127.0.0.1", "::1"])
    (folder / "targets").write_text("\n".join(lines) + "\n")
    ran = driving.run(engine, folder, into)
    assert not listeners.reached
    assert ran.steps == ["done", "done"]
    outcomes = {line: told.removeprefix(line + " ") for line, told in zip(lines, ran.said("reach"), strict=True)}
    for line in listeners.targets([*routed, *NO_ROUTE]):
        assert outcomes[line] == "ENETUNREACH at once", line
    for line in listeners.targets([*local, *GATEWAYS]):
        assert outcomes[line] in ("EHOSTUNREACH late", "nothing late"), line
    for line in listeners.targets(["127.0.0.1", "::1"]):
        assert outcomes[line] == "ECONNREFUSED at once", line


def test_an_unknown_name_fails_at_once(run: Callable[..., Ran]) -> None:
    said = run("isolation").said("unknown")
    assert said[0] in ("Temporary failure in name resolution", "Name or service not known")
    assert said[1] == "within a second"


def test_runs_side_by_side_do_not_meet(engine: driving.Engine, into: Path) -> None:
    with driving.no_leaks(engine, into), ThreadPoolExecutor(3) as pool:
        meeting = Together(3)
        together = list(pool.map(lambda _: driving.run(engine, "token", into, reporter=meeting), range(3)))
    words = [ran.said("server")[0] for ran in together]
    assert len(set(words)) == 3
    for ran, word in zip(together, words, strict=True):
        assert ran.said("client") == [word] * 50
        assert ran.verdicts == {"asked": "passed", "answered": "passed"}
        assert {f.udp(7050) for f in ran.frames} <= {b"who are you?", b"end", None}
        others = [w.encode() for w in words if w != word]
        assert not any(other in f.data for f in ran.frames for other in others)


class Together(Reporter):
    """Lets no run begin its exchange before all of them are up."""

    def __init__(self, runs: int) -> None:
        self.barrier = threading.Barrier(runs, timeout=60)

    def up(self, *_: object) -> None:
        self.barrier.wait()


def addresses_of_this_machine() -> list[str]:
    """IPv4 and IPv6, those of loopback too; link-local ones with their interface."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for _, name in socket.if_nameindex():
            try:
                told = ioctl(control, SIOCGIFADDR, struct.pack("256s", name.encode()))
            except OSError:
                continue
            found.append(socket.inet_ntoa(told[20:24]))
    for line in Path("/proc/net/if_inet6").read_text(encoding="ascii").splitlines():
        packed, *_, name = line.split()
        address = ipaddress.IPv6Address(bytes.fromhex(packed))
        found.append(f"{address}%{name}" if address.is_link_local else str(address))
    return found
