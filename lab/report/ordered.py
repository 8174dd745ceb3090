"""What several hosts tell arrives a few milliseconds out of order; people read it in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from lab.record import OutputLine, StepFacts
from lab.report import Reporter
from lab.scenario import SocketPort

HELD = 20_000_000  # nanoseconds that an event waits for an earlier one to arrive


class Ordered(Reporter):
    """Holds timed events back for `HELD`, and passes them on to another reporter in the order of their times."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._held: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._count = 0

    @property
    def holds(self) -> bool:
        """Whether something waits to be passed on."""
        return bool(self._held)

    def release(self, now: int | None = None) -> None:
        """Pass on what was held long enough at `now` (nanoseconds since the exchange began); everything if None."""
        while self._held and (now is None or self._held[0][0] <= now - HELD):
            time, _, tell, arguments = heapq.heappop(self._held)
            tell(time, *arguments)

    def ready(self, time: int, program: str, listening: SocketPort) -> None:
        self._hold(time, self._reporter.ready, program, listening)

    def connected(self, time: int, program: str, local_port: int, remote: str, remote_port: int) -> None:
        self._hold(time, self._reporter.connected, program, local_port, remote, remote_port)

    def receiving(self, time: int, program: str, port: SocketPort) -> None:
        self._hold(time, self._reporter.receiving, program, port)

    def said(self, time: int, program: str, line: OutputLine) -> None:
        self._hold(time, self._reporter.said, program, line)

    def cut(self, time: int, program: str) -> None:
        self._hold(time, self._reporter.cut, program)

    def typed(self, time: int, program: str, text: str | None) -> None:
        self._hold(time, self._reporter.typed, program, text)

    def ended(self, time: int, program: str, exit_status: int | None, signal: str | None) -> None:
        self._hold(time, self._reporter.ended, program, exit_status, signal)

    def step_failed(self, time: int, step: StepFacts, last_lines: tuple[str, ...]) -> None:
        self._hold(time, self._reporter.step_failed, step, last_lines)

    def skipped(self, time: int, first: int, last: int) -> None:
        self._hold(time, self._reporter.skipped, first, last)

    def _hold(self, time: int, tell: Callable[..., None], *arguments: object) -> None:
        self._count += 1
        heapq.heappush(self._held, (time, self._count, tell, arguments))
