from __future__ import annotations

import base64
import os
import queue
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeHost, FakeStream, Refused

from lab import observe
from lab.agent import Agent, Event
from lab.checks import PARAMS
from lab.errors import EngineError
from lab.scenario import Check, Host, Network, Program, Scenario
from lab.values import Words

SOCKET = {
    "transport": "tcp",
    "state": "LISTEN",
    "local": "0.0.0.0",
    "local_port": 8080,
    "remote": "0.0.0.0",
    "remote_port": 0,
    "receive_queue": 0,
    "send_queue": 0,
    "program": "server",
    "call": "accept",
}


class Shell(FakeHost):
    """A host whose commands run on this machine, but for those that `answers` has an answer to."""

    def __init__(self) -> None:
        super().__init__({})
        self.ran: list[str] = []
        self.tables: list[str] = []
        self.told: dict[str, Any] = {
            "neighbours": [{"address": "10.77.0.99", "mac": None, "interface": "eth0", "state": "FAILED"}],
            "routes": [],
            "groups": [{"address": "239.1.2.3", "interface": "eth0", "users": 1}],
            "counters": {"TcpExtListenOverflows": 3},
        }
        self.answers: dict[str, tuple[int, bytes]] = {}

    def do_sockets(self, number: int) -> dict[str, Any]:
        return {"time": 5, "until": 6, "free": ["server"], "sessions": {"7": "server"}, "sockets": [SOCKET]}

    def do_tables(self, number: int, names: list[str]) -> dict[str, Any]:
        self.tables += names
        return {name: self.told[name] for name in names}

    def do_run(self, number: int, argv: list[str]) -> dict[str, Any]:
        assert argv[:2] == ["sh", "-c"]
        self.ran.append(argv[2])
        answer = next((a for start, a in self.answers.items() if argv[2].startswith(start)), None)
        if answer is None:
            done = subprocess.run(argv, capture_output=True, check=False)
            answer = done.returncode, done.stdout
        return {"status": answer[0], "out": base64.b64encode(answer[1]).decode(), "err": ""}


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def agent(shell: Shell) -> Iterator[Agent]:
    inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
    made = Agent("server", FakeStream(shell), inbox)
    yield made
    made.close()


def scenario(**checks: Any) -> Scenario:
    return Scenario(
        name="test",
        folder=Path("/nowhere"),
        title=Words(en="t", zh="t"),
        networks={"lan": Network()},
        hosts={"server": Host()},
        programs={"server": Program.model_validate({"host": "server", "run": ["x"]})},
        steps=(),
        checks={
            name: Check(id=name, kind=kind, params=PARAMS[kind].model_validate(params))
            for name, (kind, params) in checks.items()
        },
    )


def state(agent: Agent, files: tuple[str, ...] = (), **checks: Any) -> Any:
    return observe.observe(scenario(**checks), "now", ["server"], {"server": agent}, files)["server"]


def test_without_questions_only_the_socket_table_is_taken(agent: Agent, shell: Shell) -> None:
    seen = state(agent)
    assert (seen.time, seen.until, seen.free) == (5, 6, ("server",))
    assert [(s.local_port, s.program, s.call) for s in seen.sockets] == [(8080, "server", "accept")]
    assert (seen.files, seen.processes, shell.ran, shell.tables) == ((), (), [], [])
    assert (seen.neighbours, seen.routes, seen.groups, seen.counters) == (None, None, None, None)


def test_files_are_looked_at_by_the_first_process(agent: Agent, shell: Shell) -> None:
    shell.looked_at = {"notes.txt": {"kind": "file", "size": 7, "mode": "640", "sha256": "ab", "content": "eA=="}}
    seen = state(agent, ("notes.txt", "gone"))
    assert [(f.path, f.kind, f.size, f.mode, f.content) for f in seen.files] == [
        ("notes.txt", "file", 7, "640", "eA=="),
        ("gone", "missing", 0, "", None),
    ]


def test_the_checks_of_an_observation_say_what_is_asked(agent: Agent, shell: Shell) -> None:
    asks = {"at": "now", "host": "server", "path": "notes.txt"}
    seen = state(agent, notes=("file", asks), other=("file", asks | {"at": "end", "path": "late"}))
    assert [file.path for file in seen.files] == ["notes.txt"]


def test_a_check_of_no_one_host_asks_for_the_socket_table_alone(agent: Agent, shell: Shell) -> None:
    seen = state(agent, dead=("tcp.deadlock", {"at": "now"}))
    assert [s.local_port for s in seen.sockets] == [8080]
    assert shell.ran == []


def test_tables_are_asked_for_where_a_check_of_the_host_reads_them(agent: Agent, shell: Shell) -> None:
    here, later = {"at": "now", "host": "server"}, {"at": "end", "host": "server"}
    other = {"at": "now", "host": "alice", "name": "TcpActiveOpens"}
    seen = state(
        agent, gone=("neighbour", here), joined=("group", here), way=("route", later), opens=("counter", other)
    )
    assert shell.tables == ["neighbours", "groups"]
    assert seen.neighbours[0].state == "FAILED"
    assert seen.groups[0].address == "239.1.2.3"
    assert (seen.routes, seen.counters) == (None, None)
    shell.tables.clear()
    state(agent, way=("route", here), overflows=("counter", here | {"name": "TcpExtListenOverflows"}))
    assert shell.tables == ["routes", "counters"]


def test_the_file_of_another_host_that_a_check_compares_with_is_asked_there(shell: Shell, agent: Agent) -> None:
    check = {"host": "alice", "path": "copy.txt", "same_as": {"host": "server", "path": "notes.txt"}}
    one, other = (("file", {"at": at, **check}) for at in ("now", "later"))
    assert [file.path for file in state(agent, one=one, other=other).files] == ["notes.txt"]


def test_the_memory_of_a_process_is_the_kernel_s_own_count(agent: Agent) -> None:
    held = b"x" * (200 << 20)
    del held
    peak = observe._peaks(observe.testinfra_host(agent))[str(os.getpid())]
    assert 200 << 10 < peak <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_processes_are_the_programs_and_not_the_labs(agent: Agent, shell: Shell) -> None:
    table = b"""\
      1     0     1    1 Ss   root                             python3
      7     1     7    4 Sl   student                          python3 server.py  8080
      8     7     7    1 Z    student
      9     1     9    1 R    root                             ps -ww
"""
    shell.answers["ps "] = (0, table)
    shell.answers["grep "] = (0, b"/proc/1/status:VmHWM:\t   20000 kB\n/proc/7/status:VmHWM:\t   11264 kB\n")
    seen = state(agent, process=("process", {"at": "now", "host": "server", "program": "server"}))
    assert [(p.pid, p.parent, p.user, p.state, p.threads, p.command, p.program, p.peak) for p in seen.processes] == [
        (7, 1, "student", "Sl", 4, "python3 server.py  8080", "server", 11264),
        (8, 7, "student", "Z", 1, "", "server", 0),
    ]


def test_a_host_on_which_no_shell_can_be_started_is_an_error(agent: Agent, shell: Shell) -> None:
    def refuse(**_: object) -> None:
        raise Refused("Resource temporarily unavailable", 11)

    shell.do_run = refuse  # type: ignore[method-assign, assignment]
    with pytest.raises(EngineError, match=r"cannot be observed: server: Resource temporarily unavailable$"):
        state(agent, ("notes.txt",))
