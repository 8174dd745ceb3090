from __future__ import annotations

import time

import pytest

from lab.deadline import FIRST_LOOK, MOST, Deadline


class Machine:
    """A clock, and a machine that keeps its programs waiting for a part of the time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.delayed = 7.0
        self.busy = 0.0
        self.looks = 0

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.delayed += seconds * self.busy

    def look(self) -> float:
        self.looks += 1
        return self.delayed

    def outlast(self, deadline: Deadline) -> float:
        """The seconds until the deadline has passed."""
        began = self.now
        while (remaining := deadline.remaining) > 0:
            self.passes(remaining)
        return self.now - began


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(time, "monotonic", lambda: made.now)
    return made


def test_on_an_idle_machine_it_is_the_seconds_themselves(machine: Machine) -> None:
    assert machine.outlast(Deadline(5, machine.look)) == pytest.approx(5)


def test_what_is_over_soon_costs_no_look_at_the_hosts(machine: Machine) -> None:
    deadline = Deadline(5, machine.look)
    machine.passes(5 * FIRST_LOOK - 0.01)
    assert deadline.remaining == pytest.approx(0.01)
    assert machine.looks == 0


def test_time_in_which_the_programs_waited_for_a_processor_does_not_count(machine: Machine) -> None:
    machine.busy = 0.5
    lasted = machine.outlast(Deadline(5, machine.look))
    ran = lasted - 0.5 * (lasted - 5 * FIRST_LOOK)
    assert ran == pytest.approx(5, abs=0.01)


def test_delays_from_before_it_began_grant_nothing(machine: Machine) -> None:
    machine.delayed = 500.0
    assert machine.outlast(Deadline(5, machine.look)) == pytest.approx(5)


def test_what_is_granted_is_bounded(machine: Machine) -> None:
    machine.busy = 64.0
    assert machine.outlast(Deadline(5, machine.look)) == pytest.approx(5 + MOST * 5)


def test_what_was_granted_is_not_spent(machine: Machine) -> None:
    deadline = Deadline(5, machine.look)
    machine.passes(2)
    assert deadline.spent == pytest.approx(2)
    assert not deadline.passed
    assert deadline.remaining == pytest.approx(3)
    machine.busy = 0.5
    machine.passes(2)
    assert deadline.spent == pytest.approx(3)
    machine.outlast(deadline)
    assert deadline.passed
    assert deadline.spent == pytest.approx(5)
    machine.passes(100)
    assert deadline.spent == pytest.approx(5)


def test_threads_that_ended_take_no_time_away(machine: Machine) -> None:
    deadline = Deadline(5, machine.look)
    machine.passes(2)
    assert deadline.remaining == pytest.approx(3)
    machine.delayed = 0.0
    assert machine.outlast(deadline) == pytest.approx(3)
