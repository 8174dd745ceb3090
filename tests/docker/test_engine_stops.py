"""The engine goes away in the middle of a run: an engine of the test's own, that no other test uses."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import docker
import driving
import pytest
from driving import Command, ended, until_said

from lab import images
from lab.capture import CAPTURE_FILE
from lab.engine import Engine

WITHIN = 60  # seconds for the daemon to answer, or to end


class OwnEngine:
    """A dockerd with folders of its own, that touches nothing of the machine's networking."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"unix://{folder}/engine.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        # In a network namespace of its own: with --bridge=none a daemon takes the machine's docker0 away.
        command = [
            "unshare",
            "--net",
            "--mount",
            "dockerd",
            "--data-root",
            self.folder / "data",
            "--exec-root",
            self.folder / "exec",
        ]
        command += ["--pidfile", self.folder / "engine.pid", "--host", self.address]
        command += ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + WITHIN
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.02)

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as asking:
            if asking.connect_ex(str(self.folder / "engine.sock")):
                return False
            asking.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 OK" in asking.recv(100)

    def end(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(WITHIN)
        self.process = None
        if number == signal.SIGKILL:  # what it started goes with it: the next daemon would wait for the old containerd
            file = self.folder / "exec" / "containerd" / "containerd.pid"
            with suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGKILL)
            file.unlink()

    def take(self, tags: list[str]) -> None:
        """Give it images of the machine's engine."""
        with closing(docker.from_env()) as there, closing(docker.DockerClient(self.address, timeout=WITHIN)) as here:
            both = there.api._get(there.api._url("/images/get"), params={"names": tags}, stream=True)
            for _ in here.api.load_image(both.iter_content(1 << 20)):  # it is loaded when it has told everything
                pass
            both.close()

    def clear_up(self) -> None:
        """End it and whatever it started; a daemon that was killed is started again for that."""
        if self.process is None:
            self.start()
        with closing(docker.DockerClient(self.address, timeout=WITHIN)) as client:
            for container in client.containers.list(all=True):
                container.remove(force=True)
        self.end(signal.SIGTERM)
        mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for place in sorted((m for m in mounts if m.startswith(f"{self.folder}/")), reverse=True):
            subprocess.run(["umount", place], check=True)
        shutil.rmtree(self.folder)


@pytest.fixture
def own(engine: Engine) -> Iterator[OwnEngine]:
    assert engine
    own = OwnEngine(Path(tempfile.mkdtemp(prefix="lab-engine-")))  # a short path: a socket's has at most 107 bytes
    own.start()
    try:
        own.take([images.tag(name) for name in images.names()])
        yield own
    finally:
        own.clear_up()


@pytest.mark.timeout(240)
def test_the_engine_stops(own: OwnEngine, into: Path) -> None:
    lab = Command(into)
    with lab.start("run", driving.HERE / "waiting", DOCKER_HOST=own.address) as process:
        until_said(process, "server ← middle")
        own.end(signal.SIGKILL)
        said = ended(process)
    assert said.status == 3
    assert len(said.err.strip().splitlines()) == 1
    assert "engine" in said.err
    assert lab("run", driving.HERE / "waiting", DOCKER_HOST=own.address).status == 3
    own.start()
    assert lab("clean", DOCKER_HOST=own.address).out.startswith("1 dead run cleaned up")
    (run,) = lab.run_folders()
    assert [f.udp(7060) for f in driving.frames_of(run / CAPTURE_FILE)].count(b"middle") == 1
    with closing(docker.DockerClient(own.address)) as client:
        assert client.containers.list(all=True) == []
