"""What is asked of whoever holds the sockets of the assistant, and what it tells.

On a host that is `images/host/assistant.py`, whose docstring says what each means; it talks in JSON lines. Times are
nanoseconds since the epoch on the capture's clock.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, TypeAdapter, ValidationError

from lab.errors import EngineError, LabError
from lab.text import Text, say

Transport = Literal["tcp", "udp"]


class Peer(NamedTuple):
    """Who is at the other end: a numeric address, or of what is asked for a name; and a port."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def _decoded(value: object) -> object:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


Octets = Annotated[bytes, BeforeValidator(_decoded), PlainSerializer(_encoded, when_used="json")]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Listen(_Message):
    """Be a TCP server or a UDP socket; address "" is all of them, port 0 any that is free."""

    do: Literal["listen"] = "listen"
    transport: Transport
    port: int
    address: str = ""
    broadcast: bool = False


class Connect(_Message):
    """Be a TCP client."""

    do: Literal["connect"] = "connect"
    host: str
    port: int


class Send(_Message):
    """Send bytes to a peer."""

    do: Literal["send"] = "send"
    peer: Peer
    data: Octets


class Disconnect(_Message):
    """Close the connection with a peer once everything has been sent."""

    do: Literal["disconnect"] = "disconnect"
    peer: Peer


class Stop(_Message):
    """Close everything."""

    do: Literal["stop"] = "stop"


class Type(_Message):
    """Type a line to a program that runs beside."""

    do: Literal["type"] = "type"
    program: str
    line: str


class Again(_Message):
    """Start the programs beside again that have ended."""

    do: Literal["again"] = "again"


OfSockets = Listen | Connect | Send | Disconnect | Stop
Request = OfSockets | Type | Again


class _Told(_Message):
    time: int


class Listening(_Told):
    """It is a server, or a UDP socket, now."""

    event: Literal["listening"] = "listening"
    transport: Transport
    local: Peer


class Connected(_Told):
    """A client has come, or the server has taken us."""

    event: Literal["connected"] = "connected"
    peer: Peer
    local: Peer


class Received(_Told):
    """Bytes came: a piece of a stream, or a datagram."""

    event: Literal["received"] = "received"
    peer: Peer
    data: Octets


class Sent(_Told):
    """The kernel has taken the last byte of what was to be sent."""

    event: Literal["sent"] = "sent"
    peer: Peer
    data: Octets


class Closed(_Told):
    """A connection is over: the peer closed it, it was closed here, or it was lost, for a reason of the kernel's."""

    event: Literal["closed"] = "closed"
    peer: Peer
    how: Literal["peer", "here", "lost"]
    errno: int | None = None
    text: str = ""


class Stopped(_Told):
    """Everything is closed."""

    event: Literal["stopped"] = "stopped"


class Fault(_Told):
    """Something that was asked could not be done; `errno` where the kernel said why."""

    event: Literal["error"] = "error"
    do: str
    errno: int | None
    text: str


class Printed(_Told):
    """A program that runs beside printed a line."""

    event: Literal["printed"] = "printed"
    program: str
    text: str


class Typed(_Told):
    """A line was typed to a program that runs beside."""

    event: Literal["typed"] = "typed"
    program: str
    text: str


class Began(_Told):
    """A program beside was started."""

    event: Literal["began"] = "began"
    program: str


class Ended(_Told):
    """A program beside ended: `exit 0`, `SIGINT`."""

    event: Literal["ended"] = "ended"
    program: str
    how: str


class Remark(_Told):
    """Something that the lab has to say: a limit was hit; or, `calm`, how long the session lasts."""

    event: Literal["remark"] = "remark"
    words: Text
    calm: bool = False


class Gone(_Told):
    """Nothing more will come; without a `why`, as the time of the session is up."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    event: Literal["gone"] = "gone"
    why: LabError | None


Heard = Listening | Connected | Received | Sent | Closed | Stopped | Fault
OfLab = Printed | Typed | Began | Ended | Remark | Gone
Event = Heard | OfLab
_HEARD: TypeAdapter[Heard] = TypeAdapter(Annotated[Heard, Field(discriminator="event")])


class Endpoint(Protocol):
    """Who holds the sockets."""

    def start(self, tell: Callable[[Event], None]) -> None:
        """Begin; from now on `tell` is called with each event, by a thread of the endpoint's."""

    def ask(self, request: Request) -> None:
        """Pass a request on. Raises `LabError` where that cannot be done."""


def line_of(request: OfSockets) -> bytes:
    """A request as the line that asks it."""
    return request.model_dump_json().encode() + b"\n"


def heard(line: str | bytes) -> Heard:
    """The event of a line. Raises `EngineError` where it is none: something else writes there."""
    try:
        return _HEARD.validate_json(line)
    except ValidationError as error:
        raise EngineError(
            say("the assistant's endpoint does not speak its language", "助手的端点没有使用约定的格式")
        ) from error
