"""Faults as scenarios ask for them; what is at fault in a file is in the golden files of the loader."""

from __future__ import annotations

from typing import Any

import pytest

from lab import wirefaults
from lab.report.wording import FATES
from lab.wirefaults import Fault, Packets

ADDRESSES = {"alice": frozenset({"10.0.0.1", "fd::1"})}


def test_every_kind_has_its_word_and_what_becomes_of_packets() -> None:
    assert wirefaults.KINDS.keys() == FATES.keys() < Fault.model_fields.keys()


def test_kind_and_choice_of_a_fault() -> None:
    fault = Fault.model_validate({"name": "a", "into": "h", "swap": {"count": 3}})
    assert (fault.kind, fault.chosen.count, fault.chosen.skip) == ("swap", 3, 0)


@pytest.mark.parametrize(
    ("packets", "told"),
    [
        ({}, {}),
        (
            {"from": {"host": "alice", "port": 9}, "flags": "SYN"},
            {"source": {"addresses": ["10.0.0.1", "fd::1"], "port": 9}, "flags": ["SYN"]},
        ),
        ({"to": {"address": "224.0.0.1"}}, {"target": {"addresses": ["224.0.0.1"], "port": None}}),
        ({"to": {"port": 9}, "payload": False}, {"target": {"addresses": None, "port": 9}, "payload": False}),
        ({"window": 0, "protocol": "tcp"}, {"window": 0, "protocol": "tcp"}),
    ],
)
def test_what_the_tap_is_told(packets: dict[str, Any], told: dict[str, Any]) -> None:
    nothing = dict.fromkeys(["source", "target", "protocol", "flags", "payload", "window"])
    assert wirefaults.for_tap(Packets.model_validate(packets), ADDRESSES) == nothing | told
