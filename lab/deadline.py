"""How long a step may take: time in which its programs could run, so that a busy machine changes no verdict.

What the threads of the hosts spent ready to run, waiting for a processor, is not counted against them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

MOST = 5.0  # times the seconds of a step that are granted on top of them
FIRST_LOOK = 0.2  # of the seconds of a step: what is over sooner costs no look at the hosts


class Deadline:
    """The end of `within` seconds from now, put off by what `delayed` has grown by; never beyond `over`.

    `delayed` tells the seconds that the threads of the hosts have waited for a processor so far. `over`
    is of `time.monotonic`.
    """

    def __init__(self, within: float, delayed: Callable[[], float], over: float = math.inf) -> None:
        self._within = within
        self._over = over
        self._delayed = delayed
        self._began = time.monotonic()
        self._look = self._began + within * FIRST_LOOK
        self._before: float | None = None

    @property
    def remaining(self) -> float:
        """Seconds until it is to be asked again; 0 when it has passed."""
        now = time.monotonic()
        if now >= self._over:
            return 0.0
        if now >= self._look:
            self._take_a_look()
        return max(0.0, min(self._look, self._over) - now)

    def _take_a_look(self) -> None:
        """Put it off by what the hosts were delayed since the first look."""
        delayed = self._delayed()
        if self._before is None:
            self._before = delayed
        granted = min(max(delayed - self._before, 0.0), MOST * self._within)
        self._look = self._began + self._within + granted
