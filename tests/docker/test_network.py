"""The network of a run: names, both IP versions, broadcast, multicast, several networks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from driving import Frame, Ran

SENT = {"limited broadcast", "subnet broadcast", "multicast", "multicast of the link", "multicast of the site"}


@pytest.fixture
def talked(run: Callable[..., Ran]) -> Ran:
    return run("network")


def test_one_network(talked: Ran) -> None:
    assert talked.steps == ["done"] * len(talked.steps)
    assert talked.said("names") == [
        *("hub 10.77.0.10", "hub fd77::10"),
        *("left 10.77.0.11", "left fd77::11"),
        *("right 10.77.0.12", "right fd77::12"),
    ]
    assert talked.said("client4") == ["HELLO from 10.77.0.10"]
    assert talked.said("client6") == ["HELLO from fd77::10"]
    assert set(talked.said("left")) == set(talked.said("right")) == SENT | {"ready"}
    assert talked.verdicts == {"both": "passed"}
    assert all(talked.datagrams(7002).count(text.encode()) == 1 for text in SENT)
    assert not any("default" in line for line in talked.said("routes"))
    assert talked.said("routes")[-1] == "net.ipv4.ip_unprivileged_port_start = 1024"


def test_several_networks(run: Callable[..., Ran]) -> None:
    ran = run("routed")
    assert ran.steps == ["done"] * 4
    assert ran.said("client") == ["stored for client of 192.168.44.10", "ENETUNREACH"]
    assert ran.record.networks["back"].model_dump() == {"ipv4": "192.168.44.0/24", "ipv6": "fd44:1::/64"}
    assert ran.record.networks["front"].model_dump() == {"ipv4": "10.77.0.0/24", "ipv6": "fd77::/64"}
    assert ran.verdicts == {"front": "passed", "back": "passed"}
    assert {f.network for f in ran.frames} == {"front", "back"}
    assert all(_ports(f) <= {7011} for f in ran.frames if f.network == "front")
    assert all(_ports(f) <= {7012} for f in ran.frames if f.network == "back")
    assert [f.time for f in ran.frames] == sorted(f.time for f in ran.frames)


def _ports(frame: Frame) -> set[int]:
    """The one of its two ports that a server has."""
    if frame.packet is None or frame.packet[2] != 6:
        return set()
    return {int.from_bytes(frame.packet[3][at : at + 2], "big") for at in (0, 2)} & {7011, 7012}
