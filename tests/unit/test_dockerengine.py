"""The Docker adapter against an API that answers from a list: what it sends, and how it words what goes wrong."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lab.dockerengine import DockerEngine, DockerStream, _missing, connect
from lab.engine import Bounds, ContainerSpec
from lab.errors import EngineError, EngineMissing, ImageError

FULL = ContainerSpec(
    name="lab-r-host-alice",
    image="socket-lab/host:1",
    labels={"socket-lab.run": "r"},
    hostname="alice",
    capabilities=("KILL",),
    names=(("alice", "10.77.0.10"), ("alice", "fd77::10")),
    nameservers=("10.77.0.53", "fd77::53"),
    sysctls={"net.x": "1"},
    writable={"/tmp": "rw"},
    bounds=Bounds(processes=10, memory=1 << 20, processors=2),
)


class Daemon(ThreadingHTTPServer):
    """Answers `METHOD /path` (without version and query) from `answers`: (status, body)."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, tuple[int, Any]] = {
            "GET /version": (200, {"Version": "28.1", "ApiVersion": "1.44", "KernelVersion": "6.1", "Arch": "amd64"}),
            "GET /_ping": (200, "OK"),
        }
        self.asked: list[tuple[str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: Daemon
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        path = self.path.partition("?")[0]
        path = "/" + path.split("/", 2)[2] if path.startswith("/v1") else path
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if size else b""
        is_json = self.headers.get("Content-Type") == "application/json"
        key = f"{self.command} {path}"
        self.server.asked.append((f"{self.command} {self.path}", json.loads(body) if is_json and body else None))
        status, answer = self.server.answers.get(key, (404, {"message": f"no such thing: {key}"}))
        data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        if status != 204:
            self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data))

    do_GET = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    with Daemon() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{made.server_address[1]}")
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def engine(daemon: Daemon) -> Iterator[DockerEngine]:
    made = connect()
    assert isinstance(made, DockerEngine)
    yield made
    made._api.close()


def test_facts(daemon: Daemon, engine: DockerEngine) -> None:
    facts = engine.facts()
    assert (facts.name, facts.version, facts.kernel, facts.architecture) == ("docker", "28.1", "6.1", "amd64")


def test_an_image_that_is_there_and_one_that_is_not(daemon: Daemon, engine: DockerEngine) -> None:
    daemon.answers["GET /images/x:1/json"] = (200, {"Id": "sha256:1"})
    assert engine.image("x:1") == "sha256:1"
    assert engine.image("y:1") is None


def test_images_by_the_beginning_of_their_name(daemon: Daemon, engine: DockerEngine) -> None:
    daemon.answers["GET /images/json"] = (
        200,
        [{"RepoTags": ["b/x:1", "lab/b:2"]}, {"RepoTags": None}, {"RepoTags": ["lab/a:1"]}],
    )
    assert engine.images("lab/") == ["lab/a:1", "lab/b:2"]


