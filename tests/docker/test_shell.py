"""`lab shell` on a terminal: somebody inside the hosts, another who looks on, and what is left when they leave."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import driving
import pytest
from driving import Command

from lab import reader, record
from lab.engine import Engine
from lab.record import END
from lab.runs import LIVE_FILE

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PATIENCE = 60.0
LADDER = b"\x1dl"


@dataclass
class Person:
    """Somebody at a terminal of 80 columns and 24 rows, in front of a command."""

    process: subprocess.Popen[bytes]
    terminal: int
    screen: str = ""

    def resizes(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hangs_up(self) -> None:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, self.terminal)
        os.close(nowhere)

    def types(self, data: bytes) -> None:
        os.write(self.terminal, data)

    def does(self, data: bytes, *texts: str) -> None:
        """Type something, and wait for what comes of it."""
        self.types(data)
        for text in texts:
            self.sees(text)

    def sees(self, text: str) -> str:
        """Wait until `text` comes after what was seen before; what came until then."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.screen:
            assert time.monotonic() < deadline, self.screen
            if select.select([self.terminal], [], [], 0.2)[0]:
                try:
                    self.screen += ESCAPES.sub("", os.read(self.terminal, 1 << 16).decode(errors="replace"))
                except OSError:
                    pytest.fail(f"{text!r} was never seen: {self.screen}")
        seen, _, self.screen = self.screen.partition(text)
        return seen

    def leaves(self) -> tuple[int, str]:
        """Read to the end; the exit status, and what was seen."""
        with contextlib.suppress(OSError):
            while data := os.read(self.terminal, 1 << 16):
                self.screen += ESCAPES.sub("", data.decode(errors="replace"))
        return self.process.wait(PATIENCE), self.screen


@contextlib.contextmanager
def at_terminal(lab: Command, *arguments: str) -> Iterator[Person]:
    """A `lab` command on a terminal of its own."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = os.environ | {"LAB_RUNS": str(lab.runs), "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - so that it is told of a new size
    )
    os.close(theirs)
    try:
        yield Person(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@pytest.fixture
def talk(written: Callable[..., Path]) -> Path:
    return written(
        """\
        hosts: {server: {}, alice: {}}
        programs:
          server: {host: server, run: [python3, server.py, "8080"]}
          alice: {host: alice, run: [python3, client.py, server, "8080"]}
        steps: [{start: server}]
        checks: {connected: {tcp.handshake: {to: {host: server, port: 8080}, complete: 1}}}
        """,
        server="""\
        import socket, sys
        with socket.create_server(("", int(sys.argv[1]))) as listener:
            print("listening")
            client, _ = listener.accept()
            print("heard", client.recv(100).decode())
        """,
        client="""\
        import socket, sys
        with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as server:
            server.sendall("你好".encode())
            print("end", server.recv(100))
        """,
    )


def test_by_hand_on_two_hosts_while_another_looks_on(engine: Engine, lab: Command, talk: Path) -> None:
    with driving.no_leaks(engine, lab.runs), at_terminal(lab, "shell", str(talk), "--host", "alice") as person:
        person.sees("alice:~$ ")
        (folder,) = lab.run_folders()
        onlooker = lab.start("watch", folder)
        person.does(b"hostname; stty size\r", "alice\r\n24 80\r\n")
        person.resizes(30, 100)
        person.does(b"\x1ds", "server 10.77.0.10", "server:~$ ")
        person.does(b"stty size; python3 server.py 8080\r", "30 100\r\nlistening")
        person.does(b"\x1d2", "alice:~$ ")
        person.does(b"python3 client.py server 8080\r", "end b''")
        said = driving.until_said(onlooker, "PSH ACK  seq 1  ack 1  len 6   你好")
        person.does(b"\x1d1", "heard 你好")
        person.does(LADDER, "alice  ──▶ server:8080   SYN  seq 0")
        person.does(b"watch -n 60 hostname\r", "Every 60.0s: hostname")
        person.does(b"\x1d2", "alice:~$ ")
        person.does(b"\x1d1", "Every 60.0s: hostname")  # once more, as it was away
        person.does(b"\x03", "server:~$ ")
        person.does(b"\x1d2", "alice:~$ ")
        person.types(b"exit\r")
        status, screen = person.leaves()
        assert status == 0
        assert "make inspect NAME=made RUN=" in screen
    watched = driving.ended(onlooker)
    assert watched.status == 0
    assert watched.out.endswith(f"the run is over: lab inspect {folder}\n")
    assert "server-sh ← heard 你好" in said + watched.out
    recorded = record.load(folder)
    assert recorded.steps == ()
    assert recorded.capture.whole
    server, alice = (recorded.programs[f"{host}-sh"] for host in ("server", "alice"))
    assert [line.text for line in server.output][:4] == [
        "server:~$ stty size; python3 server.py 8080",
        "30 100",
        "listening",
        "heard 你好",
    ]
    assert alice.output[0].text == "alice:~$ hostname; stty size"
    assert (alice.exit, server.stopped_by_lab) == (0, True)
    assert recorded.programs["server"].started is None
    assert {(s.state, s.remote_port) for s in recorded.observations[END]["alice"].sockets} <= {("TIME-WAIT", 8080)}
    (connection,) = reader.read(folder / recorded.capture.file).connections
    assert connection.handshake == "complete"
    assert not (folder / LIVE_FILE).exists()
    assert "server:8080" in lab("inspect", folder).out
    checked = lab("check", folder, "--json")
    assert [check["verdict"] for check in checked.document["checks"]] == ["passed"]


def test_a_shell_that_was_killed_is_cleaned_by_the_next_command(engine: Engine, lab: Command, talk: Path) -> None:
    with driving.no_leaks(engine, lab.runs):
        with at_terminal(lab, "shell", str(talk)) as person:
            person.sees("~$ ")
            os.kill(person.process.pid, signal.SIGKILL)
        (folder,) = lab.run_folders()
        assert driving.left_of(engine, lab.runs)
        lab("clean")
    assert {file.name for file in folder.iterdir()} == {"capture.pcapng"}


def test_whoever_closes_the_terminal_has_left(engine: Engine, lab: Command, talk: Path) -> None:
    with driving.no_leaks(engine, lab.runs), at_terminal(lab, "shell", str(talk)) as person:
        person.sees("~$ ")
        person.hangs_up()
        assert person.process.wait(PATIENCE) == 0
    (folder,) = lab.run_folders()
    assert record.load(folder).capture.whole


def test_without_a_terminal_there_is_no_shell(lab: Command, talk: Path) -> None:
    said = lab("shell", talk)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("`lab shell` needs a terminal: ")
    assert not lab.runs.exists()
