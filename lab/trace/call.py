"""The system calls of programs on sockets, as `trace: true` has them written down: a line of `calls.jsonl` each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from lab.conversations import Endpoint
from lab.damage import damage
from lab.errors import RecordError
from lab.record import Fact
from lab.text import say

CALLS_FILE = "calls.jsonl"
RECEIVE = frozenset({"recv", "recvfrom", "recvmsg", "recvmmsg", "read", "readv"})
SEND = frozenset({"send", "sendto", "sendmsg", "sendmmsg", "write", "writev", "sendfile"})
WAITS = frozenset({"poll", "select", "epoll_wait"})
Transport = Literal["tcp", "udp", "unix", "other"]


class SocketCall(Fact):
    """A system call on a socket, by the name in its man page (section 2), such as accept, recv, epoll_wait.

    Times are nanoseconds since the epoch on the capture's clock. What it was given and gave back is kept as people
    read it; payload is counted, never kept: the capture has it.
    """

    number: int = Field(description="from 1, in the order in which they began")
    program: str
    process: int = Field(description="its id in the host")
    thread: int
    name: str
    arguments: str = Field("", description="as shown, such as `('server', 8080)` or `1024`")
    result: str | None = Field(None, description="as shown: a count, a new descriptor; None: it failed, or is not over")
    error: str | None = Field(None, description="the errno's name, such as ECONNREFUSED")
    started: int
    ended: int | None = Field(None, description="None: it had not returned when the run was over")
    descriptor: int | None = None
    new_descriptor: int | None = Field(None, description="of socket() and accept()")
    transport: Transport | None = None
    local: Endpoint | None = Field(None, description="of the socket after the call; of accept() those of the new one")
    remote: Endpoint | None = None
    bytes: int | None = Field(None, description="that were sent or received; 0 received is the end of the stream")
    file: str | None = Field(None, description="of the program, not of the standard library; where that is known")
    line: int | None = None
    function: str | None = None


def save(calls: Iterable[SocketCall], folder: Path) -> None:
    """Write calls into a run directory."""
    with (folder / CALLS_FILE).open("w", encoding="utf-8") as file:
        for call in calls:
            file.write(call.model_dump_json(exclude_defaults=True) + "\n")


def load(folder: Path) -> list[SocketCall]:
    """The calls of a run; none where nothing was traced. Raises `RecordError` where the file is damaged."""
    file = folder / CALLS_FILE
    if not file.exists():
        return []
    found = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            found.append(SocketCall.model_validate_json(line))
        except ValidationError as error:
            raise RecordError(
                say("{file}:{n} is damaged: {how}", "{file}:{n} 已损坏：{how}", file=file, n=number, how=damage(error))
            ) from error
    return found
