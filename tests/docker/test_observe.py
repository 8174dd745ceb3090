"""The state of hosts, and the order of events, through the checks that read them."""

from __future__ import annotations

from collections.abc import Callable

from driving import Ran


def test_what_hosts_hold_and_what_came_first(run: Callable[..., Ran]) -> None:
    ran = run("observed")
    assert ran.steps == ["done"] * 10
    expected = dict.fromkeys(ran.scenario.checks, "passed") | {"not-the-other-way-round": "failed"}
    assert ran.verdicts == expected, [result for result in ran.outcome.results if str(result.verdict) != "passed"]


def test_queues_timers_neighbours_routes_groups_and_the_packets_of_them(run: Callable[..., Ran]) -> None:
    ran = run("host-state")
    expected = dict.fromkeys(ran.scenario.checks, "passed")
    assert ran.verdicts == expected, [result for result in ran.outcome.results if str(result.verdict) != "passed"]
    assert ran.steps == ["done"] * 10
    during = ran.observed("during", "server")
    assert (during.neighbours, during.routes) == (None, None)  # no check asks the server for them


def test_a_program_prints_on_the_clock_of_the_capture(run: Callable[..., Ran]) -> None:
    ran = run("token")
    asked = [f.time for f in ran.frames if f.udp(7050) == b"who are you?"]
    answers = [line.time for line in ran.program("client").output]
    assert len(asked) == len(answers) == 50
    assert all(asked[n] < answers[n] for n in range(50))
    assert ran.program("client").started
    assert ran.program("client").started < asked[0]  # type: ignore[operator]
