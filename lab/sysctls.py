"""The kernel's settings that a scenario may give a host: those of the host's own network namespace, with their ranges.

What is not here is refused. `Documentation/networking/ip-sysctl.rst` of the kernel tells what each does.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from lab.text import say
from lab.values import Model, Port, Wrong, _as_tuple

FIRST_UNPRIVILEGED, FIRST_LOCAL = 1024, 32768
"""The kernel's own. It refuses local ports that begin below the unprivileged ones, and the engine sets in any order."""


def _sizes(numbers: tuple[int, ...]) -> tuple[int, ...]:
    if len(numbers) != len(("least", "first", "most")) or list(numbers) != sorted(numbers):
        raise Wrong(
            say(
                "wanted three sizes, none smaller than the one before: the least, the first, the most",
                "应为三个大小，后一个不小于前一个：最小值、初始值、最大值",
            )
        )
    return numbers


def _range(ports: tuple[int, ...]) -> tuple[int, ...]:
    if len(ports) != len(("first", "last")) or not FIRST_UNPRIVILEGED <= ports[0] <= ports[1]:
        raise Wrong(
            say(
                "wanted the first and the last port of a range, {least} or more",
                "应为端口范围的第一个和最后一个端口，且不小于 {least}",
                least=FIRST_UNPRIVILEGED,
            )
        )
    return ports


Switch = Annotated[int, Field(ge=0, le=1)]
Tries = Annotated[int, Field(ge=1, le=127)]
Queue = Annotated[int, Field(ge=1, le=65535)]
Bytes = Annotated[int, Field(ge=1, le=1 << 30)]
Sizes = Annotated[
    tuple[Bytes, ...],
    AfterValidator(_sizes),
    BeforeValidator(_as_tuple, json_schema_input_type=tuple[Bytes, Bytes, Bytes]),
]
Range = Annotated[
    tuple[Port, ...], AfterValidator(_range), BeforeValidator(_as_tuple, json_schema_input_type=tuple[Port, Port])
]


class Sysctls(Model):
    """Settings of the kernel for the network of one host, by the kernel's own names."""

    port_start: Annotated[int, Field(ge=0, le=FIRST_LOCAL)] | None = Field(
        None,
        alias="net.ipv4.ip_unprivileged_port_start",
        description="the first port that a program may take without privilege; 1024 if left out",
    )
    local_ports: Range | None = Field(
        None,
        alias="net.ipv4.ip_local_port_range",
        description="the first and the last port that the kernel gives to a socket without one",
        examples=[[40000, 40009]],
    )
    somaxconn: Queue | None = Field(
        None, alias="net.core.somaxconn", description="the most that listen() gives room for, whatever it asks for"
    )
    syn_backlog: Queue | None = Field(
        None, alias="net.ipv4.tcp_max_syn_backlog", description="the most half-open connections of a listening socket"
    )
    syncookies: Annotated[int, Field(ge=0, le=2)] | None = Field(
        None, alias="net.ipv4.tcp_syncookies", description="SYN cookies: 0 never, 1 when that backlog is full, 2 always"
    )
    abort_on_overflow: Switch | None = Field(
        None,
        alias="net.ipv4.tcp_abort_on_overflow",
        description="1: a connection that finds the queue of accept() full is reset, not ignored",
    )
    syn_retries: Tries | None = Field(
        None, alias="net.ipv4.tcp_syn_retries", description="how often connect() sends its SYN again before it gives up"
    )
    synack_retries: Tries | None = Field(
        None, alias="net.ipv4.tcp_synack_retries", description="how often a SYN-ACK that nobody answers is sent again"
    )
    receive_buffer: Sizes | None = Field(
        None,
        alias="net.ipv4.tcp_rmem",
        description="the least, the first and the most bytes of a TCP socket's receive buffer",
        examples=[[4096, 8192, 8192]],
    )
    send_buffer: Sizes | None = Field(
        None,
        alias="net.ipv4.tcp_wmem",
        description="the least, the first and the most bytes of a TCP socket's send buffer",
        examples=[[4096, 8192, 8192]],
    )

    @model_validator(mode="after")
    def _ports_apart(self) -> Sysctls:
        if self.port_start is not None and self.local_ports is not None and self.local_ports[0] < self.port_start:
            raise Wrong(
                say(
                    "the local ports begin below the first unprivileged port; the kernel refuses that",
                    "本地端口范围的起点低于第一个非特权端口；内核会拒绝",
                )
            )
        return self

    def for_kernel(self) -> dict[str, str]:
        """Name -> value as in /proc/sys, of those that are given."""
        given = self.model_dump(by_alias=True, exclude_none=True)
        return {
            key: " ".join(map(str, value)) if isinstance(value, tuple) else str(value) for key, value in given.items()
        }
