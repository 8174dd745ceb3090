"""The first process of a host as a process of this machine: it keeps its own user, and its home is a folder."""

from __future__ import annotations

import base64
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

HOST = Path(__file__).parents[3] / "images" / "host"
AS_ANYBODY = """\
import contextlib, os, sys
sys.path.insert(0, sys.argv[1])
import student
student.acting, student.USER, student.GROUP, student.HOME = contextlib.nullcontext, 0, 0, sys.argv[2]
import limits, seccomp
limits.COUNTERS = {"processes": (), "memory": ()}
limits.FOLDERS = ()
os.setgroups = os.setresgid = os.setresuid = lambda *_: None
limits.full.__defaults__ = limits.largest.__defaults__ = ((),)
seccomp.program = lambda machine: None
import init
init.Init().run()
"""
PATIENCE = 10.0
MOST = {"open_files": 256, "file_size": 1 << 20, "cpu": 60}


class Init:
    """The lab's end of the conversation with init.py."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", AS_ANYBODY, str(HOST), str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdin
        assert self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.ready = selectors.DefaultSelector()
        self.ready.register(self.stdout, selectors.EVENT_READ)
        self.heard: list[dict[str, Any]] = []
        self.rest = b""
        self.number = 0

    def tell(self, do: str, **arguments: object) -> int:
        self.number += 1
        self.stdin.write(json.dumps({"id": self.number, "do": do} | arguments).encode() + b"\n")
        self.stdin.flush()
        return self.number

    def ask(self, do: str, **arguments: object) -> dict[str, Any]:
        return self.reply(self.tell(do, **arguments))

    def reply(self, number: int) -> dict[str, Any]:
        return self.until(lambda m: m.get("id") == number)

    def event(self, kind: str, **wanted: object) -> dict[str, Any]:
        return self.until(lambda m: m.get("event") == kind and wanted.items() <= m.items())

    def until(self, found: Any) -> dict[str, Any]:
        """The first message that was not asked for before."""
        deadline = time.monotonic() + PATIENCE
        while True:
            for message in self.heard:
                if found(message):
                    self.heard.remove(message)
                    return message
            assert time.monotonic() < deadline, self.heard
            self.hear(deadline - time.monotonic())

    def hear(self, within: float) -> None:
        if not self.ready.select(within):
            return
        data = os.read(self.stdout.fileno(), 1 << 16)
        assert data, "init ended"
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.heard += map(json.loads, lines)

    def start(
        self, name: str, *run: str, terminal: bool | tuple[int, int] = False, limit: int = 1 << 20, **env: str
    ) -> dict[str, Any]:
        most = MOST | {"output": limit}
        return self.ask("start", program=name, run=run, env=env, terminal=terminal, most=most)

    def write(self, name: str, data: bytes) -> dict[str, Any]:
        return self.ask("write", program=name, data=base64.b64encode(data).decode())

    def printed(self, name: str, size: int, stream: str = "out") -> bytes:
        """The next `size` bytes of a program's output."""
        data = b""
        while len(data) < size:
            data += base64.b64decode(self.event("output", program=name, stream=stream)["data"])
        assert len(data) == size, data
        return data


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def init(home: Path) -> Iterator[Init]:
    made = Init(home)
    made.event("up")
    yield made
    for program in ("p", "q"):  # whatever still runs, or was never started
        made.ask("signal", program=program, name="KILL")
    made.stdin.close()
    assert made.process.wait(PATIENCE) == 0
    made.stdout.close()
    made.ready.close()


def test_a_program_is_started_types_and_ends(init: Init) -> None:
    started = init.start("p", "cat")["ok"]
    assert abs(time.time_ns() - started["time"]) < 60 * 10**9
    init.write("p", b"hello\n")
    assert init.printed("p", 6) == b"hello\n"
    init.ask("close", program="p")
    ended = init.event("ended")
    assert (ended["program"], ended["exit"], ended["printed"]) == ("p", 0, 6)


