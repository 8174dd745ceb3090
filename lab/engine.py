"""What the lab needs of a container engine, and its Docker adapter (the only `docker` import).

`Engine` is the whole edge: a fake of it serves the unit tests. Programs are not started through
the engine: the first process of a container (images/host/init.py, images/tap/tap.py) is attached
to before it starts, and does what the lab asks over that one connection (`lab.agent`).
"""

from __future__ import annotations

import os
import re
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

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
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
FRAME = struct.Struct(">BxxxL")  # the engine's stream format: 1 stdout, 2 stderr; length of the frame


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one container."""

    pids: int = 256
    memory: int = 512 << 20
    """Bytes; no swap beyond it."""
    scratch: int = 64 << 20
    """Bytes of each writable folder."""
    open_files: int = 1024


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """A container to make. It never has a network of the engine's: the tap plugs it in."""

    name: str
    image: str
    labels: Mapping[str, str]
    hostname: str = ""
    capabilities: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    """`(host name, address)` lines of its /etc/hosts."""
    nameservers: tuple[str, ...] = ()
    """Addresses in its /etc/resolv.conf; with none, it gets one where nobody answers."""
    sysctls: Mapping[str, str] = field(default_factory=dict)
    writable: Mapping[str, str] = field(default_factory=dict)
    """Folders in memory with their mount options; all else is read-only unless `trusted`."""
    limits: Limits | None = None
    trusted: bool = False
    """The tap: shares the engine machine's process ids and may write its own namespace's sysctls."""


@dataclass(frozen=True, slots=True)
class Found:
    """A container found by its labels."""

    id: str
    name: str
    labels: Mapping[str, str]
    running: bool


class Stream(Protocol):
    """The standard streams of a container's first process."""

    def send(self, data: bytes) -> None:
        """Write all of `data` to its input; `EngineError` if the connection is gone."""

    def receive(self) -> tuple[int, bytes]:
        """The next piece of its output: (1 for stdout or 2 for stderr, bytes); `(0, b"")` at the end."""

    def close(self) -> None:
        """End the connection; its input ends with it."""


class Engine(Protocol):
    """What the lab needs of a container engine. Every method raises `EngineError` when it is refused."""

    def facts(self) -> EngineFacts:
        """Name, version, kernel, architecture."""

    def image(self, reference: str) -> str | None:
        """The id (sha256 digest) of an image, or None if the engine does not have it."""

    def images(self, prefix: str) -> list[str]:
        """The references of all images that begin so."""

    def remove_image(self, reference: str) -> None:
        """Remove an image."""

    def build(self, folder: Path, tag: str, arguments: Mapping[str, str], progress: Callable[[str], None]) -> None:
        """Build an image from a folder's Dockerfile; raises `ImageError` with the last lines of a failed build."""

    def pull(self, reference: str) -> None:
        """Fetch an image from its registry."""

    def load_root(self, archive: Path, tag: str) -> None:
        """Make an image of one layer from a tar archive of a root file system."""

    def create(self, spec: ContainerSpec) -> str:
        """Make a container and return its id; it does not run yet."""

    def attach(self, container: str) -> Stream:
        """Connect to the streams of a container's first process; before `start`, so that nothing is missed."""

    def start(self, container: str) -> int:
        """Start a container and return the process id of its first process on the engine machine."""

    def copy_out(self, container: str, path: str) -> Iterator[bytes]:
        """A file or folder of a container, also of a stopped one, as pieces of a tar archive."""

    def remove(self, container: str) -> None:
        """End and remove a container; not an error if it is gone already."""

    def containers(self, label: str) -> list[Found]:
        """All containers that have a label, running or not."""


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

    def remove(self, container: str) -> None:
        import docker.errors

        with _translated():
            try:
                self._api.remove_container(container, force=True, v=True)
            except docker.errors.NotFound:
                return
            except docker.errors.APIError as error:
                if error.status_code != _CONFLICT:  # its removal is under way already
                    raise

    def containers(self, label: str) -> list[Found]:
        with _translated():
            return [
                Found(c["Id"], c["Names"][0].lstrip("/"), c["Labels"], c["State"] == "running")
                for c in self._api.containers(all=True, filters={"label": label})
            ]


_CONFLICT = 409


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
    if spec.limits is not None:
        host |= {
            "PidsLimit": spec.limits.pids,
            "Memory": spec.limits.memory,
            "MemorySwap": spec.limits.memory,
            "Ulimits": [
                {"Name": "nofile", "Soft": spec.limits.open_files, "Hard": spec.limits.open_files},
                {"Name": "core", "Soft": 0, "Hard": 0},
            ],
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
