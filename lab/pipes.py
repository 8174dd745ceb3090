"""Standard output and error: their reader may leave, as `head` does, and a document stands alone on stdout."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import IO, TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Outliving(io.FileIO):
    """A file descriptor that drops what is written to it once that can no longer arrive anywhere."""

    lost = False

    def write(self, data: ReadableBuffer, /) -> int:
        """Write `data`, or pretend to where nobody reads it any more. Raises `OSError` for the first other failure."""
        if not self.lost:
            try:
                return super().write(data)
            except BrokenPipeError:
                self.lost = True
            except OSError as error:
                self.lost = True
                raise OSError(error.errno, error.strerror, "stdout" if self.fileno() == 1 else "stderr") from error
        return memoryview(data).nbytes


def outlive_readers() -> None:
    """Let no closed pipe end the command; a stream that was closed from the start goes nowhere."""
    sys.stdout = _outliving(sys.stdout)
    sys.stderr = _outliving(sys.stderr)


@contextmanager
def told_apart(*, document: bool) -> Iterator[IO[str]]:
    """Where people are told of things: stdout, or stderr when a document alone goes to stdout."""
    if not document:
        yield sys.stdout
        return
    with redirect_stdout(sys.stderr):
        yield sys.stderr


def _outliving(stream: TextIO | None) -> TextIO:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - pathlib takes time; it stays open
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    try:
        descriptor = stream.fileno()
    except io.UnsupportedOperation:  # a stream of a test
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(Outliving(descriptor, "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
    )