def test_the_end_comes_after_everything_that_was_printed(init: Init) -> None:
    init.start("p", "sh", "-c", "printf %70000d 1; printf oops >&2; exit 3")
    assert len(init.printed("p", 70000)) == 70000
    assert init.printed("p", 4, "err") == b"oops"
    assert init.event("ended")["exit"] == 3
    assert not any(message.get("event") == "output" for message in init.heard)


def test_a_command_that_does_not_exist_is_refused_with_its_errno(init: Init) -> None:
    reply = init.start("p", "./nosuch")
    assert (reply["error"], reply["errno"]) == ("No such file or directory", 2)
    assert init.ask("signal", program="p", name="TERM")["error"] == "not started"


def test_a_file_that_may_not_be_executed(init: Init, home: Path) -> None:
    (home / "server").write_text("no")
    assert init.start("p", "./server")["errno"] == 13


def test_a_running_program_is_not_started_again_but_an_ended_one_is(init: Init) -> None:
    init.start("p", "cat")
    refused = init.start("p", "cat")
    assert (refused["error"], "errno" in refused) == ("still running", False)
    init.ask("close", program="p")
    init.event("ended")
    assert "ok" in init.start("p", "true")


def test_programs_find_a_clean_environment_and_their_own(init: Init, home: Path) -> None:
    init.start("p", "env", MODE="慢")
    size = init.event("ended")["printed"]
    found = dict(line.split("=", 1) for line in init.printed("p", size).decode().splitlines())
    assert found["MODE"] == "慢"
    assert (found["HOME"], found["LANG"]) == (str(home), "C.UTF-8")
    assert not set(found) & {"PYTEST_CURRENT_TEST", "VIRTUAL_ENV"}


def test_programs_run_in_their_home_in_a_session_of_their_own(init: Init, home: Path) -> None:
    pid = init.start("p", "sh", "-c", "pwd; cat")["ok"]["pid"]
    assert os.getsid(pid) == pid
    assert init.printed("p", len(str(home)) + 1) == f"{home}\n".encode()


def test_files_are_put_into_the_home_with_their_folders(init: Init, home: Path) -> None:
    content = bytes(range(256))
    assert init.ask("files", files={"data/x.bin": base64.b64encode(content).decode()})["ok"] == {}
    assert (home / "data" / "x.bin").read_bytes() == content
    assert os.access(home / "data" / "x.bin", os.X_OK)  # it may be the command itself


def test_files_that_cannot_be_written_are_refused(init: Init, home: Path) -> None:
    (home / "data").write_text("a file")
    assert init.ask("files", files={"data/x": ""})["errno"] in (17, 20)


def test_a_signal_reaches_the_program_and_its_children(init: Init) -> None:
    init.start("p", "sh", "-c", "sleep 60 & sleep 60")
    init.ask("signal", program="p", name="TERM")
    ended = init.event("ended")
    assert ended["signal"] == "TERM"
    assert "exit" not in ended


BUSY = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: sys.exit(7 if asleep else 8))
asleep = False
print("busy", flush=True)
end = time.thread_time() + float(sys.argv[1])
while time.thread_time() < end:
    pass
