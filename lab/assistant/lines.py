"""The log as lines: `12:34:56.789 ← alice:53294  6 B  早上好`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from lab.assistant.model import Entry, Kind
from lab.assistant.writing import Reading, as_hex
from lab.text import Language, Text, same, say
from lab.visible import visible

MARKS: Mapping[Kind, str] = {"received": "←", "sent": "→", "note": "·", "fault": "✗", "program": "│", "typed": "→"}
SHOWN = 1024  # bytes of a message that the screen shows; the saved log has all


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log: when, which way, who, what."""

    stamp: str
    mark: str
    who: str
    what: str

    def __str__(self) -> str:
        return f"{self.stamp} {self.mark} {self.who}{'  ' if self.who else ''}{self.what}"


class Lines:
    """Makes lines of entries, which must come in their order: a character may come in two pieces.

    `most` bytes of a message are shown; `zone` is the time zone of the stamps, the machine's unless given.
    """

    def __init__(
        self,
        encoding: str,
        language: Language,
        *,
        hexadecimal: bool,
        most: int | None = SHOWN,
        zone: tzinfo | None = None,
    ) -> None:
        self._readings = {kind: Reading(encoding) for kind in ("received", "sent")}
        self._language = language
        self._hexadecimal = hexadecimal
        self._most = most
        self._zone = zone

    def line(self, entry: Entry) -> Line:
        """The line of the next entry."""
        if entry.kind in self._readings:
            what = self._message(entry)
        else:
            what = visible(entry.words.in_(self._language))
            for reading in self._readings.values():
                reading.over(entry.stream)
        return Line(self._stamp(entry.time), MARKS[entry.kind], visible(entry.who), what)

    def _message(self, entry: Entry) -> str:
        size = len(entry.data)
        text = self._readings[entry.kind].text(entry.data, entry.stream)
        digits, more = as_hex(entry.data[: self._most]), same("")
        if self._most is not None and size > self._most:
            text, more = text[: self._most], say("… of {size} B", "……共 {size} B", size=size)
        return f"{size} B  {digits + '  ' if self._hexadecimal else ''}{text}{more.in_(self._language)}"

    def _stamp(self, time: int) -> str:
        seconds, rest = divmod(time, 1_000_000_000)
        moment = datetime.fromtimestamp(seconds, UTC).astimezone(self._zone)
        return f"{moment:%H:%M:%S}.{rest // 1_000_000:03}"


def saved(entries: Iterable[Entry], forgotten: int, lines: Lines, language: Language) -> str:
    """The log as a text file."""
    head: list[Text] = []
    if forgotten:
        head = [say("the first {n} entries are not kept", "最早的 {n} 条没有保留", n=forgotten)]
    return "".join(f"{each}\n" for each in [*(words.in_(language) for words in head), *map(lines.line, entries)])
