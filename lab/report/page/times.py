"""Time along a drawing: in proportion, but for the longest waits, which are cut short so that the rest can be seen.

A program starts in tenths of a second and is answered in microseconds; of a drawing wholly in proportion nothing but
the starts could be told apart.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise

from markupsafe import Markup

from lab.report.page.svg import element, label, line, ticks

CUT = 16.0  # the room of a wait that is cut short
CUT_SHARE = 40  # a cut at most in so much room
TICK_ROOM = 64  # between the labels of an axis
DIGIT = 7.0  # the width of one in a label


class Times:
    """Places between `left` and `right` for the times from the first of `moments` to the last, in nanoseconds.

    Nothing happens in `cuts`, which are drawn short: the waits that would take more than one `part` in so many of what
    is left without them. `moments` has one time at least.
    """

    def __init__(self, moments: Iterable[int], left: float, right: float, part: int = 2) -> None:
        known = sorted({*moments})
        self.start, self.end = known[0], known[-1]
        self.cuts = _cuts(known, int((right - left) / CUT_SHARE), part)
        marks = [self.start, *(time for cut in self.cuts for time in cut), self.end]
        rest = (self.end - self.start) - sum(b - a for a, b in self.cuts)
        pace = (right - left - CUT * len(self.cuts)) / max(1, rest)
        self._marks, self._places = marks, [left]
        for a, b in pairwise(marks):
            self._places.append(self._places[-1] + (CUT if (a, b) in self.cuts else (b - a) * pace))

    def x(self, time: int) -> float:
        """The place of a time; of one before the first or after the last moment theirs."""
        time = min(max(time, self.start), self.end)
        at = min(bisect_right(self._marks, time), len(self._marks) - 1)
        (a, b), (x, y) = self._marks[at - 1 : at + 1], self._places[at - 1 : at + 1]
        return x + (y - x) * (time - a) / max(1, b - a)

    def ticks(self, began: int, unit: int) -> Iterator[tuple[float, str]]:
        """Places with numbers of `unit` nanoseconds since `began`: round ones, or, where they have no room, the last.

        No two of them are nearer than can be read, or the same.
        """
        free, before = float(-TICK_ROOM), ""
        for a, b in zip(self._marks[::2], self._marks[1::2], strict=True):
            most = int((self.x(b) - self.x(a)) / TICK_ROOM)
            numbers = ticks((a - began) / unit, (b - began) / unit, most) if most else [round((b - began) / unit, 3)]
            for number in numbers:
                x, told = self.x(began + round(number * unit)), _decimal(number)
                half = DIGIT * len(told) / 2
                if x - half >= free and told != before:
                    yield x, told
                    free, before = x + half + DIGIT, told

    def axis(self, began: int, unit: int, top: float, bottom: float) -> Iterator[Markup]:
        """A line down at each tick with its number below `bottom`, and a band where a wait is cut short."""
        for a, b in self.cuts:
            x = self.x(a)
            yield element("rect", x=x, y=top, width=self.x(b) - x, height=bottom - top, class_="cut")
        for x, told in self.ticks(began, unit):
            last = x > self._places[-1] - TICK_ROOM / 3
            yield line(x, top, x, bottom, "grid")
            yield label(x, bottom + 15, told, "tick", "end" if last else "middle")


def _cuts(known: list[int], most: int, part: int) -> list[tuple[int, int]]:
    """The waits that are longer than the longest that is drawn in proportion; at most `most` of them."""
    waits = sorted(pairwise(known), key=lambda wait: wait[0] - wait[1])
    rest, longest = known[-1] - known[0], 0
    for a, b in waits[: most + 1]:
        longest = b - a
        if longest * part <= rest:
            break
        rest -= longest
    return sorted((a, b) for a, b in waits if b - a > longest)


def _decimal(number: float) -> str:
    return f"{number:.9f}".rstrip("0").rstrip(".")
