from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Self

import pytest


@pytest.fixture
def netlink(load: Callable[[str, str], ModuleType]) -> ModuleType:
    return load("host", "netlink")


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def message(kind: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body + bytes(-len(body) % 4)


class Kernel:
    """What answers a question: datagrams of messages."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send(self, data: bytes) -> None:
        assert struct.unpack_from("=I", data)[0] == len(data)

    def recv(self, _: int) -> bytes:
        return self.answers.pop(0)


DONE = message(3, bytes(4))


def answers(netlink: ModuleType, monkeypatch: pytest.MonkeyPatch, *datagrams: bytes) -> None:
    monkeypatch.setattr(netlink.socket, "socket", lambda *_: Kernel(*datagrams))
    monkeypatch.setattr(netlink.socket, "if_indextoname", lambda index: f"eth{index - 2}")


def test_neighbours_are_named_by_their_states_and_groups_are_none(
    netlink: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def entry(state: int, address: str, mac: str | None, interface: int = 2) -> bytes:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        told = attribute(1, socket.inet_pton(family, address))
        told += b"" if mac is None else attribute(2, bytes.fromhex(mac.replace(":", "")))
        return message(28, struct.pack("=BxxxiHBB", family, interface, state, 0, 1) + told)

    first = entry(0x02, "10.77.0.10", "02:00:00:00:00:0a") + entry(0x40, "224.0.0.22", "01:00:5e:00:00:16")
    second = entry(0x20, "10.77.0.99", None) + entry(0x04, "fd77::10", "02:00:00:00:00:0a", 3)
    answers(netlink, monkeypatch, first, second + DONE)
    assert [tuple(entry.values()) for entry in netlink.neighbours()] == [
        ("10.77.0.10", "02:00:00:00:00:0a", "eth0", "REACHABLE"),
        ("10.77.0.99", None, "eth0", "FAILED"),
        ("fd77::10", "02:00:00:00:00:0a", "eth1", "STALE"),
    ]


def test_routes_of_the_main_table_alone(netlink: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def entry(length: int, *attributes: bytes, table: int = 254, kind: int = 1, flags: int = 0) -> bytes:
        return message(24, struct.pack("=BBBBBBBBI", 2, length, 0, 0, table, 2, 0, kind, flags) + b"".join(attributes))

    to, via = attribute(1, bytes((10, 77, 0, 0))), attribute(5, bytes((10, 77, 0, 1)))
    device, own = attribute(4, struct.pack("=I", 2)), attribute(7, bytes((10, 77, 0, 10)))
    told = entry(24, to, own, device) + entry(0, via, device, attribute(6, struct.pack("=I", 100)))
    told += entry(32, to, device, table=255) + entry(32, to, device, kind=3) + entry(32, to, device, flags=0x200)
    answers(netlink, monkeypatch, told + DONE)
    assert [tuple(route.values()) for route in netlink.routes()] == [
        ("10.77.0.0/24", None, "eth0", "10.77.0.10", 0),
        ("0.0.0.0/0", "10.77.0.1", "eth0", None, 100),
    ]


def test_what_the_kernel_refuses_is_an_error(netlink: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(netlink, monkeypatch, message(2, struct.pack("=i", -95)))
    with pytest.raises(OSError, match="not supported") as caught:
        netlink.routes()
    assert caught.value.errno == 95


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        yield made


def test_a_listener_of_this_kernel_and_its_backlog(netlink: ModuleType, listener: socket.socket) -> None:
    listener.listen(7)
    inode = netlink.os.fstat(listener.fileno()).st_ino
    (found,) = [told for told in netlink.sockets(socket.IPPROTO_TCP, 1 << 10) if told[-1] == inode]
    family, state, timer, _, local, remote, source, _, _, waiting, most, _, _ = found
    assert (family, state, timer, source[:4]) == (socket.AF_INET, 10, 0, bytes((127, 0, 0, 1)))
    assert (int.from_bytes(local), remote, waiting, most) == (listener.getsockname()[1], bytes(2), 0, 7)
    assert not [told for told in netlink.sockets(socket.IPPROTO_TCP, 1 << 1) if told[-1] == inode]


def test_a_kernel_without_inet_diag(netlink: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(netlink, monkeypatch, message(2, struct.pack("=i", -2)))
    with pytest.raises(OSError, match="the kernel tells of no sockets; tcp_diag and udp_diag may not be loaded"):
        list(netlink.sockets(socket.IPPROTO_TCP, 1 << 10))
