"""Packets that are waited for, in captures that grow."""

from __future__ import annotations

import queue
import struct
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import wire

UDP = {"protocol": "udp"}


class Captures:
    """Two captures as tcpdump writes them."""

    def __init__(self, module: ModuleType, folder: Path) -> None:
        self.module = module
        self.files = [folder / "lan.pcap", folder / "dmz.pcap"]
        for file in self.files:
            file.write_bytes(b"h" * 24)

    def comes(self, which: int, name: bytes, seconds: int = 1, port: int = 53) -> None:
        frame = wire.ethernet(wire.ipv4(wire.udp(4000, port, name), 17))
        self.adds(which, struct.pack("=IIII", seconds, 2, len(frame), len(frame)) + frame)

    def adds(self, which: int, data: bytes) -> None:
        with self.files[which].open("ab") as file:
            file.write(data)

    def latest(self, choice: dict[str, object]) -> bytes | None:
        found = self.module.latest(self.files, choice)
        return None if found is None else bytes(found.data[42:])


@pytest.fixture
def captures(load: Callable[[str, str], ModuleType], tmp_path: Path) -> Captures:
    return Captures(load("tap", "passed"), tmp_path)


def watched(captures: Captures, count: int) -> tuple[object, queue.SimpleQueue[int]]:
    told: queue.SimpleQueue[int] = queue.SimpleQueue()
    watch = captures.module.Watch(captures.files, UDP, count, told.put)
    watch.start()
    return watch, told


def test_what_has_passed_before_counts_on_all_networks(captures: Captures) -> None:
    captures.comes(0, b"a")
    captures.comes(1, b"b")
    assert watched(captures, 2)[1].get(timeout=20) == 2


def test_what_passes_later_ends_the_wait(captures: Captures) -> None:
    captures.comes(0, b"a")
    _, told = watched(captures, 2)
    captures.comes(1, b"b")
    assert told.get(timeout=20) == 2


def test_a_record_counts_once_it_is_whole(captures: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captures.module, "CHUNK", 100)
    for _ in range(5):
        captures.comes(0, b"a")
    whole = captures.files[0].read_bytes()
    captures.files[0].write_bytes(whole[:-1])
    chosen = captures.module.Choice(**UDP)
    with captures.module.opened(captures.files[0]) as file:
        assert len(list(captures.module.those_of(chosen, file))) == 4
        captures.adds(0, whole[-1:])
        assert len(list(captures.module.those_of(chosen, file))) == 1


def test_a_wait_that_is_given_up_tells_how_many_there_were(captures: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    captures.comes(0, b"a")
    watch = captures.module.Watch(captures.files, UDP, 2, pytest.fail)
    monkeypatch.setattr(captures.module, "time", SimpleNamespace(sleep=lambda _: watch.stop()))
    watch.run()
    assert watch.stop() == 1


def test_the_latest_of_a_choice_on_any_network(captures: Captures) -> None:
    captures.comes(1, b"second", seconds=5)
    captures.comes(0, b"first", seconds=3)
    captures.comes(0, b"other", seconds=9, port=80)
    assert captures.latest({"target": {"addresses": None, "port": 53}}) == b"second"
    assert captures.latest(UDP) == b"other"
    assert captures.latest({"protocol": "tcp"}) is None
