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
    assert set(talked.said("left")) == set(talked.said("right")) == SENT
    assert talked.verdicts == {"both": "passed"}
    assert all(talked.datagrams(7002).count(text.encode()) == 1 for text in SENT)
    assert not any("default" in line for line in talked.said("routes"))
    assert talked.said("routes")[-1] == "net.ipv4.ip_unprivileged_port_start = 1024"
