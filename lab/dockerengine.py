"""The Docker API behind `lab.engine.Engine` (the only `docker` import)."""

from __future__ import annotations

import os
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.engine import ENDS_WITHIN, ContainerSpec, Engine, Found, Stream
from lab.errors import EngineError, EngineMissing, ImageError
from lab.record import EngineFacts
from lab.text import say

if TYPE_CHECKING:
    import docker

ATTACH = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
NOBODY = "127.0.0.1"  # as a nameserver: without one, the engine gives its machine's
ASKING = ("timeout:5", "attempts:2")  # as if not said, resolv.conf(5); not said, the engine's machine's hold
ASKING_NOBODY = ("timeout:1", "attempts:1")
MOST_CPU = 1 << 18  # the largest weight there is: a capture that waits for what it captures to rest loses frames
CPU_PERIOD = 100_000  # microseconds
KILLED = 128 + 9  # how it tells of a first process that SIGKILL ended
CONFLICT = 409
ENDED = ("exited", "dead")  # states; "created" is one that is still to run
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
FRAME = struct.Struct(">BxxxL")  # the engine's stream format: 1 stdout, 2 stderr; length of the frame


def connect() -> Engine:
    """The engine that DOCKER_HOST, or else the platform's default, points at.

    Raises `EngineMissing` with the remedy where none answers.
    """
    import docker
    import docker.errors

    where = os.environ.get("DOCKER_HOST", "")
    try:
        client = docker.DockerClient.from_env(max_pool_size=64)
        client.ping()
    except (docker.errors.DockerException, OSError, ValueError) as error:
        raise _missing(where, error) from error
    return DockerEngine(client.api)


class DockerEngine:
    """The Docker API behind `Engine`."""

    def __init__(self, api: docker.APIClient) -> None:
        self._api = api

    def facts(self) -> EngineFacts:
        with _translated():
            version = self._api.version()
        return EngineFacts(
            name="docker",
            version=version["Version"],
            kernel=version.get("KernelVersion", ""),
            architecture=version.get("Arch", ""),
        )

    def image(self, reference: str) -> str | None:
        import docker.errors

        with _translated():
            try:
                return str(self._api.inspect_image(reference)["Id"])
            except docker.errors.NotFound:
                return None

    def images(self, prefix: str) -> list[str]:
        with _translated():
            tags = [tag for image in self._api.images() for tag in image["RepoTags"] or ()]
        return sorted(tag for tag in tags if tag.startswith(prefix))

    def remove_image(self, reference: str) -> None:
        with _translated():
            self._api.remove_image(reference)

    def build(self, folder: Path, tag: str, arguments: Mapping[str, str], progress: Callable[[str], None]) -> None:
        with _translated():
            stream = self._api.build(
                path=str(folder),
                tag=tag,
                buildargs=dict(arguments),
                network_mode="host",  # packages come the way the machine gets its own
                rm=True,
                forcerm=True,
                decode=True,
            )
            said: list[str] = []
            for message in stream:
                if "error" in message:
                    raise ImageError(
                        say(
                            "image {tag} could not be built: {why}",
                            "无法构建镜像 {tag}：{why}",
                            tag=tag,
                            why=_reason(said, message["error"]),
                        )
                    )
                if line := COLOUR.sub("", message.get("stream", "")).strip():
                    said.append(line)
                    progress(line)

    def pull(self, reference: str) -> None:
        with _translated():
            self._api.pull(reference)

    def load_root(self, archive: Path, tag: str) -> None:
        repository, _, version = tag.rpartition(":")
        with _translated():
            self._api.import_image_from_file(str(archive), repository=repository, tag=version)

    def create(self, spec: ContainerSpec) -> str:
        with _translated():
            return str(self._api.create_container_from_config(_config(spec), spec.name)["Id"])

    def attach(self, container: str) -> Stream:
        with _translated():
            return DockerStream(self._api.attach_socket(container, ATTACH))

    def start(self, container: str) -> int:
        with _translated():
            self._api.start(container)
            return int(self._api.inspect_container(container)["State"]["Pid"])

    def copy_out(self, container: str, path: str) -> Iterator[bytes]:
        with _translated():
            pieces, _ = self._api.get_archive(container, path)
            yield from pieces

    def killed(self, container: str) -> bool:
        import docker.errors

        with _translated():
            try:
                status = self._api.wait(container, timeout=ENDS_WITHIN)["StatusCode"]
                if status != KILLED and not self._api.inspect_container(container)["State"]["OOMKilled"]:
                    return False
                return not self._asked_to_kill(container)
            except docker.errors.NotFound:
                return False

    def _asked_to_kill(self, container: str) -> bool:
        """Whether somebody had the engine kill a container that has ended: it tells of that before it tells of the end.

        What the kernel killed for want of memory has the same exit status, and no such event.
        """
        events = self._api.events(
            since=0,
            until=int(time.time()) + ENDS_WITHIN,
            filters={"container": container, "event": ["kill", "die"]},
            decode=True,
        )
        try:
            return any(event["Action"] == "kill" for event in takewhile(lambda event: event["Action"] != "die", events))
        finally:
            events.close()

    def remove(self, container: str) -> None:
        import docker.errors

        with _translated():
            try:
                self._api.remove_container(container, force=True, v=True)
            except docker.errors.NotFound:
                return
            except docker.errors.APIError as error:
                if error.status_code != CONFLICT:  # its removal is under way already
                    raise

    def containers(self, label: str) -> list[Found]:
        with _translated():
            return [
                Found(c["Id"], c["Names"][0].lstrip("/"), c["Labels"], c["State"] in ENDED)
                for c in self._api.containers(all=True, filters={"label": label})
            ]


