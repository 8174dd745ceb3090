"""What several hosts tell arrives a few milliseconds out of order; people read it in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from lab.passing import Passed
from lab.record import LimitFacts, OutputLine, StepFacts
from lab.report import Reporter
from lab.steps import SocketPort

HELD = 20_000_000  # nanoseconds that an event waits for an earlier one to arrive
HELD_FOR_PACKETS = 80_000_000  # where packets are among them: the tap looks for them every 20 ms


class Ordered(Reporter):
    """Holds timed events back for a while, and passes them on to another reporter in the order of their times.

    `journal` is told the same: the name of the method, and its arguments.
    """

    def __init__(self, reporter: Reporter, journal: Callable[..., None] | None = None) -> None:
        self.span = HELD
        """Nanoseconds that an event is held back."""
        self._reporter = reporter
        self._journal = journal
        self._held: list[tuple[int, int, str, tuple[Any, ...]]] = []
        self._count = 0

    @property
    def holds(self) -> bool:
        """Whether something waits to be passed on."""
        return bool(self._held)

    def release(self, now: int | None = None) -> None:
        """Pass on what was held long enough at `now` (nanoseconds since the exchange began); everything if None."""
        while self._held and (now is None or self._held[0][0] <= now - self.span):
            time, _, name, arguments = heapq.heappop(self._held)
            getattr(self._reporter, name)(time, *arguments)
            if self._journal is not None:
                self._journal(name, time, *arguments)

    def ready(self, time: int, program: str, listening: SocketPort) -> None:
        self._hold(time, "ready", program, listening)

    def connected(self, time: int, program: str, local_port: int, remote: str, remote_port: int) -> None:
        self._hold(time, "connected", program, local_port, remote, remote_port)

    def receiving(self, time: int, program: str, port: SocketPort) -> None:
        self._hold(time, "receiving", program, port)

    def said(self, time: int, program: str, line: OutputLine) -> None:
        self._hold(time, "said", program, line)

    def limit(self, time: int, facts: LimitFacts) -> None:
        self._hold(time, "limit", facts)

    def typed(self, time: int, program: str, text: str | None) -> None:
        self._hold(time, "typed", program, text)

    def ended(self, time: int, program: str, exit_status: int | None, signal: str | None) -> None:
        self._hold(time, "ended", program, exit_status, signal)

    def step_failed(self, time: int, step: StepFacts, last_lines: tuple[str, ...]) -> None:
        self._hold(time, "step_failed", step, last_lines)

    def skipped(self, time: int, first: int, last: int) -> None:
        self._hold(time, "skipped", first, last)

    def passed(self, time: int, packet: Passed) -> None:
        self._hold(time, "passed", packet)

    def left_out(self, time: int, packets: int) -> None:
        self._hold(time, "left_out", packets)

    def _hold(self, time: int, name: str, *arguments: object) -> None:
        self._count += 1
        heapq.heappush(self._held, (time, self._count, name, arguments))
