"""What the images hold, asked with testinfra from inside, as the lab's checks ask."""

from __future__ import annotations

import base64
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from testinfra.host import Host

from lab import images
from lab.agent import Agent
from lab.engine import ContainerSpec, Engine
from lab.hosts import HOST_CAPABILITIES, SYSCTLS
from lab.observe import testinfra_host as asked_over
from lab.runs import ROLE_LABEL

TOOLS = ["ip", "ss", "ifconfig", "ping", "nslookup", "dnsmasq", "nc", "strace", "tcpdump", "python3"]
MOST = {"output": 1 << 20, "open_files": 256, "file_size": 1 << 20, "cpu": 30}
WRITABLE = {"/home/student": "rw,exec,uid=1000,gid=1000,mode=0755", "/tmp": "rw,mode=1777"}


@contextmanager
def container(engine: Engine, image: str) -> Iterator[Agent]:
    """A host of an image, as runs start them, with no network."""
    spec = ContainerSpec(
        name="",
        image=images.tag(image),
        labels={ROLE_LABEL: "test"},
        hostname="host",
        capabilities=HOST_CAPABILITIES,
        sysctls=SYSCTLS,
        writable=WRITABLE,
    )
    made = engine.create(spec)
    try:
        agent = Agent(image, engine.attach(made), queue.SimpleQueue())
        engine.start(made)
        yield agent
    finally:
        engine.remove(made)
        agent.close()


@pytest.fixture(scope="module")
def host(engine: Engine) -> Iterator[Host]:
    with container(engine, "host") as agent:
        yield asked_over(agent)


def test_it_is_debian_13(host: Host) -> None:
    assert (host.system_info.distribution, host.system_info.codename) == ("debian", "trixie")


def test_it_has_python_3_13(host: Host) -> None:
    assert host.check_output("python3 -c 'import sys; print(sys.version_info[:2])'") == "(3, 13)"


@pytest.mark.parametrize("tool", TOOLS)
def test_it_has_the_tools_of_the_texts(host: Host, tool: str) -> None:
    assert host.exists(tool)


def test_programs_have_a_user(host: Host) -> None:
    student = host.user("student")
    assert (student.uid, student.gid, student.home, student.shell) == (1000, 1000, "/home/student", "/bin/bash")
    assert host.file("/home/student").user == "student"


def test_nothing_runs_but_the_first_process(host: Host) -> None:
    assert host.check_output("ps -e -o pid=,user=").split()[:2] == ["1", "root"]


Started = Callable[..., tuple[str, str]]


@pytest.fixture
def as_student(engine: Engine) -> Iterator[Callable[..., tuple[int, str]]]:
    """Run a program as the student of a new host: its exit status and all that it printed."""
    events: queue.SimpleQueue[object] = queue.SimpleQueue()
    with container(engine, "host") as agent:
        agent._inbox = events  # type: ignore[assignment]

        def run(*command: str) -> tuple[int, str]:
            agent.ask("start", program="p", run=list(command), env={}, terminal=False, most=MOST)
            printed = b""
            while True:
                event = events.get(timeout=30)
                if event.kind == "output":  # type: ignore[attr-defined]
                    printed += base64.b64decode(event.body["data"])  # type: ignore[attr-defined]
                elif event.kind == "ended":  # type: ignore[attr-defined]
                    return event.body["exit"], printed.decode()  # type: ignore[attr-defined]

        yield run


def test_ping_needs_no_privilege(as_student: Callable[..., tuple[int, str]]) -> None:
    status, printed = as_student("ping", "-c", "1", "127.0.0.1")
    assert status == 0
    assert "1 received" in printed


def test_strace_needs_no_privilege(as_student: Callable[..., tuple[int, str]]) -> None:
    status, printed = as_student("strace", "-f", "-e", "trace=network", "nc", "-z", "127.0.0.1", "9")
    assert status == 1
    assert "connect(" in printed
    assert "ECONNREFUSED" in printed


def test_a_capture_needs_privilege(as_student: Callable[..., tuple[int, str]]) -> None:
    status, printed = as_student("tcpdump", "-i", "lo", "-c", "1")
    assert status == 1
    assert "permission" in printed


def test_the_tap_has_its_tools(engine: Engine) -> None:
    spec = ContainerSpec(name="", image=images.tag("tap"), labels={ROLE_LABEL: "test"}, trusted=True)
    made = engine.create(spec)
    try:
        names = {name for name in ("ip", "tcpdump", "python3") if _there(engine, made, f"/usr/bin/{name}")}
    finally:
        engine.remove(made)
    assert names == {"ip", "tcpdump", "python3"}


def _there(engine: Engine, made: str, path: str) -> bool:
    return bool(b"".join(engine.copy_out(made, path)))
