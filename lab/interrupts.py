"""Ctrl-C and SIGTERM: when they may end the lab, and when not.

Until there is something to clean up the first of them ends the command at once (`lab.__main__`);
from then on (`heed`) it is a KeyboardInterrupt, and further ones do not disturb what that sets going.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

UNWINDING = 3.0  # seconds after an interrupt in which another one says nothing new
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def heed() -> None:
    """From now on an interrupt raises KeyboardInterrupt, and those that follow closely are let pass.

    One that Python loses (an exception in a callback goes nowhere) can so be repeated.
    """
    last: float | None = None

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal last
        now = time.monotonic()
        if last is None or now - last > UNWINDING:
            last = now
            raise KeyboardInterrupt

    _handle_with(interrupt)


def ignore() -> None:
    """From now on no interrupt changes anything: the command is about to end."""
    _handle_with(signal.SIG_IGN)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let no second Ctrl-C, nor SIGTERM, end the cleaning up, which is bounded."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def deferred() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait until the block is over, where half of it done could not be undone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda which, _: came.append(which)) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _handle_with(handler: Callable[[int, FrameType | None], Any] | signal.Handlers) -> None:
    for number in SIGNALS:
        signal.signal(number, handler)
