"""Two programs that wait for each other for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from lab.checks.facts import RunFacts, segments
from lab.checks.host import require_calls
from lab.checks.parameters import At, Counted, Ends
from lab.checks.wording import BYTES, Noun, Wanted, between, instead, packet_list
from lab.conversations import Connection, Role
from lab.record import HostState, SocketFacts
from lab.results import Finding
from lab.text import Text, join, say

OTHER: Mapping[Role, Role] = {"client": "server", "server": "client"}
DEADLOCKS = Noun("connection in deadlock", "connections in deadlock", "条死锁的连接")


class DeadlockParams(Ends, At, Counted):
    """On connections both programs waited for the other: neither can ever go on.

    At the observation both ends slept in recv(), nothing lay unread or unacknowledged at either end, no
    packet passed between them while their hosts were observed, and every other thread of both programs waited
    for one of its own program, in accept() for further clients, or in such a deadlock too. That is seen in the
    kernel, not concluded from time that passed. Who waits in poll() or select(), as with `settimeout()` in
    Python, is not seen to wait on a socket and so never in deadlock; a timeout inside the kernel (SO_RCVTIMEO)
    is not seen at all. Both hosts must be observed.
    """

    zh: ClassVar[str] = (
        "在连接上，两端的程序互相等待：谁都无法再继续。\n\n"
        "观察时，两端都在 recv() 中睡眠；两端都没有未读或未确认的数据；观察期间两者之间没有任何数据包；"
        "两个程序的其余线程都在等待本程序的另一个线程，或在 accept() 中等待新客户端，或同样陷入这样的死锁。"
        "这些都是从内核中看到的，而不是根据经过的时间推断的。"
        "在 poll() 或 select() 中等待的程序（例如 Python 中用了 `settimeout()`）看不出它在等哪个套接字，因此不算死锁；"
        "内核内部的超时（SO_RCVTIMEO）则完全看不到。"
        "两台主机都必须在该观察点中。"
    )
    example: ClassVar[str] = "{at: stuck, to: {host: server, port: 8765}, count: 1}"


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection as its host was observed; `socket` is None where it was not there any more."""

    name: str
    state: HostState
    socket: SocketFacts | None

    @property
    def waits(self) -> list[SocketFacts]:
        """The sockets that the program of this end sleeps on, but for those on which it accepts further clients."""
        program = None if self.socket is None else self.socket.program
        return [s for s in self.state.sockets if s.program == program and s.call not in (None, "accept")]


@dataclass(frozen=True, slots=True)
class Pair:
    """Both ends of a connection."""

    connection: Connection
    client: End
    server: End

    @property
    def name(self) -> str:
        """It, for people."""
        return f"{self.client.name} → {self.server.name}"

    @property
    def both_wait(self) -> Text:
        """What there is to say of a deadlock."""
        assert self.client.socket is not None
        assert self.server.socket is not None
        return say(
            "{client} and {server} both wait in recv() for the other, and nothing is on its way",
            "{client} 与 {server} 都在 recv() 中等待对方，途中没有任何数据",
            client=self.client.socket.program,
            server=self.server.socket.program,
        )

    @property
    def packets(self) -> tuple[int, ...]:
        """Those until it was observed."""
        return tuple(s.number for s in segments(self.connection) if s.time < self.client.state.time)


def deadlock(run: RunFacts, params: DeadlockParams) -> Finding:
    """Count the connections on which both ends wait for the other."""
    observation = run.record.observations.get(params.at)
    if observation is None:
        return Finding(
            ok=False,
            expected=say("the hosts to be observed at `{at}`", "在 `{at}` 观察各主机", at=params.at),
            actual=say("the run ended before that", "运行在此之前就结束了"),
        )
    matching = run.selected(params)
    others = [c for c in run.conversations.connections if all(run.host(a) in observation for a in _addresses(c))]
    pairs = {c.index: _pair(run, c, params.at) for c in (*matching, *others)}
    reasons = _reasons(pairs)
    asked = [(pairs[c.index], reasons[c.index]) for c in matching]
    stuck = [pair for pair, reason in asked if reason is None]
    told = [say("{which}: {why}", "{which}：{why}", which=p.name, why=reason or p.both_wait) for p, reason in asked]
    finding = Wanted(params.bounds, DEADLOCKS, between(params.from_, params.to)).finding(
        len(stuck), details=told + instead(run, params, matching), packets=[p.packets for p in stuck]
    )
    if not (finding.ok and stuck):
        return finding
    return replace(
        finding, actual=finding.actual + say(": ", "：") + join(say("; ", "；"), [p.both_wait for p in stuck])
    )


