"""A kind of check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.checks.facts import RunFacts
from lab.checks.parameters import Params
from lab.results import Finding


@dataclass(frozen=True, slots=True)
class Kind:
    """The model of a kind's parameters, and the pure function that looks for what they state."""

    params: type[Params]
    find: Callable[[RunFacts, Any], Finding]
    """Raises `LabError` where it cannot be told: never for what the programs under test did."""
    reads_packets: bool = True
    """Whether it needs a capture that is whole."""
