"""What the tap tells of captures that grow, without a thread that looks: each look is asked for."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HEADER = b"h" * 24


def record(data: bytes) -> bytes:
    return struct.pack("=IIII", 1, 2, len(data), len(data)) + data


class Following:
    """A follower of two captures, and what it told."""

    def __init__(self, module: ModuleType, folder: Path) -> None:
        self.module = module
        self.files = {name: folder / f"{name}.pcap" for name in ("lan", "wan")}
        for file in self.files.values():
            file.write_bytes(HEADER)
        self.told: list[dict[str, Any]] = []
        self.follower = module.Follower(self.files, self.told.append)

    def comes(self, network: str, data: bytes) -> None:
        with self.files[network].open("ab") as file:
            file.write(data)

    def look(self, *, last: bool = False) -> list[tuple[dict[str, bytes], int]]:
        """What a look tells: the records by network, and how many were left out before."""
        self.told.clear()
        self.follower.look(last=last)
        return [
            ({n: base64.b64decode(data) for n, data in each["networks"].items()}, each["left_out"])
            for each in self.told
        ]


@pytest.fixture
def following(
    load: Callable[[str, str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Following]:
    module = load("tap", "follower")
    monkeypatch.setattr(module.time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(module.Follower, "run", lambda follower: None)
    made = Following(module, tmp_path)
    yield made
    for file in made.follower.files.values():
        file.close()


def test_what_is_there_and_what_comes_is_told_once(following: Following) -> None:
    following.comes("lan", record(b"one"))
    assert following.look() == [({"lan": record(b"one")}, 0)]
    assert following.look() == []
    following.comes("lan", record(b"two") + record(b"three"))
    following.comes("wan", record(b"far"))
    assert following.look() == [({"lan": record(b"two") + record(b"three"), "wan": record(b"far")}, 0)]
    assert following.told[0]["event"] == "frames"


@pytest.mark.parametrize("cut", [1, 15, 16, 18])
def test_a_record_is_told_when_it_is_whole(following: Following, cut: int) -> None:
    following.comes("lan", record(b"one")[:cut])
    assert following.look() == []
    following.comes("lan", record(b"one")[cut:])
    assert following.look() == [({"lan": record(b"one")}, 0)]


def test_what_is_too_much_in_a_second_is_counted_and_told_with_what_comes_next(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(following.module.time, "monotonic", lambda: now)
    monkeypatch.setattr(following.module, "BYTES", 2 * len(record(b"x" * 100)))
    following.comes("lan", record(b"x" * 100) * 5)
    assert following.look() == [({"lan": record(b"x" * 100) * 2}, 0)]
    following.comes("lan", record(b"y"))
    assert following.look() == []
    now += 1
    following.comes("lan", record(b"z" * 100))
    assert following.look() == [({"lan": record(b"z" * 100)}, 4)]
    following.comes("lan", record(b"x" * 100) * 4)
    assert following.look(last=True) == [({"lan": record(b"x" * 100)}, 3)]
    assert following.look(last=True) == []


def test_so_are_many_small_ones(following: Following, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following.module.time, "monotonic", lambda: 1000.0)
    following.comes("lan", record(b"x") * (following.module.PACKETS + 7))
    assert following.look(last=True) == [({"lan": record(b"x") * following.module.PACKETS}, 7)]