class DockerStream:
    """A hijacked HTTP connection, with stdout and stderr multiplexed on it in frames."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - a socket, or docker's stand-ins for it
        self._response = connection  # whoever owns the socket closes it when collected
        self._socket = getattr(connection, "_sock", connection)
        self._socket.settimeout(None)
        self._file = self._socket.makefile("rb", buffering=1 << 16)

    def send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise _gone(error) from error

    def receive(self) -> tuple[int, bytes]:
        try:
            head = self._file.read(FRAME.size)
            if len(head) < FRAME.size:
                return 0, b""
            stream, length = FRAME.unpack(head)
            return stream, self._file.read(length)
        except (OSError, ValueError):  # closed, by the engine or by us
            return 0, b""

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._file.close()
        self._response.close()
        self._socket.close()


def _config(spec: ContainerSpec) -> dict[str, Any]:
    """The body of the API's `POST /containers/create`."""
    host: dict[str, Any] = {
        "NetworkMode": "none",
        "LogConfig": {"Type": "none"},
        "CapDrop": ["ALL"],
        "CapAdd": list(spec.capabilities),
        "ExtraHosts": [f"{name}:{address}" for name, address in spec.names],
        "Sysctls": dict(spec.sysctls),
        "Tmpfs": dict(spec.writable),
        "ReadonlyRootfs": not spec.trusted,
        "Dns": list(spec.nameservers) or [NOBODY],
        "DnsOptions": list(ASKING if spec.nameservers else ASKING_NOBODY),
        "DnsSearch": ["."],
        "SecurityOpt": ["no-new-privileges"],
    }
    if spec.trusted:
        host |= {"PidMode": "host", "ReadonlyPaths": [], "SecurityOpt": ["apparmor=unconfined"], "CpuShares": MOST_CPU}
    if spec.bounds is not None:
        host |= {
            "PidsLimit": spec.bounds.processes,
            "Memory": spec.bounds.memory,
            "MemorySwap": spec.bounds.memory,
            "CpuPeriod": CPU_PERIOD,  # not NanoCpus: an engine that may not bound processors refuses those
            "CpuQuota": spec.bounds.processors * CPU_PERIOD,
        }
    return {
        "Image": spec.image,
        "Hostname": spec.hostname,
        "Labels": dict(spec.labels),
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "HostConfig": host,
    }


def _reason(said: list[str], error: str) -> str:
    """Why a build failed: the step, and what apt-get said of it or else the engine's own words."""
    step = next((line.partition(" : ")[0] for line in reversed(said) if line.startswith("Step ")), "")
    complaint = next((line for line in reversed(said) if line.startswith(("E: ", "Err:"))), "")
    return ", ".join(filter(None, [step, complaint or error.strip()]))


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the exceptions of docker and of its HTTP client into `EngineError`, saying whose fault it is."""
    import docker.errors
    import requests.exceptions
    import urllib3.exceptions

    try:
        yield
    except docker.errors.APIError as error:
        raise EngineError(
            say("the engine refused: {why}", "引擎拒绝了请求：{why}", why=error.explanation or error)
        ) from error
    except BrokenPipeError:  # of our own output: requests tells those of the engine in its own class
        raise
    except (
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        docker.errors.DockerException,
        OSError,
    ) as error:
        raise _gone(error) from error


def _gone(error: Exception) -> EngineError:
    return EngineError(
        say("the engine went away: {why}", "引擎失去响应：{why}", why=error),
        say("see `lab doctor`, then run it again", "请查看 `lab doctor`，然后重新运行"),
    )


def _missing(where: str, error: Exception) -> EngineMissing:
    if "Permission denied" in str(error) or isinstance(error, PermissionError):
        return EngineMissing(
            say("you may not use the container engine", "你没有使用容器引擎的权限"),
            say(
                "as root: `usermod -aG docker $USER`, then log in again",
                "请以 root 执行 `usermod -aG docker $USER`，然后重新登录",
            ),
        )
    if where:
        return EngineMissing(
            say("no engine answers at DOCKER_HOST={where}", "DOCKER_HOST={where} 处没有引擎应答", where=where),
            say("check the address, or unset DOCKER_HOST", "请检查地址，或取消 DOCKER_HOST"),
        )
    return EngineMissing(
        say("no container engine answers", "没有容器引擎应答"),
        say("`lab doctor --fix` starts one where it can", "`lab doctor --fix` 会在可行时启动它"),
    )
