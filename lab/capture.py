"""The capture of a run: started before the first program, proved by markers at both ends, taken out as one pcapng.

The tap captures a file a network (`images/tap/recorder.py`); what lies between the start marker
and the end marker of each is merged by time into `capture.pcapng`, an interface a network.
"""

from __future__ import annotations

import heapq
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import RawIOBase
from pathlib import Path
from typing import Any

from lab import __version__
from lab.agent import Agent, AgentRefused
from lab.capturefile import opened
from lab.engine import Engine
from lab.errors import CaptureError, CaptureFileError
from lab.pcapng import ISB_DROPPED, ISB_RECEIVED, Writer
from lab.record import CaptureFacts, CaptureStatistics
from lab.text import say

CAPTURE_FILE = "capture.pcapng"
IN_THE_TAP = "/capture"
SNAPLEN = 65535
MARKER_ETHERTYPE = b"\x88\xb5"


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of one network as tcpdump kept it; `time` in nanoseconds since the epoch."""

    time: int
    data: bytes
    length: int

    def is_marker(self, text: str) -> bool:
        """Whether it is the marker of that text, which only the tap can have sent."""
        return self.data[12:14] == MARKER_ETHERTYPE and self.data[14:].rstrip(b"\0") == text.encode()


@dataclass(frozen=True, slots=True)
class Whole:
    """What makes a capture whole: the texts of both marker frames of every network, and its counters."""

    start: Mapping[str, str]
    end: Mapping[str, str]
    networks: Mapping[str, CaptureStatistics]
    ended: int


@dataclass(frozen=True, slots=True)
class Known:
    """What a capture says of its hosts and networks to those who look at it elsewhere."""

    names: Iterable[tuple[str, str]] = ()
    """Host names and their addresses."""
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """The prefixes of a network, by its name."""


NOTHING = Known()


def start(tap: Agent, networks: Iterable[str]) -> None:
    """Capture on every network from now on. Raises `CaptureError`."""
    _asked(tap, "record", networks=list(networks))


class Capture:
    """The capture of a run from its start marker on."""

    def __init__(self, tap: Agent) -> None:
        self._tap = tap
        asked = time.time_ns()
        marked = _asked(tap, "mark", label="start")
        self.started = int(marked["time"])
        self.ahead = ahead(self.started, asked, time.time_ns())
        """By how much the clock of the engine's machine is ahead of this one's, in nanoseconds."""
        self._start: Mapping[str, str] = marked["markers"]

    def finish(self, engine: Engine, container: str, folder: Path, known: Known = NOTHING) -> CaptureFacts:
        """End the capture and take it into `folder`. Raises `CaptureError` where a part of it is missing."""
        told = _asked(self._tap, "finish")
        networks = {
            name: CaptureStatistics(captured=n["captured"], received=n["received"], dropped=n["dropped"])
            for name, n in told["networks"].items()
        }
        whole = Whole(self._start, told["markers"], networks, told["time"])
        packets = take_out(engine, container, folder, known, whole)
        return CaptureFacts(started=self.started, ended=whole.ended, packets=packets, networks=networks)


def ahead(told: int, asked: int, answered: int) -> int:
    """By how much a clock is ahead of this machine's, which told its time upon a question; in nanoseconds.

    Nothing where both may be one clock. Else from the moment of the question: what the tap does before it answers, such
    as to wait for a marker, comes after it looked at its clock.
    """
    return 0 if asked <= told <= answered else told - asked


def take_out(
    engine: Engine,
    container: str,
    folder: Path,
    known: Known = NOTHING,
    whole: Whole | None = None,
) -> int:
    """Merge the tap's files into `folder/capture.pcapng`; the number of frames written.

    Without `whole` it takes what is there, from end to end: the capture of a run that died. Raises
    `CaptureError` where a network's file, or a marker in it, is missing.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix=".capture-") as temporary:
        files = _files(engine.copy_out(container, IN_THE_TAP), Path(temporary))
        networks = sorted(files) if whole is None else list(whole.networks)
        if missing := [name for name in networks if name not in files]:
            raise CaptureError(
                say("the tap has no capture of {names}", "tap 中没有 {names} 的抓包", names=", ".join(missing))
            )
        unfinished = folder / (CAPTURE_FILE + ".part")
        with unfinished.open("wb") as out:
            writer = Writer(out, f"socket-lab {__version__}", f"run {folder.name} of {folder.parent.name}")
            for name in networks:
                writer.interface(name, SNAPLEN, known.prefixes.get(name, ""))
            writer.names(known.names)
            packets = _merge(writer, {name: files[name] for name in networks}, whole)
            if whole is not None:
                for number, counters in enumerate(whole.networks.values()):
                    told = {ISB_RECEIVED: counters.received, ISB_DROPPED: counters.dropped}
                    writer.statistics(number, whole.ended, told)
        unfinished.replace(folder / CAPTURE_FILE)
    return packets


def _merge(writer: Writer, files: Mapping[str, Path], whole: Whole | None) -> int:
    """Write the frames between the markers of each file in the order of time; how many they are."""

    def tagged(number: int, name: str) -> Iterator[tuple[int, int, Frame, str | None]]:
        captured = frames(files[name])
        kept = ((frame, None) for frame in captured)
        for frame, comment in kept if whole is None else between_markers(captured, whole.start[name], whole.end[name]):
            yield frame.time, number, frame, comment

    packets = 0
    for _, number, frame, comment in heapq.merge(*(tagged(n, f) for n, f in enumerate(files)), key=lambda t: t[:2]):
        writer.packet(number, frame.time, frame.data, frame.length, comment)
        packets += 1
    return packets


def between_markers(captured: Iterable[Frame], first: str, last: str) -> Iterator[tuple[Frame, str | None]]:
    """The frames from one marker to the other, both with them, and the comments of the two.

    Raises `CaptureError` where one of them is missing.
    """
    begun = False
    for frame in captured:
        if not begun and frame.is_marker(first):
            begun = True
            yield frame, "the capture begins: marker of the lab"
        elif begun and frame.is_marker(last):
            yield frame, "the capture ends: marker of the lab"
            return
        elif begun:
            yield frame, None
    missing = last if begun else first
    raise CaptureError(say("the capture lacks its marker `{text}`", "抓包中缺少标记帧 `{text}`", text=missing))


def frames(file: Path) -> Iterator[Frame]:
    """The frames of one network's file, as far as they go; none where tcpdump died before it wrote a head."""
    try:
        with opened(file) as captured:
            for time, _, _, data, length in captured:
                yield Frame(time, data, length)
    except CaptureFileError:
        return


def _asked(tap: Agent, do: str, **arguments: object) -> dict[str, Any]:
    try:
        return tap.ask(do, **arguments)
    except AgentRefused as refused:
        raise CaptureError(refused.what) from refused


def _files(pieces: Iterator[bytes], folder: Path) -> dict[str, Path]:
    """The captures of a tar stream, by the name of their network."""
    found = {}
    with tarfile.open(fileobj=_Pieces(pieces), mode="r|") as archive:
        for member in archive:
            source = archive.extractfile(member) if member.isfile() else None
            if source is not None and member.name.endswith(".pcap"):
                file = folder / Path(member.name).name
                with file.open("wb") as out:
                    while block := source.read(1 << 20):
                        out.write(block)
                found[file.stem] = file
    return found


class _Pieces(RawIOBase):
    """Pieces of bytes as a file to read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        taken, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return taken
