from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from lab import interrupts


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in interrupts.SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def interrupted(number: signal.Signals = signal.SIGINT) -> bool:
    try:
        os.kill(os.getpid(), number)
    except KeyboardInterrupt:
        return True
    return False


@pytest.mark.parametrize("number", interrupts.SIGNALS)
def test_the_first_interrupt_is_heeded_and_those_that_follow_it_are_not(number: signal.Signals) -> None:
    interrupts.heed()
    assert interrupted(number)
    assert not interrupted(signal.SIGINT)
    assert not interrupted(signal.SIGTERM)


def test_an_interrupt_that_was_lost_can_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    interrupts.heed()
    assert interrupted()
    later = time.monotonic() + interrupts.UNWINDING + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert interrupted()


def test_cleaning_up_is_not_disturbed() -> None:
    interrupts.heed()
    with interrupts.undisturbed():
        assert not interrupted()
    assert interrupted()


def test_a_command_that_is_about_to_end_ends_as_it_is() -> None:
    interrupts.heed()
    interrupts.ignore()
    assert not interrupted(signal.SIGTERM)


def test_an_interrupt_waits_until_what_cannot_be_halved_is_done() -> None:
    interrupts.heed()
    done = []
    with pytest.raises(KeyboardInterrupt), interrupts.deferred():
        assert not interrupted()
        done.append("the rest")
    assert done == ["the rest"]
    with interrupts.deferred():
        pass
