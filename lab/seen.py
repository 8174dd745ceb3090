"""A run, or any capture, read for looking at: what the page, the ladder, the story and a comparison take."""

from __future__ import annotations

from collections.abc import Container, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab import reader, record, trace
from lab.conversations import Conversations
from lab.errors import RecordError
from lab.outcomes import load_outcome
from lab.reader import Keep
from lab.record import Record
from lab.results import Outcome
from lab.text import Text
from lab.trace.beside import Beside, beside

WHOLE = 32 << 20
"""Bytes of a capture file up to which segments are kept: they take about twenty times as much memory."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that there is to see. Of a capture made elsewhere there is no record, outcome or call."""

    capture: Path
    conversations: Conversations
    record: Record | None = None
    outcome: Outcome | None = None
    calls: Sequence[Beside] = ()
    encoding: str = "utf-8"
    lost: frozenset[int] = frozenset()
    """Packets that a fault of the run dropped after they were captured: they never arrived."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of what there is to say of it, with the packets and calls that show it.

    `conversation` is its name in the tables, `1` or `u1`; None where it is about none. `time` is that of what it
    tells, in nanoseconds since the epoch.
    """

    text: Text
    packets: tuple[int, ...]
    calls: tuple[int, ...]
    conversation: str | None
    time: int


def of_run(folder: Path, *, keep: Keep | None = None) -> Seen:
    """What there is to see of a run directory; `keep` as of `of_file`. An outcome is there only where it was judged.

    Raises `RecordError` where it is none or damaged, `CaptureFileError` where its capture is.
    """
    outcome = None
    with suppress(RecordError):  # an interrupted run, or one of another lab, is worth a look all the same
        outcome = load_outcome(folder)
    return of_record(record.load(folder), folder, outcome, keep=keep)


def of_record(recorded: Record, folder: Path, outcome: Outcome | None, *, keep: Keep | None = None) -> Seen:
    """As `of_run`, of a run whose record and outcome are at hand."""
    capture = folder / recorded.capture.file
    calls = trace.load(folder)
    conversations = reader.read(capture, keep=_as_much(capture) if keep is None else keep, unheard=recorded.unheard)
    placed = beside(recorded, conversations, calls) if calls else ()
    return Seen(capture, conversations, recorded, outcome, placed, recorded.encoding, recorded.lost)


def of_file(
    path: Path, *, keep: Keep | None = None, encoding: str = "utf-8", wanted: Container[int] | None = None
) -> Seen:
    """What there is to see of a capture file; `wanted` as in `lab.reader.read`.

    Without `keep` the segments are kept where the file has at most `WHOLE`. Raises `CaptureFileError` where it is no
    capture.
    """
    conversations = reader.read(path, keep=_as_much(path) if keep is None else keep, wanted=wanted)
    return Seen(path, conversations, encoding=encoding)


def _as_much(capture: Path) -> Keep:
    whole = capture.is_file() and capture.stat().st_size <= WHOLE
    return Keep.ALL if whole else Keep.MESSAGES
