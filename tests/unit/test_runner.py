from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine, FakeProgram

from lab import plan, record, runner, runs, trace
from lab.checks import PARAMS
from lab.errors import EngineError, Interrupted
from lab.plan import Plan
from lab.report import Reporter
from lab.scenario import Check, Host, Network, Program, Scenario
from lab.steps import STEPS
from lab.values import Words

ETHERNET = b"\x02\x77\0\0\0\0\x02\x77\0\0\0\1\x08\x00"
UDP = bytes.fromhex(  # alice 10.77.0.11:5000 to server 10.77.0.10:53, "hi", without checksum
    "4500001e000040004011000000000000" + "00000000"
)


def datagram() -> bytes:
    head = bytearray(UDP[:20])
    head[12:20] = bytes([10, 77, 0, 11, 10, 77, 0, 10])
    return ETHERNET + bytes(head) + (5000).to_bytes(2) + (53).to_bytes(2) + (10).to_bytes(2) + b"\0\0hi"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with runs.new_folder(tmp_path, "udp") as made:
        yield made


def planned(*steps: dict[str, Any], **checks: Any) -> Plan:
    return plan.make(
        Scenario(
            name="udp",
            folder=Path("/nowhere"),
            title=Words(en="Hello", zh="你好"),
            encoding="gbk",
            networks={"lan": Network()},
            hosts={"server": Host(), "alice": Host()},
            programs={
                name: Program.model_validate({"host": name, "run": [f"./{name}"]}) for name in ("server", "alice")
            },
            steps=tuple(STEPS[next(v for v in STEPS if v in step)].model_validate(step) for step in steps),
            checks={
                name: Check(id=name, kind=kind, params=PARAMS[kind].model_validate(params))
                for name, (kind, params) in checks.items()
            },
        )
    )


class Hello:
    """A server and a client that says hi; what they do can be replaced."""

    def __init__(self) -> None:
        self.engine = FakeEngine({"server": self.server, "alice": self.alice})

    def server(self, program: FakeProgram) -> None:
        program.listens(53, "udp")

    def alice(self, program: FakeProgram) -> None:
        self.engine.tap.carries("lan", datagram())
        program.prints("你好\n".encode())
        program.ends()


@pytest.fixture
def hello() -> Hello:
    return Hello()


STEP_LIST: list[dict[str, Any]] = [
    {"start": "server", "until": {"listening": {"udp": 53}}},
    {"start": "alice"},
    {"wait": "alice", "exit": 0},
]


def test_a_run_from_plan_to_record(hello: Hello, folder: Path) -> None:
    began = time.monotonic()
    made = runner.run(hello.engine, planned(*STEP_LIST), folder, Reporter(), began)
    assert [step.outcome for step in made.steps] == ["done"] * 3
    assert made.programs["server"].stopped_by_lab
    assert (made.programs["alice"].exit, made.programs["alice"].stopped_by_lab) == (0, False)
    assert [line.text for line in made.programs["alice"].output] == ["你好"]
    assert made.images == {"host": "sha256:host", "tap": "sha256:tap"}
    assert (made.scenario, made.run, made.encoding, made.engine.name) == ("udp", folder.name, "gbk", "fake")
    assert made.addresses("alice") == {"10.77.0.11", "fd77::11"}
    assert made.capture.packets == 3
    assert made.capture.whole
    assert made.seconds.setup > 0
    assert sum(made.seconds.model_dump().values()) <= time.monotonic() - began
    assert hello.engine.existing == {}


def test_what_is_returned_is_what_is_saved(hello: Hello, folder: Path) -> None:
    made = runner.run(hello.engine, planned(*STEP_LIST), folder, Reporter(), time.monotonic())
    assert record.load(folder) == made
    assert (folder / "alice.out").read_bytes() == "你好\n".encode()
    assert not (folder / "server.out").exists()


def test_everything_is_on_the_clock_of_the_capture(hello: Hello, folder: Path) -> None:
    hour = 3600 * 10**9
    mark = hello.engine.tap.do_mark
    hello.engine.tap.do_mark = lambda number, label: (  # type: ignore[method-assign]
        mark(number, label) | {"time": time.time_ns() + hour}
    )
    made = runner.run(hello.engine, planned(*STEP_LIST), folder, Reporter(), time.monotonic())
    assert all(hour / 2 < step.started - time.time_ns() < 2 * hour for step in made.steps)


def test_observations_and_the_state_at_the_end_are_kept(hello: Hello, folder: Path) -> None:
    observing = [STEP_LIST[0], {"observe": {"name": "ready", "hosts": "server"}}]
    made = runner.run(hello.engine, planned(*observing), folder, Reporter(), time.monotonic())
    assert sorted(made.observations) == ["end", "ready"]
    assert sorted(made.observations["end"]) == ["alice", "server"]
    assert [s.local_port for s in made.observations["ready"]["server"].sockets] == [53]


def test_connections_that_never_close_do_not_hold_up_the_run(
    hello: Hello, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "SETTLE", 0.05)

    def restless(program: FakeProgram) -> None:
        program.host.quiet = False

    hello.engine.behaviours = {"server": restless}
    runner.run(hello.engine, planned({"start": "server"}), folder, Reporter(), time.monotonic())
    assert hello.engine.hosts["server"].watches == {}


