"""What a terminal is told while a capture is read that takes long."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from rich.text import Text as Line

from lab.report.layout import console_on
from lab.report.live import LiveLines
from lab.text import Language, say

LONG = 2.0  # seconds of reading after which a word is said of it
MEGABYTE = 1_000_000


class ReadingProgress:
    """How far the reading of `file` has come, on a line of its own; nothing where `stream` is no terminal."""

    def __init__(self, file: Path, language: Language, stream: IO[str]) -> None:
        self._file = file
        self._size = 0
        self._language = language
        self._live = LiveLines(self._draw, console_on(stream))
        self._began = time.monotonic()
        self._packets = self._consumed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def __call__(self, packets: int, consumed: int) -> None:
        """So many packets, and bytes of the file, have been read."""
        self._packets, self._consumed = packets, consumed
        if not self._live.shown and time.monotonic() - self._began > LONG:
            self._size = self._file.stat().st_size
            self._live.start()

    def _draw(self) -> Line:
        told = say(
            "reading   {packets:,} packets   {done:,.0f} of {size:,.0f} MB",
            "正在读取   {packets:,} 个数据包   {done:,.0f} / {size:,.0f} MB",
            packets=self._packets,
            done=self._consumed / MEGABYTE,
            size=self._size / MEGABYTE,
        )
        return Line("  " + told.in_(self._language), style="dim")
