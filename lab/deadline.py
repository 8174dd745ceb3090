"""How long a step may take: time in which its programs could run, so that a busy machine changes no verdict.

What the threads of the hosts spent ready to run, waiting for a processor, is not counted against them.
"""

from __future__ import annotations

import time
from collections.abc import Callable

MOST = 5.0  # times the seconds of a step that are granted on top of them
FIRST_LOOK = 0.2  # of the seconds of a step: what is over sooner costs no look at the hosts


class Deadline:
    """The end of `within` seconds from now, put off by what `delayed` has grown by, up to `MOST` times as long.

    `delayed` tells the seconds that the threads of the hosts have waited for a processor so far.
    """

    def __init__(self, within: float, delayed: Callable[[], float]) -> None:
        self.passed = False
        """Whether somebody who asked was told that nothing remains."""
        self._within = within
        self._granted = 0.0
        self._delayed = delayed
        self._began = time.monotonic()
        self._look = self._began + within * FIRST_LOOK
        self._before: float | None = None

    @property
    def remaining(self) -> float:
        """Seconds until it is to be asked again; 0 when it has passed."""
        now = time.monotonic()
        if now >= self._look:
            self._take_a_look()
        self.passed = now >= self._look
        return max(0.0, self._look - now)

    @property
    def spent(self) -> float:
        """Seconds of `within` that are gone, those apart that were granted on top of them."""
        if self._before is not None and not self.passed:
            self._take_a_look()
        return min(max(time.monotonic() - self._began - self._granted, 0.0), self._within)

    def _take_a_look(self) -> None:
        """Put it off by what the hosts were delayed since the first look."""
        delayed = self._delayed()
        if self._before is None:
            self._before = delayed
        self._granted = min(max(delayed - self._before, 0.0), MOST * self._within)
        self._look = self._began + self._within + self._granted
