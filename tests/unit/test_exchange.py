from __future__ import annotations

import errno
import itertools
import queue
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_engine import Behaviour, FakeHost, FakeProgram, FakeStream, FakeTap

from lab import plan
from lab.agent import Agent, Event
from lab.errors import EngineError
from lab.events import Events
from lab.exchange import Exchange
from lab.record import OUTPUT_LIMIT, LimitFacts, OutputLine, StepFacts
from lab.report import Reporter
from lab.scenario import Program, Scenario
from lab.steps import STEPS, ObserveStep, SocketPort
from lab.values import Words
from lab.wire import Wire


class Told(Reporter):
    """What a reporter was told, one tuple each."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def ready(self, time: int, program: str, listening: SocketPort) -> None:
        self.calls.append(("ready", program, listening.transport, listening.port))

    def connected(self, time: int, program: str, local_port: int, remote: str, remote_port: int) -> None:
        self.calls.append(("connected", program, local_port, remote, remote_port))

    def receiving(self, time: int, program: str, port: SocketPort) -> None:
        self.calls.append(("receiving", program, port.transport, port.port))

    def said(self, time: int, program: str, line: OutputLine) -> None:
        self.calls.append(("said", program, line.text))

    def typed(self, time: int, program: str, text: str | None) -> None:
        self.calls.append(("typed", program, text))

    def ended(self, time: int, program: str, exit_status: int | None, signal: str | None) -> None:
        self.calls.append(("ended", program, exit_status, signal))

    def step_failed(self, time: int, step: StepFacts, last_lines: tuple[str, ...]) -> None:
        self.calls.append(("failed", step.index, last_lines))

    def limit(self, time: int, facts: LimitFacts) -> None:
        self.calls.append(("limit", facts.what))

    def skipped(self, time: int, first: int, last: int) -> None:
        self.calls.append(("skipped", first, last))


class Lab:
    """An exchange between simulated hosts."""

    def __init__(self) -> None:
        self.reporter = Told()
        self.host: FakeHost
        self.tap: FakeTap
        self.stream: FakeStream
        self.exchange: Exchange
        self.observed: list[str] = []
        self.passed = 0
        self.out_of_memory: set[str] = set()
        self.agents: list[Agent] = []

    def runs(
        self,
        steps: list[dict[str, Any]],
        deadline: float | None = 60,
        settings: dict[str, Any] | None = None,
        **programs: Any,
    ) -> list[StepFacts]:
        """Do steps with programs that are functions (or the error that starting them gives), all on one host."""
        scenario = Scenario(
            name="test",
            folder=Path("/nowhere"),
            title=Words(en="t", zh="t"),
            deadline=deadline,
            networks={"lan": {}},
            hosts={"box": {}},
            programs={
                name: Program.model_validate({"host": "box", "run": [f"./{name}", "8080"]} | (settings or {}))
                for name in programs
            },
            steps=tuple(STEPS[next(v for v in STEPS if v in step)].model_validate(step) for step in steps),
            checks={},
        )
        inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.host = FakeHost(programs)
        self.stream = FakeStream(self.host)
        agent = Agent("box", self.stream, inbox)
        self.agents.append(agent)
        events = Events(scenario, inbox, self.reporter, time.time_ns, self.killed)
        made = plan.make(scenario)
        self.tap = FakeTap()
        self.tap.passed = self.passed
        tap = Agent("tap", FakeStream(self.tap), inbox)
        self.agents.append(tap)
        self.exchange = Exchange(made, {"box": agent}, events, Wire(tap, made), self._observe)
        try:
            self.exchange.run()
        finally:
            self.exchange.finish()
        return self.exchange.steps

    def killed(self, host: str) -> bool:
        return host in self.out_of_memory

    def _observe(self, step: ObserveStep) -> None:
        self.observed.append(step.observe.name)


@pytest.fixture
def lab() -> Iterator[Lab]:
    made = Lab()
    yield made
    for agent in made.agents:
        agent.close()


def outcomes(steps: list[StepFacts]) -> list[str]:
    return [step.outcome for step in steps]


def actual(step: StepFacts) -> str:
    assert step.actual is not None
    assert step.actual.zh != step.actual.en
    return step.actual.en


def idle(program: FakeProgram) -> None:
    """A program that runs and does nothing."""


def printer(*lines: str) -> Behaviour:
    return lambda program: program.prints("".join(f"{line}\n" for line in lines).encode())


def then_ends(before: Behaviour = idle, **how: Any) -> Behaviour:
    def behaviour(program: FakeProgram) -> None:
        before(program)
        program.ends(**how)

    return behaviour


def on_typed(answer: Callable[[FakeProgram, bytes], object]) -> Behaviour:
    def behaviour(program: FakeProgram) -> None:
        program.on_typed = lambda data: answer(program, data)

    return behaviour


START = {"start": "p"}
SOON = 0.05
NEVER = 1000  # seconds: a step that waits for so long is a test that hangs


# start


def test_programs_are_started_with_their_command_and_environment(lab: Lab) -> None:
    steps = lab.runs([START], p=idle, settings={"env": {"MODE": "slow"}})
    assert outcomes(steps) == ["done"]
    assert lab.host.programs["p"].env == {"MODE": "slow"}
    assert lab.exchange.logs["p"].started is not None


@pytest.mark.parametrize(("settings", "given"), [({"capabilities": "NET_RAW"}, ("NET_RAW",)), ({}, ())])
def test_programs_are_started_with_the_capabilities_of_the_file(
    lab: Lab, settings: dict[str, Any], given: tuple[str, ...]
) -> None:
    lab.runs([START], p=idle, settings=settings)
    assert lab.host.programs["p"].capabilities == given


def test_a_program_that_listens_is_ready(lab: Lab) -> None:
    steps = lab.runs([START | {"until": {"listening": {"tcp": 8080}}}], p=lambda p: p.listens(8080))
    assert outcomes(steps) == ["done"]
    assert lab.reporter.calls == [("ready", "p", "tcp", 8080)]


def test_a_bound_udp_socket_is_ready(lab: Lab) -> None:
    steps = lab.runs([START | {"until": {"listening": {"udp": 53}}}], p=lambda p: p.listens(53, "udp"))
    assert outcomes(steps) == ["done"]


def test_several_programs_connect_each_by_itself(lab: Lab) -> None:
    steps = lab.runs(
        [{"start": ["a", "b"], "until": {"connected": {"tcp": 8080}}}],
        a=lambda p: p.connects(8080, 40001),
        b=lambda p: p.connects(8080, 40002),
    )
    assert outcomes(steps) == ["done"]
    assert sorted(lab.reporter.calls) == [
        ("connected", "a", 40001, "10.77.0.10", 8080),
        ("connected", "b", 40002, "10.77.0.10", 8080),
    ]


def test_what_it_prints_may_say_that_it_is_ready(lab: Lab) -> None:
    steps = lab.runs([START | {"until": {"match": "ready on [0-9]+"}}], p=printer("starting", "ready on 8080"))
    assert outcomes(steps) == ["done"]


def test_a_command_that_does_not_exist_ends_the_exchange(lab: Lab) -> None:
    steps = lab.runs(
        [START, {"wait": "p"}, {"close": "p"}],
        p=OSError(errno.ENOENT, "No such file or directory"),
    )
    assert outcomes(steps) == ["failed", "skipped", "skipped"]
    assert lab.reporter.calls[-1] == ("skipped", 2, 3)
    assert actual(steps[0]) == "`./p` cannot be started: No such file or directory"
    assert lab.exchange.logs["p"].facts().failure is not None
    assert lab.exchange.logs["p"].started is None


def test_a_program_that_ends_at_once_instead_of_listening(lab: Lab) -> None:
    crash = then_ends(lambda p: p.prints(b"SyntaxError: invalid syntax\n", "err"), exit_status=1)
    steps = lab.runs([START | {"until": {"listening": {"tcp": 8080}}, "within": NEVER}, {"wait": "p"}], p=crash)
    assert outcomes(steps) == ["failed", "skipped"]
    assert actual(steps[0]) == "p had ended, exit 1: SyntaxError: invalid syntax"
    assert ("failed", 1, ("SyntaxError: invalid syntax",)) in lab.reporter.calls


def test_a_program_that_never_listens(lab: Lab) -> None:
    steps = lab.runs([START | {"until": {"listening": {"tcp": 8080}}, "within": SOON}, {"wait": "p"}], p=idle)
    assert outcomes(steps) == ["failed", "skipped"]
    assert actual(steps[0]) == "p runs, but is not listening on tcp 8080"
    assert steps[0].what.en == "p started and listening on tcp 8080"
    assert lab.host.watches == {}


def test_a_program_that_listens_on_another_port_is_not_ready(lab: Lab) -> None:
    steps = lab.runs([START | {"until": {"listening": {"tcp": 8080}}, "within": SOON}], p=lambda p: p.listens(8081))
    assert outcomes(steps) == ["failed"]
    assert actual(steps[0]) == "p runs, but is not listening on tcp 8080; it is bound to tcp 8081"


def test_a_program_that_does_not_print_what_makes_it_ready_ends_the_exchange(lab: Lab) -> None:
    steps = lab.runs([START | {"until": {"line": "ready"}, "within": SOON}, {"wait": "p"}], p=printer("not yet"))
    assert outcomes(steps) == ["failed", "skipped"]
    assert actual(steps[0]) == "p printed `not yet`"


def test_a_program_that_still_runs_is_not_started_again(lab: Lab) -> None:
    steps = lab.runs([START, START], p=idle)
    assert outcomes(steps) == ["done", "failed"]
    assert actual(steps[1]) == "p still runs"


def test_a_program_that_ended_may_be_started_again(lab: Lab) -> None:
    steps = lab.runs([START, {"wait": "p"}, START, {"wait": "p"}], p=then_ends(printer("hi")))
    assert outcomes(steps) == ["done"] * 4
    assert [line.text for line in lab.exchange.logs["p"].lines] == ["hi", "hi"]


# send, expect


def test_a_conversation_line_by_line(lab: Lab) -> None:
    steps = lab.runs(
        [
            START,
            {"send": {"to": "p", "line": "你好"}},
            {"expect": {"from": "p", "line": "heard 你好"}},
        ],
        p=on_typed(lambda p, data: p.prints(b"heard " + data)),
    )
    assert outcomes(steps) == ["done"] * 3
    assert lab.host.typed == [("p", "你好\n".encode())]
    assert lab.reporter.calls == [("typed", "p", "你好"), ("said", "p", "heard 你好")]


def test_what_is_typed_is_in_the_programs_encoding(lab: Lab) -> None:
    lab.runs(
        [START, {"send": {"to": "p", "line": "你好"}}, {"expect": {"from": "p", "line": "你好"}}],
        p=on_typed(lambda p, data: p.prints(data)),
        settings={"encoding": "gbk"},
    )
    assert lab.host.typed == [("p", "你好\n".encode("gbk"))]
    assert outcomes(lab.exchange.steps) == ["done"] * 3


def test_text_is_typed_without_newline_and_bytes_as_they_are(lab: Lab) -> None:
    lab.runs([START, {"send": {"to": "p", "text": "yes"}}, {"send": {"to": "p", "hex": "ca fe 00"}}], p=idle)
    assert lab.host.typed == [("p", b"yes"), ("p", b"\xca\xfe\0")]
    assert lab.reporter.calls[-1] == ("typed", "p", "\\xca\\xfe\0")


def test_a_prompt_without_newline_is_answered(lab: Lab) -> None:
    def asks(program: FakeProgram) -> None:
        program.prints(b"name: ")
        program.on_typed = lambda data: program.prints(b"hello " + data)

    steps = lab.runs(
        [
            START,
            {"expect": {"from": "p", "text": "name:"}},
            {"send": {"to": "p", "line": "alice"}},
            {"expect": {"from": "p", "line": "hello alice"}},
        ],
        p=asks,
    )
    assert outcomes(steps) == ["done"] * 4
    assert lab.reporter.calls == [("said", "p", "name: "), ("typed", "p", "alice"), ("said", "p", "hello alice")]


def test_something_else_is_printed(lab: Lab) -> None:
    lines = [f"line {n}" for n in range(7)]
    steps = lab.runs([START, {"expect": {"from": "p", "line": "OK"}, "within": SOON}], p=printer(*lines))
    assert outcomes(steps) == ["done", "failed"]
    assert actual(steps[1]) == "p printed `line 2`; `line 3`; `line 4`; `line 5`; `line 6`"
    assert steps[1].what.en == "p prints `OK`"
    assert ("failed", 2, tuple(lines[2:])) in lab.reporter.calls


def test_nothing_is_printed(lab: Lab) -> None:
    steps = lab.runs([START, {"expect": {"from": "p", "match": "."}, "within": SOON}], p=idle)
    assert actual(steps[1]) == "p printed nothing more"


def test_a_deadline_is_kept(lab: Lab) -> None:
    began = time.monotonic()
    lab.runs([START, {"expect": {"from": "p", "match": "."}, "within": 0.2}], p=idle)
    assert time.monotonic() - began >= 0.2


def test_what_the_machine_keeps_the_programs_waiting_does_not_count(lab: Lab) -> None:
    def starved(program: FakeProgram) -> None:
        looks = itertools.chain([program.host.delays()], itertools.repeat(int(60e9)))

        def look() -> int:
            delayed = next(looks)
            if delayed:  # it comes to run only after the seconds of the step
                program.prints(b"at last\n")
            return delayed

        program.host.delays = look

    steps = lab.runs([START, {"expect": {"from": "p", "line": "at last"}, "within": SOON}], p=starved)
    assert outcomes(steps) == ["done", "done"]


def test_the_program_ended_early(lab: Lab) -> None:
    expect = {"expect": {"from": "p", "line": "OK"}, "within": NEVER}
    steps = lab.runs([START, expect], p=then_ends(printer("bye"), exit_status=3))
    assert actual(steps[1]) == "p had ended, exit 3"


def test_the_last_thing_a_program_printed_can_be_expected_after_its_end(lab: Lab) -> None:
    steps = lab.runs(
        [START, {"wait": "p"}, {"expect": {"from": "p", "line": "OK"}}, {"expect": {"from": "p", "text": "tail"}}],
        p=then_ends(lambda p: p.prints(b"OK\ntail")),
    )
    assert outcomes(steps) == ["done"] * 4


def test_typing_to_a_program_that_has_ended(lab: Lab) -> None:
    steps = lab.runs([START, {"send": {"to": "p", "line": "hi"}}], p=then_ends(exit_status=None, signal="SEGV"))
    assert outcomes(steps) == ["done", "failed"]
    assert actual(steps[1]) == "p was ended by SIGSEGV"


def test_a_step_that_fails_does_not_end_the_exchange(lab: Lab) -> None:
    steps = lab.runs(
        [START, {"expect": {"from": "p", "line": "OK"}, "within": SOON}, {"close": "p"}, {"wait": "p"}],
        p=closes_politely,
    )
    assert outcomes(steps) == ["done", "failed", "done", "done"]


def closes_politely(program: FakeProgram) -> None:
    program.on_closed = program.ends


# close, wait, signal, observe


def test_the_end_of_the_input_is_written_down(lab: Lab) -> None:
    steps = lab.runs([START, {"close": "p"}, {"wait": "p", "exit": 0}], p=closes_politely)
    assert outcomes(steps) == ["done"] * 3
    assert [line.text for line in lab.exchange.logs["p"].input] == [None]
    assert lab.reporter.calls == [("typed", "p", None), ("ended", "p", 0, None)]


def test_closing_what_has_ended_is_no_failure(lab: Lab) -> None:
    steps = lab.runs([START, {"wait": "p"}, {"close": "p"}], p=then_ends())
    assert outcomes(steps) == ["done"] * 3


def test_another_exit_status_than_expected(lab: Lab) -> None:
    steps = lab.runs([START, {"wait": "p", "exit": 0}], p=then_ends(exit_status=1))
    assert outcomes(steps) == ["done", "failed"]
    assert actual(steps[1]) == "p had ended, exit 1"


def test_the_signal_that_ended_a_program_can_be_expected(lab: Lab) -> None:
    def stubborn(program: FakeProgram) -> None:
        program.on_signal = lambda name: program.ends(signal=name)

    steps = lab.runs(
        [START, {"signal": {"to": "p", "name": "TERM"}}, {"wait": "p", "exit": "TERM"}, {"wait": "p", "exit": "KILL"}],
        p=stubborn,
    )
    assert lab.host.signals == [("p", "TERM")]
    assert outcomes(steps) == ["done", "done", "done", "failed"]
    assert actual(steps[3]) == "p was ended by SIGTERM"


def test_a_signal_to_a_program_that_has_ended(lab: Lab) -> None:
    steps = lab.runs([START, {"signal": {"to": "p", "name": "TERM"}}], p=then_ends(exit_status=0))
    assert actual(steps[1]) == "p had ended, exit 0"


def test_a_program_that_never_ends(lab: Lab) -> None:
    steps = lab.runs([START, {"wait": "p", "within": SOON}], p=idle)
    assert actual(steps[1]) == "p still runs"
    assert lab.exchange.logs["p"].stopped_by_lab


def test_a_program_that_runs_is_waited_for_until_it_waits_itself(lab: Lab) -> None:
    until = {"receiving": {"tcp": 8765}}
    steps = lab.runs([START, {"wait": "p", "until": until}], p=lambda p: p.connects(8765, call="recv"))
    assert outcomes(steps) == ["done", "done"]
    assert steps[1].what.en == "p waiting in recv() on tcp 8765"
    assert lab.reporter.calls == [("receiving", "p", "tcp", 8765)]
    assert lab.exchange.logs["p"].stopped_by_lab


def test_a_machine_that_does_not_tell_what_programs_wait_for_is_no_fault_of_the_program(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeHost, "free", property(lambda _: None, lambda *_: None), raising=False)
    with pytest.raises(EngineError, match="what p waits for cannot be seen"):
        lab.runs([START | {"until": {"receiving": {"tcp": 8765}}}], p=lambda p: p.connects(8765, call="recv"))


def test_a_program_that_does_not_do_what_it_is_waited_for_fails_that_step_alone(lab: Lab) -> None:
    until = {"receiving": {"tcp": 8765}}
    steps = lab.runs(
        [START, {"wait": "p", "until": until, "within": SOON}, {"signal": {"to": "p", "name": "INT"}}],
        p=lambda p: p.listens(8765, call="accept"),
    )
    assert outcomes(steps) == ["done", "failed", "done"]
    assert actual(steps[1]) == "p runs, but is not waiting in recv() on tcp 8765; p waits in accept() on tcp 8765"
    assert lab.host.watches == {}
    steps = lab.runs([START, {"wait": "p", "until": until}, {"wait": "p"}], p=then_ends(exit_status=1))
    assert outcomes(steps) == ["done", "failed", "done"]
    assert actual(steps[1]) == "p had ended, exit 1"


@pytest.mark.parametrize(
    ("step", "instead"),
    [
        ({"wait": "p"}, "p still runs"),
        ({"expect": {"from": "p", "line": "x"}}, "p printed nothing more"),
        ({"wait": "p", "until": {"listening": {"tcp": 1}}}, "p runs, but is not listening on tcp 1"),
    ],
)
def test_a_deadline_that_has_passed_tells_what_the_program_waits_for(
    lab: Lab, step: dict[str, Any], instead: str
) -> None:
    steps = lab.runs([START, step | {"within": SOON}], p=lambda p: p.connects(9999, remote="10.9.9.9", call="recv"))
    waits = "p waits in recv() on its connection to 10.9.9.9:9999, nothing is there to read"
    assert actual(steps[1]) == f"{instead}; {waits}"


def test_a_program_that_ended_by_itself_was_not_stopped(lab: Lab) -> None:
    lab.runs([START, {"wait": "p"}], p=then_ends())
    assert not lab.exchange.logs["p"].stopped_by_lab


def test_an_observation_is_taken_when_its_turn_comes(lab: Lab) -> None:
    steps = lab.runs([{"observe": {"name": "before", "hosts": "box"}}, START], p=idle)
    assert outcomes(steps) == ["done", "done"]
    assert lab.observed == ["before"]


# the whole


def test_the_deadline_of_the_scenario_ends_the_exchange(lab: Lab) -> None:
    steps = lab.runs([START, {"wait": "p", "within": NEVER}, {"wait": "p"}, START], deadline=0.1, p=idle)
    assert outcomes(steps) == ["done", "failed", "skipped", "skipped"]
    assert actual(steps[1]) == "p still runs; the deadline of the whole exchange (0.1 s) has passed"
    assert lab.exchange.overdue == 0.1


def test_steps_that_wait_in_vain_take_no_time_from_those_that_follow(lab: Lab) -> None:
    wait = {"wait": "p", "within": 0.1}
    steps = lab.runs([START, wait, wait, wait, {"close": "p"}], deadline=None, p=idle)
    assert outcomes(steps) == ["done", "failed", "failed", "failed", "done"]
    assert lab.exchange.overdue is None
    lab.runs([START, wait, wait, wait], deadline=0.25, p=idle)
    assert lab.exchange.overdue == 0.25


def test_what_the_machine_keeps_programs_waiting_is_not_taken_from_the_whole(lab: Lab) -> None:
    def starved(program: FakeProgram) -> None:
        looks = itertools.count(0, int(0.4e9))
        program.host.delays = lambda: next(looks)

    wait = {"wait": "p", "within": 0.2}
    began = time.monotonic()
    steps = lab.runs([START, wait, wait], deadline=0.4, p=starved)
    assert time.monotonic() - began > 0.8
    assert outcomes(steps) == ["done", "failed", "failed"]
    assert lab.exchange.overdue is None


def test_steps_are_numbered_and_timed(lab: Lab) -> None:
    steps = lab.runs([START, {"wait": "p"}], p=then_ends())
    assert [(step.index, step.verb) for step in steps] == [(1, "start"), (2, "wait")]
    assert steps[0].started <= steps[0].ended <= steps[1].started <= steps[1].ended


def test_every_step_is_a_sentence_in_both_languages(lab: Lab) -> None:
    steps = lab.runs(
        [
            {"start": "p", "until": {"text": "$ "}},
            {"send": {"to": "p", "line": "x"}},
            {"expect": {"from": "p", "match": "a.c"}},
            {"close": "p"},
            {"signal": {"to": "p", "name": "INT"}},
            {"wait": "p", "exit": 2},
            {"observe": {"name": "end", "hosts": "box"}},
            {"lift": "gone"},
        ],
        p=OSError(errno.EACCES, "Permission denied"),
    )
    assert "\n".join(step.what.en for step in steps) == textwrap.dedent("""\
        p started and printed `$ `
        something typed to p
        p prints `a.c`
        the input of p closed
        SIGINT sent to p
        p ended, exit 2
        box observed
        fault gone lifted""")
    assert "\n".join(step.what.zh for step in steps) == textwrap.dedent("""\
        p 已启动并且打印了 `$ `
        向 p 输入
        p 打印 `a.c`
        p 的输入已关闭
        向 p 发送 SIGINT
        p 已结束，退出码 2
        已观察 box
        故障 gone 已解除""")


def test_packets_that_pass_end_the_wait_for_them(lab: Lab) -> None:
    lab.passed = 3
    assert outcomes(lab.runs([{"passed": {"protocol": "udp", "count": 3}}])) == ["done"]


def test_packets_that_never_pass_fail_their_step_and_the_exchange_goes_on(lab: Lab) -> None:
    lab.passed = 1
    steps = lab.runs([{"passed": {"protocol": "udp", "count": 2}, "within": SOON}, {"lift": "x"}])
    assert outcomes(steps) == ["failed", "done"]
    assert steps[0].actual is not None
    assert (steps[0].actual.en, steps[0].actual.zh) == ("1 of them passed", "只出现了 1 个")
    assert lab.tap.watches == {}


def test_a_flood_of_output_is_cut_and_said_though_the_program_never_ends(lab: Lab) -> None:
    def flood(program: FakeProgram) -> None:
        for _ in range(3 * OUTPUT_LIMIT // 65536):
            program.prints(b"y" * 65535 + b"\n")

    lab.runs([START, {"expect": {"from": "p", "match": "no"}, "within": SOON}], p=flood)
    facts = lab.exchange.logs["p"].facts()
    assert facts.output_cut
    assert facts.output_bytes > OUTPUT_LIMIT
    assert len(lab.exchange.logs["p"].raw) == OUTPUT_LIMIT
    assert [(f.what, f.program, f.limit, f.ended) for f in lab.exchange.events.limits] == [("output", "p", 1024, False)]
    assert lab.reporter.calls.count(("limit", "output")) == 1
    assert actual(lab.exchange.steps[1]).endswith("; its output is cut: only the first 1 MiB is kept")


def test_a_step_that_waited_for_cut_output_of_a_program_that_ended_says_so(lab: Lab) -> None:
    flood = then_ends(lambda p: [p.prints(b"y" * 65535 + b"\n") for _ in range(OUTPUT_LIMIT // 65536 + 1)])
    steps = lab.runs([START, {"wait": "p"}, {"expect": {"from": "p", "line": "no"}}], p=flood)
    assert actual(steps[2]) == "p had ended, exit 0; its output is cut: only the first 1 MiB is kept"
    assert [(f.what, f.program, f.limit, f.ended) for f in lab.exchange.events.limits] == [("output", "p", 1024, False)]
    assert lab.reporter.calls.count(("limit", "output")) == 1


def test_output_of_exactly_the_limit_is_not_cut(lab: Lab) -> None:
    lab.runs([START, {"wait": "p"}], p=then_ends(lambda p: p.prints(b"y" * OUTPUT_LIMIT)))
    facts = lab.exchange.logs["p"].facts()
    assert (facts.output_cut, facts.output_bytes) == (False, OUTPUT_LIMIT)
    assert lab.exchange.events.limits == []


def test_invalid_utf8_and_split_characters_reach_the_reporter_readable(lab: Lab) -> None:
    def split(program: FakeProgram) -> None:
        program.prints("你".encode()[:1])
        program.prints("你".encode()[1:] + b"\xff\n")

    lab.runs([START, {"expect": {"from": "p", "line": "你\\xff"}}], p=split)
    assert ("said", "p", "你\\xff") in lab.reporter.calls


def test_a_host_that_is_gone_is_an_error_of_the_engine(lab: Lab) -> None:
    with pytest.raises(EngineError, match="the connection to box was lost: was its container removed"):
        lab.runs([START, {"wait": "p"}], p=lambda p: p.host.dies())


def test_what_killed_the_host_is_said(lab: Lab) -> None:
    with pytest.raises(EngineError, match="MemoryError"):
        lab.runs([START, {"wait": "p"}], p=lambda p: p.host.dies(b"MemoryError\n"))


def test_a_limit_that_is_not_fatal_is_written_down_and_the_exchange_goes_on(lab: Lab) -> None:
    full = then_ends(lambda p: p.host.hits("disk", p.name))
    steps = lab.runs([START, {"wait": "p"}], p=full)
    assert outcomes(steps) == ["done", "done"]
    (facts,) = lab.exchange.events.limits
    assert (facts.what, facts.host, facts.program, facts.limit, facts.ended) == ("disk", "box", "p", 32, False)
    assert lab.exchange.events.fatal is None
    assert ("limit", "disk") in lab.reporter.calls


def test_a_fatal_limit_ends_the_step_that_waits_and_all_that_follow(lab: Lab) -> None:
    bomb = on_typed(lambda p, _: p.host.hits("processes", p.name))
    steps = lab.runs(
        [START, {"send": {"to": "p", "line": "go"}}, {"expect": {"from": "p", "line": "no"}}, {"wait": "p"}], p=bomb
    )
    assert outcomes(steps)[0] == "done"
    assert outcomes(steps)[-1] == "skipped"
    told = [step for step in steps if step.outcome == "failed"]
    assert len(told) <= 1  # none where it was told before the step began
    for step in told:
        assert actual(step) == "p (box) hit the process limit (64): everything on box was ended"
    assert lab.exchange.events.fatal == lab.exchange.events.limits[0]
    assert lab.exchange.events.limits[0].ended


def test_what_hosts_have_not_told_yet_is_asked_for(lab: Lab) -> None:
    lab.runs([START], p=idle)
    lab.host.hit = ["files", "memory"]
    lab.exchange.look_at_limits()
    assert [(f.what, f.program, f.limit) for f in lab.exchange.events.limits] == [
        ("files", None, 4096),
        ("memory", None, 256),
    ]
