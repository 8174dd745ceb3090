"""A run that others look on: what is told of it is written into its directory, and read there by `lab watch`.

What the programs say is always written; packets once somebody asks for them, as following them takes some work. Who
asks does so by a file, so that nothing but the run directory is needed, and one process writes there. What is written
goes with the run: `lab.runs` removes it, also after kill -9.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import GenericAlias
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from lab import runs
from lab.agent import Agent
from lab.errors import InputError, LabError
from lab.report import Reporter
from lab.runs import LIVE_FILE, WATCHED_FILE
from lab.text import say

POLL = 0.05  # seconds between two looks for what is new
BACKLOG = 0.4  # seconds in which what a run tells of its past comes to who begins to look on; it is out of order


class Journal:
    """What a reporter is told, a line each: the name of the method, and its arguments as a JSON array."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / LIVE_FILE).open("ab", buffering=0)

    def tell(self, name: str, *arguments: object) -> None:
        """Write down that `Reporter.<name>` was told this; nothing any more once there is no room for it."""
        if self._file.closed:
            return
        try:
            self._file.write(name.encode() + b" " + _arguments(name).dump_json(arguments, by_alias=True) + b"\n")
        except OSError:  # the run matters more
            self.close()

    def close(self) -> None:
        """The run is over."""
        self._file.close()


@contextmanager
def asked(folder: Path, tap: Agent) -> Iterator[None]:
    """While the block runs, let the tap follow the captures once somebody asks to see the packets of this run."""
    over = threading.Event()

    def wait() -> None:
        while not over.wait(POLL):
            if (folder / WATCHED_FILE).exists():
                with suppress(LabError):  # whoever runs the run is told
                    tap.ask("follow")
                return

    waiting = threading.Thread(target=wait, name="onlookers", daemon=True)
    waiting.start()
    try:
        yield
    finally:
        over.set()
        waiting.join()


def look_on(folder: Path, reporter: Reporter) -> None:
    """Tell `reporter` what the run of `folder` tells, from its beginning to its end.

    Raises `InputError` where no run goes on.
    """
    try:
        if not runs.alive(folder):
            raise FileNotFoundError(folder / LIVE_FILE)
        file = (folder / LIVE_FILE).open("rb")
        (folder / WATCHED_FILE).touch()
    except OSError as error:
        raise InputError(
            say("no run goes on in {folder}", "{folder} 中没有正在进行的运行", folder=folder),
            say("`lab inspect {folder}` shows what it left", "`lab inspect {folder}` 查看其结果", folder=folder),
        ) from error
    with file:
        for name, arguments in _in_order(_lines(file.readline, lambda: runs.alive(folder))):
            getattr(reporter, name)(*arguments)


Told = tuple[str, tuple[Any, ...]]


def _lines(readline: Callable[[], bytes], alive: Callable[[], bool]) -> Iterator[Told | None]:
    """What was told, as it is written down; None where there is nothing more just now."""
    rest = b""
    goes_on = True
    while True:
        rest += readline()
        if rest.endswith(b"\n"):
            name, _, arguments = rest.partition(b" ")
            rest = b""
            yield name.decode(), _arguments(name.decode()).validate_json(arguments)
        elif goes_on:
            goes_on = alive()  # what it wrote last is read after that
            yield None
        else:
            return


def _in_order(told: Iterator[Told | None]) -> Iterator[Told]:
    """What came before somebody began to look on in the order of time, the rest as it comes."""
    until = time.monotonic() + BACKLOG
    backlog: list[Told] = []
    for each in told:
        if each is not None:
            backlog.append(each)
        elif time.monotonic() < until:
            time.sleep(POLL)
        else:
            break
    yield from sorted(backlog, key=_time)
    for each in told:
        if each is None:
            time.sleep(POLL)
        else:
            yield each


def _time(told: Told) -> int:
    """When it was; what has no time comes first."""
    _, arguments = told
    return arguments[0] if isinstance(arguments[0], int) else -(1 << 63)


@cache
def _arguments(name: str) -> TypeAdapter[tuple[Any, ...]]:
    """The arguments of a method of `Reporter`."""
    hints = get_type_hints(getattr(Reporter, name))
    types = tuple(kind for argument, kind in hints.items() if argument != "return")
    shape: Any = GenericAlias(tuple, types)
    return TypeAdapter(shape)
