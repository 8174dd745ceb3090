"""What the lab needs of a container engine.

`Engine` is the whole edge: `lab.dockerengine` stands behind it, and a fake in the unit tests. Programs
are not started through the engine: the first process of a container (images/host/init.py,
images/tap/tap.py) is attached to before it starts, and does what the lab asks over that one connection
(`lab.agent`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lab.record import EngineFacts

ENDS_WITHIN = 10  # seconds from the end of a conversation until the engine knows that the container has ended


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one container may take of the machine."""

    processes: int
    memory: int
    """Bytes; no swap beyond it."""
    processors: int


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
    bounds: Bounds | None = None
    trusted: bool = False
    """The tap: shares the engine machine's process ids and may write its own namespace's sysctls."""


@dataclass(frozen=True, slots=True)
class Found:
    """A container found by its labels."""

    id: str
    name: str
    labels: Mapping[str, str]
    ended: bool
    """It ran, and does no more."""


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

    def killed(self, container: str) -> bool:
        """Wait until a container has ended; whether the kernel killed its first process, as where memory has run out.

        False of one that was removed, or that somebody had the engine kill. Raises `EngineError` if it does not end
        within `ENDS_WITHIN`.
        """

    def remove(self, container: str) -> None:
        """End and remove a container; not an error if it is gone already."""

    def containers(self, label: str) -> list[Found]:
        """All containers that have a label, running or not."""