def _addresses(connection: Connection) -> tuple[str, str]:
    return connection.client.endpoint.address, connection.server.endpoint.address


def _pair(run: RunFacts, connection: Connection, at: str) -> Pair:
    return Pair(connection, _end(run, connection, "client", at), _end(run, connection, "server", at))


def _reasons(pairs: Mapping[int, Pair]) -> dict[int, Text | None]:
    """What shows that one of two could go on; None for those where neither can.

    A program that waits on another connection too goes on when something comes there: that must be in deadlock itself.
    """
    reasons = {index: _why_not(pair) for index, pair in pairs.items()}
    while True:
        stuck = [pair for index, pair in pairs.items() if reasons[index] is None]
        dead = [end.socket for pair in stuck for end in (pair.client, pair.server)]
        found = {i: _elsewhere(pair, dead) for i, pair in pairs.items() if reasons[i] is None}
        if not any(found.values()):
            return reasons
        reasons |= found


def _elsewhere(pair: Pair, dead: Sequence[SocketFacts | None]) -> Text | None:
    """A socket besides those that are `dead` on which something may still come for one of the two programs."""
    for end in (pair.client, pair.server):
        for socket in end.waits:
            if socket not in dead:
                return say(
                    "{program} waits in {call}() on {transport} port {port} too, where something may come",
                    "{program} 还在 {transport} 端口 {port} 上的 {call}() 中等待，那里可能会有动静",
                    program=socket.program,
                    call=socket.call,
                    transport=socket.transport,
                    port=socket.local_port,
                )
    return None


def _end(run: RunFacts, connection: Connection, role: Role, at: str) -> End:
    """An end as it was observed. Raises `InputError` or `EngineError` where nothing can be told of it."""
    endpoint, other = connection.side(role).endpoint, connection.side(OTHER[role]).endpoint
    host = run.host(endpoint.address)
    state = run.state(host, at)
    assert state is not None
    require_calls(state, host)
    ends = (endpoint.address, endpoint.port, other.address, other.port)
    held = (s for s in state.sockets if ("tcp", *ends) == (s.transport, s.local, s.local_port, s.remote, s.remote_port))
    return End(run.end(endpoint), state, next(held, None))


def _why_not(pair: Pair) -> Text | None:
    """What shows that one of the two could go on; None where neither can."""
    connection, client, server = pair.connection, pair.client, pair.server
    began, over = min(e.state.time for e in (client, server)), max(e.state.until or 0 for e in (client, server))
    if connection.start > began:
        return say("it did not exist yet", "当时还不存在")
    if connection.closed is not None and connection.closed < over:
        return say("it was closed by then", "当时已经关闭")
    for end in (client, server):
        if (reason := _goes_on(end)) is not None:
            return reason
    if passed := [s.number for s in segments(connection) if began <= s.time <= over]:
        return say(
            "{packets} passed while the hosts were observed", "观察期间出现了{packets}", packets=packet_list(passed)
        )
    return None


def _goes_on(end: End) -> Text | None:
    """What shows that the program at `end` does not wait for the other end alone."""
    socket = end.socket
    if socket is None or socket.program is None:
        return say("no program holds {end}", "没有程序持有 {end}", end=end.name)
    program = socket.program
    if socket.call != "recv":
        return say("{program} is not in recv() on it", "{program} 没有在它的 recv() 中", program=program)
    if socket.receive_queue or socket.send_queue:
        return say(
            "{end} has {unread} unread and {unsent} unacknowledged",
            "{end} 处有 {unread}未读、{unsent}未确认",
            end=end.name,
            unread=BYTES.of(socket.receive_queue),
            unsent=BYTES.of(socket.send_queue),
        )
    if program in (end.state.free or ()):
        return say(
            "{program} has a thread that may go on by itself", "{program} 有一个能够自行继续的线程", program=program
        )
    return None