def test_a_program_that_is_wrong_is_no_error_of_the_lab(hello: Hello, folder: Path) -> None:
    hello.engine.behaviours = {"server": lambda program: program.ends(exit_status=1)}
    made = runner.run(hello.engine, planned(*STEP_LIST), folder, Reporter(), time.monotonic())
    assert [step.outcome for step in made.steps] == ["failed", "skipped", "skipped"]
    assert made.programs["server"].exit == 1


def test_ctrl_c_ends_the_exchange_and_what_there_was_is_saved(hello: Hello, folder: Path) -> None:
    def pressed(program: FakeProgram) -> None:
        program.prints(b"half")
        os.kill(os.getpid(), signal.SIGINT)

    hello.engine.behaviours = {"server": hello.server, "alice": pressed}
    with pytest.raises(Interrupted, match="what happened until then is in") as error:
        runner.run(hello.engine, planned(*STEP_LIST), folder, Reporter(), time.monotonic())
    assert error.value.exit_code == 130
    saved = record.load(folder)
    assert [step.outcome for step in saved.steps] == ["done"]
    assert (folder / saved.capture.file).exists()
    assert hello.engine.existing == {}


def test_an_engine_that_goes_away_is_its_error_and_nothing_is_recorded(hello: Hello, folder: Path) -> None:
    hello.engine.behaviours = {"server": hello.server, "alice": lambda program: program.host.dies()}
    with pytest.raises(EngineError, match="the connection to alice was lost"):
        runner.run(hello.engine, planned(*STEP_LIST), folder, Reporter(), time.monotonic())
    assert hello.engine.existing == {}
    assert not (folder / record.RECORD_FILE).exists()


@pytest.mark.parametrize("when", ["at once", "asked to watch", "asked at the end", "told of no limit"])
def test_a_host_whose_memory_runs_out_with_its_first_process_ends_the_exchange(
    hello: Hello, folder: Path, when: str
) -> None:
    """Whatever the lab asks of it just then: the record is whole, and says that it was the host's doing."""

    def dies(program: FakeProgram) -> None:
        def last(**_: object) -> None:
            hello.engine.out_of_memory.add("alice")
            program.host.dies()

        program.prints(b"so far\n")
        if when == "at once":
            last()
        else:
            do = {"asked to watch": "watch", "asked at the end": "sockets", "told of no limit": "limits"}
            setattr(program.host, "do_" + do[when], last)

    hello.engine.behaviours = {"server": hello.server, "alice": dies}
    steps = [STEP_LIST[0], {"start": "alice"}, {"expect": {"from": "alice", "line": "so far"}}]
    made = runner.run(hello.engine, planned(*steps), folder, Reporter(), time.monotonic())
    facts = [(f.what, f.host, f.program, f.limit, f.ended) for f in made.limits]
    assert facts == [("memory", "alice", None, 256, True)]
    assert made.programs["alice"].signal == "KILL"
    assert [line.text for line in made.programs["alice"].output] == ["so far"]
    assert made.observations["end"]["alice"].sockets == ()
    assert [s.local_port for s in made.observations["end"]["server"].sockets] == [53]
    assert record.load(folder) == made
    assert (folder / made.capture.file).exists()
    assert hello.engine.existing == {}


CLOSE = b"9  1.000000002 close(3<TCP:[1.1.1.1:1]>) = 0 <0.000000001>\n"


def traced(*names: str) -> Plan:
    return replace(planned(*STEP_LIST), traced=frozenset(names))


def test_the_calls_of_traced_programs_are_kept(hello: Hello, folder: Path) -> None:
    def alice(program: FakeProgram) -> None:
        assert program.trace == "strace"
        program.calls(CLOSE, cut=True)
        program.calls(b"", over=True)
        program.ends()

    hello.engine.behaviours["alice"] = alice
    made = runner.run(hello.engine, traced("alice"), folder, Reporter(), time.monotonic())
    (call,) = trace.load(folder)
    assert (call.number, call.program, call.name) == (1, "alice", "close")
    kept = made.programs["alice"]
    assert (kept.trace, kept.calls, kept.calls_cut) == ("strace", 1, True)
    assert (made.programs["server"].trace, made.programs["server"].calls) == (None, 0)


def test_what_is_told_after_the_end_of_a_program_is_waited_for(hello: Hello, folder: Path) -> None:
    def alice(program: FakeProgram) -> None:
        program.ends()
        asked = iter([True])

        def waiting() -> int:
            """Asked for while the lab waits; the last lines come then."""
            if next(asked, False):
                program.calls(CLOSE)
                program.calls(b"", over=True)
            return 0

        program.host.delays = waiting

    hello.engine.behaviours["alice"] = alice
    runner.run(hello.engine, traced("alice"), folder, Reporter(), time.monotonic())
    assert [call.name for call in trace.load(folder)] == ["close"]


def test_without_tracing_there_is_no_file(hello: Hello, folder: Path) -> None:
    runner.run(hello.engine, planned(*STEP_LIST), folder, Reporter(), time.monotonic())
    assert not (folder / "calls.jsonl").exists()
