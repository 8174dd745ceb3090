"""Events in the order of time, however they arrive."""

from __future__ import annotations

from typing import Any

import pytest

from lab.passing import Passed
from lab.report import Reporter
from lab.report.ordered import HELD, HELD_FOR_PACKETS, Ordered

MS = 1_000_000


class Told(Reporter):
    def __init__(self) -> None:
        self.said: list[tuple[Any, ...]] = []

    def typed(self, time: int, program: str, text: str | None) -> None:
        self.said.append((time, program, text))

    def passed(self, time: int, packet: Passed) -> None:
        self.said.append((time, packet.summary))


def test_what_comes_late_is_told_where_it_belongs() -> None:
    told = Told()
    ordered = Ordered(told)
    ordered.typed(5 * MS, "alice", "hi")
    ordered.passed(4 * MS, Passed(time=0, summary="arp"))
    ordered.typed(5 * MS, "bob", None)
    assert ordered.holds
    ordered.release()
    assert told.said == [(4 * MS, "arp"), (5 * MS, "alice", "hi"), (5 * MS, "bob", None)]
    assert not ordered.holds


@pytest.mark.parametrize("span", [HELD, HELD_FOR_PACKETS])
def test_an_event_is_held_for_its_span(span: int) -> None:
    told = Told()
    ordered = Ordered(told)
    ordered.span = span
    ordered.typed(1, "alice", "hi")
    ordered.release(span)
    assert told.said == []
    ordered.release(span + 1)
    assert len(told.said) == 1


def test_the_journal_is_told_the_same_in_the_same_order() -> None:
    written: list[tuple[Any, ...]] = []
    ordered = Ordered(Told(), lambda *said: written.append(said))
    ordered.left_out(7, 2)
    ordered.typed(3, "alice", None)
    ordered.release()
    assert written == [("typed", 3, "alice", None), ("left_out", 7, 2)]
