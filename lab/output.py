"""What one program printed and was told, as it comes in: bytes to lines, and what has been expected of them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lab.record import InputLine, OutputLine, ProgramFacts
from lab.scenario import Program
from lab.steps import Said
from lab.trace.told import Method


@dataclass(slots=True)
class _Stream:
    """One of a program's two output streams: its decoder and the line that is not complete yet."""

    decoder: codecs.IncrementalDecoder
    pieces: list[str] = field(default_factory=list)
    time: int = 0

    @property
    def partial(self) -> str:
        """The line that is not complete yet."""
        self.pieces = ["".join(self.pieces)]
        return self.pieces[0]


@dataclass(slots=True)
class ProgramLog:
    """The log of one program."""

    name: str
    program: Program
    limit: int
    """Bytes of what it prints that are kept."""
    seen: Callable[[str], str] = str
    """What a line that it printed is written down as."""
    lines: list[OutputLine] = field(default_factory=list)
    input: list[InputLine] = field(default_factory=list)
    started: int | None = None
    ended: int | None = None
    exit: int | None = None
    signal: str | None = None
    failure: str | None = None
    stopped_by_lab: bool = False
    raw: bytearray = field(default_factory=bytearray)
    trace: Method | None = None
    """How its calls on sockets are traced."""
    calls: bytearray = field(default_factory=bytearray)
    """What was told of them, as it came."""
    calls_cut: bool = False
    calls_over: bool = False
    """Nothing more will be told of them."""
    _total: int = 0
    _earlier: int = 0
    """Bytes that it printed before it was started again."""
    _streams: dict[str, _Stream] = field(default_factory=dict)
    _told: int = 0
    _out: list[OutputLine] = field(default_factory=list)
    """The lines of standard output: what can be expected."""
    _taken: int = 0
    """Lines of `_out` before this one have been expected already."""
    _offset: int = 0
    """Characters of line `_taken` that have been expected already."""
    _sought: tuple[Said | None, int] = (None, 0)
    """What was looked for last, and the line of `_out` before which it is not."""

    @property
    def encoding(self) -> str:
        """The encoding of the program's input and output."""
        return self.program.encoding or "utf-8"

    @property
    def printed_bytes(self) -> int:
        """What it has printed since it was started, with what is not kept."""
        return self._total - self._earlier

    @property
    def cut(self) -> bool:
        """Whether it printed more than is kept."""
        return self._total > len(self.raw)

    @property
    def over(self) -> bool:
        """Whether it will print no more: it has ended, or never started."""
        return self.ended is not None or self.failure is not None

    def start(self, time: int) -> None:
        """It was started (again)."""
        self.started, self.ended, self.exit, self.signal = time, None, None, None
        self.calls_over = False
        self._earlier = self._total
        decoder = codecs.getincrementaldecoder(self.encoding)
        self._streams = {name: _Stream(decoder("backslashreplace")) for name in ("out", "err")}

    def printed(self, time: int, stream: str, data: bytes, total: int) -> None:
        """It printed bytes, `total` in all with those beyond the limit; complete lines come out of them."""
        self.raw += data
        self._total = self._earlier + total
        self._lines_from(time, stream, self._streams[stream].decoder.decode(data))

    def called(self, data: bytes, *, cut: bool, over: bool) -> None:
        """It was told of calls that it made; `cut`: of more than is kept, `over`: there will be no more."""
        self.calls += data
        self.calls_cut |= cut
        self.calls_over = over

    def typed(self, time: int, text: str | None) -> None:
        """The lab typed something to it, or closed its input (None)."""
        self.input.append(InputLine(time=time, text=text))

    def flush(self) -> None:
        """Let what stands without a newline be a line: a prompt that is answered now."""
        for name, stream in self._streams.items():
            if stream.partial:
                self._add(stream, name, stream.partial, complete=False)
                stream.pieces = []

    def end(self, time: int, exit_status: int | None, signal: str | None, total: int) -> None:
        """It ended, having printed `total` bytes in all."""
        for name, stream in self._streams.items():
            self._lines_from(stream.time or time, name, stream.decoder.decode(b"", final=True))
        self.flush()
        self.ended, self.exit, self.signal = time, exit_status, signal
        self._total = self._earlier + total

    def untold(self) -> list[OutputLine]:
        """The lines that came since this was last asked."""
        fresh = self.lines[self._told :]
        self._told = len(self.lines)
        return fresh

    def find(self, said: Said) -> bool:
        """Whether what is expected stands in what was printed and not expected before."""
        return self._place(said) is not None

    def take(self, said: Said) -> None:
        """Let what follows be expected of what comes after it. Call only after `find`."""
        place = self._place(said)
        assert place is not None
        self._taken, self._offset = place

    def rest(self) -> list[OutputLine]:
        """The lines that nothing expected yet, the one without a newline too."""
        return [line for line in self._unread(self._taken) if line.text]

    def facts(self, calls: int = 0) -> ProgramFacts:
        """The log as part of a record; `calls` are known of it."""
        return ProgramFacts(
            host=self.program.host,
            run=self.program.run,
            started=self.started,
            ended=self.ended,
            exit=self.exit,
            signal=self.signal,
            stopped_by_lab=self.stopped_by_lab,
            input=tuple(self.input),
            output=tuple(self.lines),
            output_bytes=self._total,
            output_cut=self.cut,
            failure=self.failure,
            trace=self.trace,
            calls=calls,
            calls_cut=self.calls_cut,
        )

    def _lines_from(self, time: int, name: str, text: str) -> None:
        stream = self._streams[name]
        if not text:
            return
        stream.time = time
        first, *rest = text.split("\n")
        stream.pieces.append(first)
        if not rest:
            return
        complete = [stream.partial, *rest[:-1]]
        stream.pieces = [rest[-1]]
        for line in complete:
            self._add(stream, name, line.removesuffix("\r"), complete=True)

    def _add(self, stream: _Stream, name: str, text: str, *, complete: bool) -> None:
        told = {"time": stream.time, "stream": name, "text": self.seen(text), "complete": complete}
        line = OutputLine.model_validate(told)
        self.lines.append(line)
        if name == "out":
            self._out.append(line)

    def _unread(self, begin: int) -> list[OutputLine]:
        """Lines of standard output from one on, the incomplete one last."""
        lines = self._out[begin:]
        stream = self._streams.get("out")
        if stream is not None and stream.partial:
            lines.append(OutputLine(time=stream.time, stream="out", text=stream.partial, complete=False))
        return lines

    def _place(self, said: Said) -> tuple[int, int] | None:
        """Where what is expected ends: (line, characters of it)."""
        begin = self._taken
        if self._sought[0] == said:
            begin = max(begin, self._sought[1])
        for number, line in enumerate(self._unread(begin), begin):
            offset = self._offset if number == self._taken else 0
            if said.text is not None:
                at = line.text.find(said.text, offset)
                if at >= 0:
                    return number, at + len(said.text)
            elif line.complete and _is_what(said, line.text[offset:]):
                return number + 1, 0
        self._sought = said, len(self._out)
        return None


def _is_what(said: Said, text: str) -> bool:
    """Whether a whole line is the one that is expected."""
    if said.line is not None:
        return text == said.line
    return said.match is not None and re.search(said.match, text) is not None
