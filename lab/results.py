"""Verdicts and results: what the checks say of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lab.record import LimitFacts
from lab.text import Text


class Verdict(StrEnum):
    """What a check, or a whole run, came to."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"  # something that it needs failed
    ERROR = "error"  # the lab's or the scenario's fault; never scores


@dataclass(frozen=True, slots=True)
class Finding:
    """What the function of a check kind found: did the statement hold, and by what evidence.

    `actual` is one sentence for the reader; `details` are further lines (who, at which packet).
    `packets` are frame numbers of the capture, counted from 1, in groups: a group a connection.
    """

    ok: bool
    expected: Text
    actual: Text
    details: tuple[Text, ...] = ()
    packets: tuple[tuple[int, ...], ...] = ()
    share: float = 0.0
    """Of a statement that counts and does not hold: the part of the least number that was found, below 1."""


@dataclass(frozen=True, slots=True)
class Result:
    """A check of a scenario with its verdict. `hint` is only there when it failed."""

    id: str
    kind: str
    verdict: Verdict
    expected: Text
    actual: Text
    details: tuple[Text, ...] = ()
    packets: tuple[tuple[int, ...], ...] = ()
    hint: Text | None = None
    points: float = 1
    share: float = 0.0
    """The part of the points that it gives though it failed."""
    bonus: bool = False
    """Whether its points come on top of full marks."""
    hidden: bool = False
    """Whether students are told its outcome only."""

    @property
    def earned(self) -> float:
        """The points that it gives, on the scale of `points`; an error and what was skipped give none."""
        if self.verdict is Verdict.PASSED:
            return self.points
        return self.points * self.share if self.verdict is Verdict.FAILED else 0.0


@dataclass(frozen=True, slots=True)
class Statement:
    """What was found of one thing that a verb looked at; `verdict` is None where it is only told."""

    name: Text
    found: Text
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished run as people are told of it; `result.json` and `--json` are made from it."""

    scenario: str
    run: str
    verdict: Verdict
    results: tuple[Result, ...]
    folder: Path
    capture: Path
    packets: int
    dropped: int
    seconds: Mapping[str, float]
    """Wall time of setup, exchange, checks, cleanup."""
    unread: int = 0
    """Packets that the run captured and that are not in its file (any more); `packets` are those that were read."""
    damage: Text | None = None
    """Where and how the capture file is damaged."""
    cut: tuple[str, ...] = ()
    """The programs that printed more than is kept."""
    limits: tuple[LimitFacts, ...] = ()
    """The limits that hosts ran into."""
    submission: str | None = None
    """What was run instead of the scenario's own solution."""
    exercise: bool = False
    """Whether its points count."""
    seed: int = 0
    """What the run's values and addresses were chosen by; 0: as the scenario file gives them."""
