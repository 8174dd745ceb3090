"""Who is bounded by what, and who is cut off, by the counters of the ports."""

from __future__ import annotations

import builtins
import io
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest

MIB = 1 << 20
Put = tuple[list[str], int, int]


class Caps:
    """What the kernel was told to let through."""

    def __init__(self) -> None:
        self.held: list[Put] = []

    def put(self, ports: list[str], size: int, packets: int) -> None:
        self.held.append((ports, size, packets))


@pytest.fixture
def traffic(load: Callable[[str, str], ModuleType]) -> ModuleType:
    return load("tap", "traffic")


def meter(traffic: ModuleType, told: list[str]) -> SimpleNamespace:
    """Of two hosts, `a` with two ports and `b` with one; nobody looks by itself."""
    made = traffic.Meter(Caps(), told.append)
    made.thread = SimpleNamespace(is_alive=lambda: True)
    made.add("a", ["p1.0", "p1.1"], 4)
    made.add("b", ["p2.0"], 4)
    return made  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("counted", "cut"),
    [
        ({"p1.0": (3 * MIB, 10), "p1.1": (1 * MIB, 10), "p2.0": (4 * MIB, 4000)}, []),
        ({"p1.0": (3 * MIB, 10), "p1.1": (1 * MIB + 1, 10)}, ["a"]),  # the sum of both its ports
        ({"p2.0": (100, 4001)}, ["b"]),  # many small packets
        ({"p1.0": (9 * MIB, 1), "p2.0": (9 * MIB, 1)}, ["a", "b"]),
    ],
)
def test_who_sends_too_much_is_cut_off_once(
    traffic: ModuleType, monkeypatch: pytest.MonkeyPatch, counted: dict[str, tuple[int, int]], cut: list[str]
) -> None:
    down: list[str] = []
    monkeypatch.setattr(traffic, "take_down", down.append)
    monkeypatch.setattr(traffic, "read", lambda: counted)
    told: list[str] = []
    watching = meter(traffic, told)
    watching.look()
    watching.look()
    assert told == cut
    assert down == [port for host in cut for port in {"a": ["p1.0", "p1.1"], "b": ["p2.0"]}[host]]


def test_what_is_told_of_is_what_the_kernel_lets_through(traffic: ModuleType) -> None:
    assert meter(traffic, []).caps.held == [(["p1.0", "p1.1"], 4 * MIB, 4000), (["p2.0"], 4 * MIB, 4000)]


def test_the_counters_of_this_machine_are_read(traffic: ModuleType) -> None:
    assert len(traffic.read()["lo"]) == 2


def test_the_headers_of_frames_are_not_counted(traffic: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    table = "Inter-| Receive\n face |bytes packets\n  p1.0: 1142 10 0 0 0 0 0 0 500 5 0 0 0 0 0 0\n"
    monkeypatch.setattr(builtins, "open", lambda *_, **__: io.StringIO(table))
    assert traffic.read() == {"p1.0": (1002, 10)}


def test_a_port_that_is_gone_is_no_failure(traffic: ModuleType) -> None:
    traffic.take_down("p0.none")
