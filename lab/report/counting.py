"""How many of so many are done, on a terminal while it goes on; elsewhere nothing."""

from __future__ import annotations

import time
from types import TracebackType
from typing import IO, Self

from rich.spinner import Spinner
from rich.text import Text as Line

from lab.report.layout import console_on
from lab.report.live import LiveLines
from lab.text import Language, say
from lab.visible import one_line


class Counting:
    """A context manager: its line is gone at the end. The estimate is from the rate so far."""

    def __init__(self, what: str, total: int, language: Language, *, stream: IO[str], quiet: bool = False) -> None:
        self._what = one_line(what)
        self._total = total
        self._language = language
        self._done = 0
        self._began = time.monotonic()
        self._spinner = Spinner("dots", style="dim")
        self._live = LiveLines(self._line, console_on(stream), wanted=not quiet)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def one(self) -> None:
        """One more is done."""
        self._done += 1
        self._live.refresh()

    def told(self) -> str:
        """The line."""
        done, total = self._done, self._total
        told = say(
            "{what}   graded {n} of {all}",
            "{what}   已评分 {n} / {all}",
            what=self._what,
            n=done,
            all=total,
        )
        if 0 < done < total:
            each = (time.monotonic() - self._began) / done
            told += say("   about {n:.0f} s left", "   约剩 {n:.0f} 秒", n=each * (total - done))
        return told.in_(self._language)

    def _line(self) -> Spinner:
        self._spinner.update(text=Line(self.told(), style="dim"))
        return self._spinner
