from __future__ import annotations

import base64
import hashlib
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

CONTENT = "你好\n".encode()
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
        self.answers: dict[str, tuple[int, bytes]] = {}

    def do_sockets(self, number: int) -> dict[str, Any]:
        return {"time": 5, "until": 6, "free": ["server"], "sessions": {"7": "server"}, "sockets": [SOCKET]}

    def do_run(self, number: int, argv: list[str]) -> dict[str, Any]:
        assert argv[:2] == ["sh", "-c"]
        self.ran.append(argv[2])
        answer = next((a for start, a in self.answers.items() if argv[2].startswith(start)), None)
        if answer is None:
            done = subprocess.run(argv, capture_output=True, check=False)
            answer = done.returncode, done.stdout
        return {"status": answer[0], "out": base64.b64encode(answer[1]).decode(), "err": ""}


@pytest.fixture
def shell(home: Path) -> Shell:
    return Shell()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "notes.txt").write_bytes(CONTENT)
    (tmp_path / "notes.txt").chmod(0o640)
    (tmp_path / "folder").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to("notes.txt")
    monkeypatch.setattr(observe, "HOME", str(tmp_path))
    return tmp_path


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
    assert (seen.files, seen.processes, shell.ran) == ((), (), [])


def test_a_file_with_its_content(agent: Agent) -> None:
    (file,) = state(agent, ("notes.txt",)).files
    assert (file.path, file.kind, file.size, file.mode) == ("notes.txt", "file", 7, "640")
    assert base64.b64decode(file.content) == CONTENT
    assert file.sha256 == hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize(
    ("path", "kind", "mode"),
    [
        ("folder", "directory", "755"),
        ("link", "symlink", ""),
        ("/dev/null", "other", "666"),
        ("gone", "missing", ""),
    ],
)
def test_what_is_no_file_is_named(agent: Agent, path: str, kind: str, mode: str) -> None:
    (file,) = state(agent, (path,)).files
    assert (file.kind, file.mode, file.content) == (kind, mode, None)


def test_a_path_is_never_a_command(agent: Agent, home: Path) -> None:
    (file,) = state(agent, (f"x; rm {home}/notes.txt",)).files
    assert file.kind == "missing"
    assert (home / "notes.txt").exists()


def test_a_file_with_a_strange_name(agent: Agent, home: Path) -> None:
    (home / "-你 好'; $x").write_text("here")
    (file,) = state(agent, ("-你 好'; $x",)).files
    assert (file.kind, file.size) == ("file", 4)


def test_of_a_long_file_the_beginning_is_kept(agent: Agent, home: Path) -> None:
    (home / "long").write_bytes(b"x" * (observe.CONTENT_LIMIT + 5))
    (file,) = state(agent, ("long",)).files
    assert file.size == observe.CONTENT_LIMIT + 5
    assert base64.b64decode(file.content) == b"x" * observe.CONTENT_LIMIT


def test_a_file_that_may_not_be_read_has_no_content(agent: Agent, shell: Shell) -> None:
    shell.answers["stat "] = (1, b"8180 7\n")
    (file,) = state(agent, ("notes.txt",)).files
    assert (file.kind, file.size, file.mode, file.sha256, file.content) == ("file", 7, "600", None, None)


def test_an_empty_file_has_empty_content(agent: Agent, home: Path) -> None:
    (home / "empty").touch()
    (file,) = state(agent, ("empty",)).files
    assert (file.kind, file.size, file.sha256, file.content) == ("file", 0, hashlib.sha256().hexdigest(), "")


def test_a_file_is_asked_about_in_one_command(agent: Agent, shell: Shell) -> None:
    state(agent, ("notes.txt", "gone", "folder"))
    assert len([command for command in shell.ran if command.startswith("stat ")]) == 3
    assert len(shell.ran) == 3 + len([command for command in shell.ran if command.startswith(("ps ", "grep "))])


def test_the_checks_of_an_observation_say_what_is_asked(agent: Agent, shell: Shell) -> None:
    asks = {"at": "now", "host": "server", "path": "notes.txt"}
    seen = state(agent, notes=("file", asks), other=("file", asks | {"at": "end", "path": "late"}))
    assert [file.path for file in seen.files] == ["notes.txt"]


def test_a_check_of_no_one_host_asks_for_the_socket_table_alone(agent: Agent, shell: Shell) -> None:
    seen = state(agent, dead=("tcp.deadlock", {"at": "now"}))
    assert [s.local_port for s in seen.sockets] == [8080]
    assert shell.ran == []


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
    with pytest.raises(
        EngineError, match="cannot be observed: server: Resource temporarily unavailable: did a program"
    ):
        state(agent, ("notes.txt",))