def test_a_build_that_fails_says_the_step_and_the_complaint(
    daemon: Daemon, engine: DockerEngine, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM x")
    lines = [
        "Step 1/2 : FROM x",
        "Step 2/2 : RUN apt-get",
        "\x1b[91mE: Unable to locate package y\x1b[0m",
        " ---> Running in 1",
    ]
    said = [{"stream": f"{line}\n"} for line in lines] + [{"error": "exit code: 100"}]
    daemon.answers["POST /build"] = (200, "".join(json.dumps(line) for line in said))
    told: list[str] = []
    with pytest.raises(ImageError, match=r"image t:1 could not be built: Step 2/2, E: Unable to locate package y"):
        engine.build(tmp_path, "t:1", {}, told.append)
    assert told == ["Step 1/2 : FROM x", "Step 2/2 : RUN apt-get", "E: Unable to locate package y", "---> Running in 1"]


def created(daemon: Daemon, engine: DockerEngine, spec: ContainerSpec) -> dict[str, Any]:
    daemon.answers["POST /containers/create"] = (201, {"Id": "c1"})
    assert engine.create(spec) == "c1"
    body: dict[str, Any] = daemon.asked[-1][1]
    return body


def test_a_host_that_asks_nobody_gives_up_at_once(daemon: Daemon, engine: DockerEngine) -> None:
    host = created(daemon, engine, ContainerSpec(name="", image="i", labels={}))["HostConfig"]
    assert host["Dns"] == ["127.0.0.1"]
    assert (host["DnsOptions"], host["DnsSearch"]) == (["timeout:1", "attempts:1"], ["."])


def test_a_host_has_no_network_of_the_engine_and_no_privilege(daemon: Daemon, engine: DockerEngine) -> None:
    body = created(daemon, engine, FULL)
    host = body["HostConfig"]
    assert host["NetworkMode"] == "none"
    assert (host["CapDrop"], host["CapAdd"]) == (["ALL"], ["KILL"])
    assert host["ReadonlyRootfs"] is True
    assert "no-new-privileges" in host["SecurityOpt"]
    assert "PidMode" not in host
    assert "Binds" not in host
    assert host["ExtraHosts"] == ["alice:10.77.0.10", "alice:fd77::10"]
    assert host["Dns"] == ["10.77.0.53", "fd77::53"]
    assert (host["DnsOptions"], host["DnsSearch"]) == (["timeout:5", "attempts:2"], ["."])
    assert host["Sysctls"] == {"net.x": "1"}
    assert (body["Image"], body["Hostname"], body["Labels"]) == ("socket-lab/host:1", "alice", FULL.labels)


def test_a_host_is_bounded(daemon: Daemon, engine: DockerEngine) -> None:
    host = created(daemon, engine, FULL)["HostConfig"]
    assert (host["PidsLimit"], host["Memory"], host["MemorySwap"]) == (10, 1 << 20, 1 << 20)
    assert (host["CpuQuota"], host["CpuPeriod"]) == (200_000, 100_000)


def test_only_what_is_trusted_sees_the_machines_processes(daemon: Daemon, engine: DockerEngine) -> None:
    host = created(daemon, engine, ContainerSpec(name="t", image="i", labels={}, trusted=True))["HostConfig"]
    assert host["PidMode"] == "host"
    assert host["NetworkMode"] == "none"


def test_a_start_tells_the_process(daemon: Daemon, engine: DockerEngine) -> None:
    daemon.answers |= {
        "POST /containers/c1/start": (204, ""),
        "GET /containers/c1/json": (200, {"State": {"Pid": 4711}}),
    }
    assert engine.start("c1") == 4711


def test_what_the_engine_refuses_is_said_in_its_words(daemon: Daemon, engine: DockerEngine) -> None:
    daemon.answers["POST /containers/create"] = (409, {"message": "the name is in use"})
    with pytest.raises(EngineError, match=r"^the engine refused: the name is in use$") as error:
        engine.create(FULL)
    assert error.value.exit_code == 3


@pytest.mark.parametrize("status", [204, 404, 409])
def test_what_is_gone_or_going_is_removed(daemon: Daemon, engine: DockerEngine, status: int) -> None:
    daemon.answers["DELETE /containers/c1"] = (status, {"message": "removal in progress"})
    engine.remove("c1")


def test_what_cannot_be_removed_is_an_error(daemon: Daemon, engine: DockerEngine) -> None:
    daemon.answers["DELETE /containers/c1"] = (500, {"message": "device is busy"})
    with pytest.raises(EngineError, match="device is busy"):
        engine.remove("c1")


@pytest.mark.parametrize(("state", "ended"), [("exited", True), ("dead", True), ("running", False), ("created", False)])
def test_containers_by_label_also_those_that_ended(
    daemon: Daemon, engine: DockerEngine, state: str, ended: bool
) -> None:
    daemon.answers["GET /containers/json"] = (
        200,
        [{"Id": "c1", "Names": ["/lab-r-tap"], "Labels": {"socket-lab.run": "r"}, "State": state}],
    )
    (found,) = engine.containers("socket-lab.run")
    assert (found.id, found.name, found.ended) == ("c1", "lab-r-tap", ended)
    assert "all=1" in daemon.asked[-1][0]


def test_an_engine_that_stops_between_two_requests(daemon: Daemon, engine: DockerEngine) -> None:
    daemon.shutdown()
    daemon.server_close()
    with pytest.raises(EngineError, match=r"the engine went away: .*: see `lab doctor`, then run it again"):
        engine.images("x")


def test_no_engine_at_a_docker_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
    with pytest.raises(EngineMissing, match=rf"no engine answers at DOCKER_HOST=tcp://127\.0\.0\.1:{port}"):
        connect()


@pytest.mark.parametrize("where", ["nonsense", "http://[::1", "tcp://"])
def test_a_docker_host_that_makes_no_sense(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", where)
    with pytest.raises(EngineMissing, match="check the address, or unset DOCKER_HOST"):
        connect()


def test_whoever_may_not_use_the_engine_is_told_what_to_do() -> None:
    missing = _missing("", PermissionError(13, "Permission denied"))
    assert (
        str(missing) == "you may not use the container engine: as root: `usermod -aG docker $USER`, then log in again"
    )


def test_no_engine_where_docker_looks_by_itself() -> None:
    assert str(_missing("", OSError(2, "No such file"))).startswith("no container engine answers: `lab doctor --fix`")


def stream() -> tuple[DockerStream, socket.socket]:
    ours, theirs = socket.socketpair()
    return DockerStream(ours), theirs


def frame(number: int, data: bytes) -> bytes:
    return struct.pack(">BxxxL", number, len(data)) + data


def test_a_stream_takes_its_frames_apart() -> None:
    ours, theirs = stream()
    theirs.sendall(frame(1, b"out") + frame(2, b"err") + frame(1, b"x" * 100_000))
    theirs.shutdown(socket.SHUT_WR)
    assert [ours.receive() for _ in range(4)] == [(1, b"out"), (2, b"err"), (1, b"x" * 100_000), (0, b"")]
    ours.close()
    theirs.close()


def test_what_is_sent_arrives_and_the_end_too() -> None:
    ours, theirs = stream()
    ours.send(b"hello\n")
    assert theirs.recv(100) == b"hello\n"
    ours.close()
    assert theirs.recv(100) == b""
    theirs.close()


def test_a_stream_that_was_cut_is_at_its_end() -> None:
    ours, theirs = stream()
    theirs.sendall(frame(1, b"whole")[:4])
    theirs.close()
    assert ours.receive() == (0, b"")
    with pytest.raises(EngineError, match="the engine went away"):
        ours.send(b"x" * 1_000_000)
    ours.close()
    assert ours.receive() == (0, b"")


@pytest.mark.parametrize(
    ("status", "out_of_memory", "events", "killed"),
    [
        (137, True, ["die"], True),
        (137, False, ["die"], True),
        (1, True, ["die"], True),
        (1, False, ["die"], False),
        (137, False, ["kill", "die"], False),
        (137, True, ["kill", "die"], False),
        (137, False, [], True),
    ],
)
def test_whether_the_kernel_killed_a_container(
    daemon: Daemon, engine: DockerEngine, status: int, out_of_memory: bool, events: list[str], killed: bool
) -> None:
    daemon.answers |= {
        "POST /containers/c1/wait": (200, {"StatusCode": status}),
        "GET /containers/c1/json": (200, {"State": {"OOMKilled": out_of_memory}}),
        "GET /events": (200, "".join(json.dumps({"Action": action}) + "\n" for action in events)),
    }
    assert engine.killed("c1") is killed


def test_a_container_that_was_removed_was_not_killed_by_the_kernel(daemon: Daemon, engine: DockerEngine) -> None:
    assert not engine.killed("c1")
