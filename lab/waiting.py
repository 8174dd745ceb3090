"""What programs wait for, in words: for a step whose deadline has passed.

The tables are those of all hosts at one moment, and at the moment after. A program sleeps in a system
call on a socket; who is to wake it holds the other end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab.record import HostState, SocketFacts
from lab.text import Text, join, say

SHOWN = 3  # waits of one program that are told

HostOf = Callable[[str], str | None]
"""The host that has an address."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The socket tables of all hosts, twice: what was the same both times is what lasts."""

    before: Mapping[str, HostState]
    after: Mapping[str, HostState]
    host_of: HostOf

    def waits(self, host: str, program: str) -> list[SocketFacts]:
        """The sockets of `program` that it slept on both times, those of connections first."""
        last = [s for s in self.after[host].sockets if s.program == program and s.call is not None]
        return sorted((s for s in last if self._lasts(host, s)), key=lambda s: s.call == "accept")

    def other_end(self, socket: SocketFacts) -> SocketFacts | None:
        """The other end of a connection, where a host of the run holds it and nothing changed in it."""
        host = self.host_of(socket.remote)
        if host is None or not socket.remote_port:
            return None
        mirrored = (socket.transport, socket.remote, socket.remote_port, socket.local, socket.local_port)
        for s in self.after[host].sockets:
            if (s.transport, s.local, s.local_port, s.remote, s.remote_port) == mirrored:
                return s if self._lasts(host, s) else None
        return None

    def _lasts(self, host: str, socket: SocketFacts) -> bool:
        """Whether a socket of `host` was there before, and only its timer went on."""
        return socket.lasting in (s.lasting for s in self.before[host].sockets)

    def waits_only_on(self, socket: SocketFacts) -> bool:
        """Whether nothing but `socket`, or a further client, can make its program go on."""
        for state in (s for tables in (self.before, self.after) for s in tables.values()):
            if state.free is None or socket.program in state.free:
                return False
            waits = [s for s in state.sockets if s.program == socket.program and s.call not in (None, "accept")]
            if [s.lasting for s in waits] not in ([], [socket.lasting]):
                return False
        return True

    def named(self, address: str, port: int) -> str:
        """An end of a connection for people."""
        host = self.host_of(address) or address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def diagnosis(tables: Tables, host: str, program: str) -> Text | None:
    """What `program`, which runs on `host`, waits for on sockets; None where that cannot be told."""
    told = [_wait(tables, program, socket) for socket in tables.waits(host, program)]
    return join(say("; ", "；"), list(dict.fromkeys(told))[:SHOWN]) if told else None


def _wait(tables: Tables, program: str, socket: SocketFacts) -> Text:
    there = tables.named(socket.remote, socket.remote_port)
    if socket.call == "recv":
        return _receives(tables, program, socket, there)
    if socket.call == "accept":
        return say(
            "{program} waits in accept() on tcp {port}",
            "{program} 在 accept() 中等待（tcp {port}）",
            program=program,
            port=socket.local_port,
        )
    if socket.call == "connect":
        return say(
            "{program} waits in connect() to {there}, which does not answer",
            "{program} 在 connect() 中等待 {there}，对方没有应答",
            program=program,
            there=there,
        )
    return say(
        "{program} waits in send() to {there}, which does not read",
        "{program} 在 send() 中等待，对端 {there} 没有读取",
        program=program,
        there=there,
    )


def _receives(tables: Tables, program: str, socket: SocketFacts, there: str) -> Text:
    nothing = say(", nothing is there to read", "，没有可读的数据")
    if not socket.remote_port:
        at = say(
            "{program} waits in recv() on {transport} {port}",
            "{program} 在 recv() 中等待（{transport} {port}）",
            program=program,
            transport=socket.transport,
            port=socket.local_port,
        )
        return at + nothing
    if socket.transport == "udp":
        return say("{p} waits in recv() from {t}", "{p} 在 recv() 中等待 {t} 的数据", p=program, t=there) + nothing
    own = say(
        "{program} waits in recv() on its connection to {there}",
        "{program} 在 recv() 中等待（到 {there} 的连接）",
        program=program,
        there=there,
    )
    other = tables.other_end(socket)
    if other is not None and other.program is None and other.state == "ESTABLISHED":
        return own + say(", which no program has accepted", "，没有程序 accept() 过这条连接")
    if other is None or other.program is None or other.call != "recv":
        return own + nothing
    both = own + say(
        ", and {other} waits in recv() on the other end", "，{other} 也在另一端的 recv() 中等待", other=other.program
    )
    return both + say(": both wait for the other", "：双方互相等待") if _is_for_ever(tables, socket, other) else both


def _is_for_ever(tables: Tables, one: SocketFacts, other: SocketFacts) -> bool:
    """Whether nothing is on its way between two ends that wait in recv(), and neither program waits for more."""
    waiting = one.send_queue or one.receive_queue or other.send_queue or other.receive_queue
    return not waiting and tables.waits_only_on(one) and tables.waits_only_on(other)