asleep = True
time.sleep(60)
"""


def test_a_signal_comes_when_the_program_sleeps(init: Init) -> None:
    init.start("p", sys.executable, "-c", BUSY, "0.2")
    init.printed("p", 5)
    init.ask("signal", program="p", name="INT")
    assert init.event("ended")["exit"] == 7


def test_a_signal_does_not_wait_for_who_never_sleeps(init: Init) -> None:
    init.start("p", sys.executable, "-c", BUSY, "60")
    init.printed("p", 5)
    init.ask("signal", program="p", name="INT")
    assert init.event("ended")["exit"] == 8


def test_a_program_that_ends_before_it_sleeps_gets_no_signal(init: Init) -> None:
    init.start(
        "p", sys.executable, "-c", "print('up', flush=True)\nfor _ in range(10**6): pass\nimport os; os._exit(3)"
    )
    init.printed("p", 3)
    assert init.ask("signal", program="p", name="INT")["error"] == "it has ended"


def test_what_has_ended_can_neither_be_typed_to_nor_signalled(init: Init) -> None:
    init.start("p", "true")
    init.event("ended")
    for reply in (init.write("p", b"x"), init.ask("close", program="p"), init.ask("signal", program="p", name="INT")):
        assert reply["error"] == "it has ended"


def test_a_closed_input_takes_nothing_more(init: Init) -> None:
    init.start("p", "sleep", "60")
    init.ask("close", program="p")
    init.ask("close", program="p")
    assert init.write("p", b"x")["error"] == "its input is closed"


def test_a_program_that_does_not_read_blocks_nobody(init: Init) -> None:
    init.start("p", "sleep", "60")
    init.start("q", "cat")
    init.write("p", b"x" * 300_000)
    init.write("q", b"hello\n")
    assert init.printed("q", 6) == b"hello\n"


def test_more_than_a_pipe_holds_arrives_whole_and_then_the_end(init: Init) -> None:
    init.start("p", "sh", "-c", "sleep 0.1; wc -c")
    init.write("p", b"x" * 300_000)
    init.ask("close", program="p")
    assert init.event("ended")["exit"] == 0
    assert init.printed("p", 7) == b"300000\n"


def test_a_program_that_closed_its_input_can_be_typed_to_in_vain(init: Init) -> None:
    init.start("p", "sh", "-c", "exec 0<&-; echo closed; sleep 60")
    init.printed("p", 7)
    assert "ok" in init.write("p", b"x" * 300_000)
    assert "ok" in init.ask("close", program="p")


def test_a_flood_is_told_up_to_the_limit_and_once_that_there_is_more(init: Init) -> None:
    init.start("p", "sh", "-c", "yes", limit=100_000)
    told, printed = b"", 0
    while printed <= 100_000:
        event = init.event("output")
        told += base64.b64decode(event["data"])
        printed = event["printed"]
    assert len(told) == 100_000
    init.ask("signal", program="p", name="KILL")
    ended = init.event("ended")
    assert ended["printed"] >= printed
    assert not any(message.get("event") == "output" for message in init.heard)


def test_output_of_exactly_the_limit(init: Init) -> None:
    init.start("p", "printf", "12345", limit=5)
    event = init.event("output")
    assert (base64.b64decode(event["data"]), event["printed"]) == (b"12345", 5)
    assert init.event("ended")["printed"] == 5
    assert not any(message.get("event") == "output" for message in init.heard)


def test_what_is_printed_beyond_the_limit_is_told_of_once(init: Init) -> None:
    init.start("p", "sh", "-c", "printf 12345; read x; printf 6; read x; printf 7", limit=5)
    assert init.event("output")["printed"] == 5
    init.write("p", b"\n")
    event = init.event("output")
    assert (event["data"], event["printed"]) == ("", 6)
    init.write("p", b"\n")
    assert init.event("ended")["printed"] == 7
    assert not any(message.get("event") == "output" for message in init.heard)


def test_a_terminal_is_one_and_neither_echoes_nor_rewrites_line_ends(init: Init) -> None:
    init.start("p", "sh", "-c", "test -t 0 && test -t 1 && printf 'name: '; read x; echo hello $x", terminal=True)
    assert init.printed("p", 6) == b"name: "
    init.write("p", b"alice\n")
    assert init.printed("p", 12) == b"hello alice\n"
    assert init.event("ended")["exit"] == 0


def test_the_end_of_a_terminals_input(init: Init) -> None:
    init.start("p", "cat", terminal=True)
    init.ask("close", program="p")
    assert init.event("ended")["exit"] == 0


def test_a_terminal_that_is_left_with_much_to_read_does_not_end_the_host(init: Init) -> None:
    init.start("p", "sleep", "0.1", terminal=True)
    for _ in range(20):
        init.write("p", b"x" * 1000 + b"\n")
    assert init.event("ended")["exit"] == 0
    assert "ok" in init.ask("sockets")


def test_orphans_are_reaped(init: Init, home: Path) -> None:
    init.start("p", "sh", "-c", "(true &) ; true")
    assert init.event("ended")["exit"] == 0
    assert "ok" in init.ask("sockets")


def test_a_child_that_goes_on_printing_does_not_hold_up_the_end(init: Init) -> None:
    pid = init.start("p", "sh", "-c", "yes & exit 0")["ok"]["pid"]
    assert init.event("ended")["exit"] == 0
    os.killpg(pid, signal.SIGKILL)


def test_a_command_of_the_labs_own(init: Init) -> None:
    reply = init.ask("run", argv=["sh", "-c", "printf out; printf err >&2; exit 4"])["ok"]
    assert (reply["status"], base64.b64decode(reply["out"]), base64.b64decode(reply["err"])) == (4, b"out", b"err")


def test_a_commands_output_is_bounded(init: Init) -> None:
    reply = init.ask("run", argv=["sh", "-c", "head -c 3000000 /dev/zero"])["ok"]
    assert len(base64.b64decode(reply["out"])) == 1 << 20


LISTENER = """\
import socket, sys
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
sys.stdin.readline()
c = socket.create_connection(s.getsockname())
sys.stdin.readline()
"""


def test_a_listening_socket_is_seen_with_its_program(init: Init) -> None:
    init.start("p", sys.executable, "-c", LISTENER)
    port = int(base64.b64decode(init.event("output")["data"]))
    seen = init.ask("watch", want={"listening": "tcp", "port": port}, program="p")["ok"]
    assert seen["met"]
    assert [(s["local"], s["local_port"], s["program"]) for s in seen["sockets"]] == [("127.0.0.1", port, "p")]
    init.write("p", b"\n")
    seen = init.ask("watch", want={"connected": "tcp", "port": port}, program="p")["ok"]
    assert [s["remote_port"] for s in seen["sockets"]] == [port]


PAIR = """\
import socket, sys, threading
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
c = socket.create_connection(s.getsockname())
a, _ = s.accept()
{more}
a.recv(1)
"""


def port_of_pair(init: Init, more: str = "") -> int:
    init.start("p", sys.executable, "-c", PAIR.format(more=more))
    return int(base64.b64decode(init.event("output")["data"]))


def test_a_program_that_waits_in_recv_is_seen(init: Init) -> None:
    port = port_of_pair(init)
    seen = init.ask("watch", want={"receiving": "tcp", "port": port}, program="p")["ok"]
    assert [(s["local_port"], s["call"]) for s in seen["sockets"]] == [(port, "recv")]
    told = init.ask("sockets")["ok"]
    rows = [s for s in told["sockets"] if port in (s["local_port"], s["remote_port"])]
    assert sorted((s["state"], s["call"] or "") for s in rows) == [
        ("ESTABLISHED", ""),
        ("ESTABLISHED", "recv"),
        ("LISTEN", ""),
    ]
    assert told["free"] == []
    assert told["time"] <= told["until"]


def test_a_machine_that_tells_of_no_calls_refuses_to_wait_for_one(
    load: Callable[[str, str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    init = load("host", "init")
    monkeypatch.setattr(init.calls, "known", lambda: False)
    with pytest.raises(init.Refused):
        init.Init.do_watch(None, 1, {"receiving": "tcp", "port": 1}, "p")


def test_a_look_at_sockets_that_fails_is_made_again(
    load: Callable[[str, str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    init = load("host", "init")
    told: list[object] = []
    monkeypatch.setattr(init, "tell", told.append)
    answers = iter([OSError("no memory"), {"met": True}])

    def seen(*_: object) -> object:
        if isinstance(answer := next(answers), OSError):
            raise answer
        return answer

    waiting = SimpleNamespace(
        watches={7: SimpleNamespace(number=7, program=None, seen=seen)}, programs={}, sessions=dict
    )
    init.Init.look(waiting)
    assert (told, list(waiting.watches)) == ([], [7])
    init.Init.look(waiting)
    assert (told, waiting.watches) == ([{"id": 7, "ok": {"met": True}}], {})


def test_who_waits_for_input_too_is_free(init: Init) -> None:
    port = port_of_pair(init, "threading.Thread(target=sys.stdin.readline).start()")
    assert init.ask("watch", want={"receiving": "tcp", "port": port}, program="p")["ok"]["met"]
    assert init.ask("sockets")["ok"]["free"] == ["p"]


def test_another_programs_socket_is_not_taken_for_it(init: Init) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        init.start("p", "sleep", "60")
        watch = init.tell("watch", want={"listening": "tcp", "port": port}, program="p")
        table = init.ask("sockets")["ok"]["sockets"]
        assert [s["program"] for s in table if s["local_port"] == port and s["state"] == "LISTEN"] == [None]
        assert init.ask("unwatch", watch=watch)["ok"] == {}
        assert not any(message.get("id") == watch for message in init.heard)


def test_a_watch_ends_with_its_program(init: Init) -> None:
    init.start("p", "sh", "-c", "read x")
    watch = init.tell("watch", want={"listening": "tcp", "port": 1}, program="p")
    init.write("p", b"\n")
    assert init.reply(watch)["ok"]["met"] is False


def test_when_the_lab_goes_away_it_ends(home: Path) -> None:
    gone = Init(home)
    gone.event("up")
    gone.stdin.close()
    assert gone.process.wait(PATIENCE) == 0
    gone.stdout.close()
    gone.ready.close()


def test_calls_of_a_traced_program_are_told_up_to_their_limit_and_their_end(init: Init, home: Path) -> None:
    (home / "p.py").write_text("import socket\nfor _ in range(9):\n    socket.socket().close()\nprint('done')\n")
    most = MOST | {"output": 100, "calls": 1000}
    asked = {"program": "p", "run": [sys.executable, "p.py"], "env": {}, "terminal": False, "most": most}
    assert "ok" in init.ask("start", trace="python", **asked)
    told = b""
    while not (event := init.event("calls", program="p"))["over"]:
        told += base64.b64decode(event["data"])
        assert event["cut"] == (len(told) == 1000)
    assert len(told) == 1000
    assert json.loads(told.splitlines()[0])["name"] == "socket"
    assert init.event("ended")["exit"] == 0
    assert init.printed("p", 5) == b"done\n"


def test_a_traced_program_that_cannot_be_started_is_refused_as_ever(init: Init) -> None:
    most = MOST | {"output": 100, "calls": 1000}
    for trace in ("python", "strace"):
        asked = {"program": "p", "run": ["./nosuch"], "env": {}, "terminal": False, "most": most}
        assert init.ask("start", trace=trace, **asked)["errno"] == 2


def test_a_terminal_that_a_person_sits_at_echoes_and_has_a_size(init: Init) -> None:
    init.start("p", "sh", terminal=(30, 100))
    init.write("p", b"stty size\n")
    said = b""
    while b"30 100\r\n" not in said:
        said += base64.b64decode(init.event("output", program="p")["data"])
    assert said.startswith((b"stty size\r\n", b"$ ", b"# "))
    init.ask("resize", program="p", window=(40, 120))
    init.write("p", b"stty size\n")
    while b"40 120\r\n" not in said:
        said += base64.b64decode(init.event("output", program="p")["data"])


def test_what_is_on_no_terminal_has_no_size(init: Init) -> None:
    init.start("p", "cat")
    assert init.ask("resize", program="p", window=(40, 120))["error"] == "it is on no terminal"
