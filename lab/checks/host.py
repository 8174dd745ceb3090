"""Kinds that read the state of a host at an observation: sockets and processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lab.checks.content import visible
from lab.checks.facts import RunFacts
from lab.checks.parameters import Count, Counted, Observed
from lab.checks.wording import Noun, Wanted, qualified
from lab.conversations import Endpoint
from lab.ends import Place, Zh
from lab.errors import EngineError, InputError
from lab.record import END, Call, HostState, ProcessFacts, SocketFacts, TimerFacts
from lab.results import Finding
from lab.text import Text, same, say
from lab.values import Model, ProgramName

SocketState = Literal[
    "LISTEN",
    "SYN-SENT",
    "SYN-RECEIVED",
    "ESTABLISHED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "CLOSE-WAIT",
    "CLOSING",
    "LAST-ACK",
    "TIME-WAIT",
    "UNCONN",
]
ProcessState = Literal["running", "sleeping", "waiting", "stopped", "zombie"]

STATE_LETTERS: Mapping[ProcessState, str] = {  # of proc_pid_stat(5)
    "running": "R",
    "sleeping": "S",
    "waiting": "D",
    "stopped": "T",
    "zombie": "Z",
}
KIB_IN_MIB = 1024


class Timer(Model):
    """The kernel's timer of a TCP socket, as ss(8) shows it with `-o`."""

    which: Annotated[
        Literal["retransmission", "keep-alive", "time-wait", "zero-window-probe"] | None,
        Field(description="what it is for; one that runs at all if left out"),
        Zh("它的用途；省略时只要有定时器在走即可"),
    ] = None
    seconds_at_least: Annotated[
        float | None, Field(ge=0, description="the least time until it fires, in seconds"), Zh("距到时至少的秒数")
    ] = None
    seconds_at_most: Annotated[
        float | None, Field(ge=0, description="the greatest time until it fires, in seconds"), Zh("距到时至多的秒数")
    ] = None
    fired_at_least: Annotated[
        Count | None,
        Field(description="how often it has fired at least, and nothing was answered"),
        Zh("至少已到时多少次而没有得到应答"),
    ] = None


class SocketParams(Observed, Counted):
    """A host has so many sockets of a state, by its kernel's table (states of RFC 9293; UDP sockets are UNCONN).

    The side that closed first holds a connection in TIME-WAIT, with nobody's program: on Linux for 60 s, which its
    `timer` shows at once. `queue` and `limit` are of TCP listeners: connections that are complete and wait for
    accept(), and the backlog of listen(). Linux lets one more wait than that, and then ignores SYNs. SYN-RECEIVED
    are connections that lack the last segment of the handshake; they are in no queue yet.

    `call` is that of a thread which sleeps on this very socket. Who waits in poll(), select() or epoll_wait(), as with
    `settimeout()` in Python, is in none.
    """

    zh: ClassVar[str] = (
        "按内核的套接字表，主机上有若干处于某状态的套接字（状态名取自 RFC 9293；UDP 套接字为 UNCONN）。\n\n"
        "先关闭的一方把连接保持在 TIME-WAIT，此时它不属于任何程序：在 Linux 上为 60 秒，由 `timer` 立即可见。"
        "`queue` 与 `limit` 针对 TCP 监听套接字：已建立、等待 accept() 的连接数，以及 listen() 给出的上限（backlog）。"
        "Linux 允许比上限多等一个，之后忽略 SYN。SYN-RECEIVED 是还差握手最后一个报文段的连接，尚不在任何队列中。\n\n"
        "`call` 是某个线程正在这个套接字上等待的系统调用。在 poll()、select() 或 epoll_wait() 中等待的线程"
        "（例如 Python 中用了 `settimeout()`）不属于其中任何一个。"
    )
    example: ClassVar[str] = (
        "{host: alice, state: TIME-WAIT, remote: {host: server, port: 8080}, "
        "timer: {which: time-wait, seconds_at_least: 30, seconds_at_most: 60}, count: 1}"
    )

    transport: Annotated[Literal["tcp", "udp"] | None, Field(description="the transport"), Zh("传输层协议")] = None
    state: Annotated[SocketState | None, Field(description="the state"), Zh("状态")] = None
    local: Annotated[Place | None, Field(description="its own end"), Zh("本端")] = None
    remote: Annotated[Place | None, Field(description="the other end"), Zh("对端")] = None
    program: Annotated[ProgramName | None, Field(description="the program that holds it"), Zh("持有它的程序")] = None
    call: Annotated[
        Call | None,
        Field(description="the system call in which a thread of its program sleeps on it"),
        Zh("程序的某个线程在它上面等待的系统调用"),
    ] = None
    timer: Annotated[Timer | None, Field(description="its timer"), Zh("它的定时器")] = None
    queue: Annotated[
        Count | None,
        Field(description="of a TCP listener: how many connections wait for accept()"),
        Zh("TCP 监听套接字：等待 accept() 的连接数"),
    ] = None
    limit: Annotated[
        Count | None, Field(description="of a TCP listener: its backlog"), Zh("TCP 监听套接字：其 backlog")
    ] = None
    unread_at_least: Annotated[
        Count | None,
        Field(description="Recv-Q: the least number of bytes that its program has not read"),
        Zh("Recv-Q：程序尚未读取的最少字节数"),
    ] = None
    unacknowledged_at_least: Annotated[
        Count | None,
        Field(description="Send-Q: the least number of bytes that the other end has not acknowledged"),
        Zh("Send-Q：对端尚未确认的最少字节数"),
    ] = None


class ProcessParams(Observed, Counted):
    """A host has so many processes, of a program, a state, a number of threads or a use of memory if given.

    A zombie counts only where `state: zombie` asks for it. Memory is the most that the process ever held, all that
    the interpreter needs for itself with it: give it a generous limit, and the program something far greater to hold.
    """

    zh: ClassVar[str] = (
        "主机上有若干进程；可以限定程序、状态、线程数或内存用量。\n\n"
        "僵尸进程只有写明 `state: zombie` 时才统计。内存指进程用过的最大值，解释器自身所需的也计算在内："
        "上限要放宽，并让程序面对远大于上限的数据。"
    )
    example: ClassVar[str] = "{host: server, program: server, threads_at_least: 4, count: 1}"

    program: Annotated[ProgramName | None, Field(description="the program that it belongs to"), Zh("所属的程序")] = None
    command: Annotated[
        str | None, Field(min_length=1, description="a piece of its command line"), Zh("命令行中的一段")
    ] = None
    user: Annotated[str | None, Field(min_length=1, description="the user that it runs as"), Zh("运行它的用户")] = None
    state: Annotated[ProcessState | None, Field(description="its state"), Zh("状态")] = None
    threads: Annotated[Count | None, Field(description="the exact number of its threads"), Zh("线程的确切个数")] = None
    threads_at_least: Annotated[
        Count | None, Field(description="the least number of its threads"), Zh("线程的最少个数")
    ] = None
    memory_at_most: Annotated[
        Count | None,
        Field(description="the most memory that it ever held, in MiB (peak resident set, VmHWM of proc_pid_status(5))"),
        Zh("它用过的最大内存，以 MiB 计（常驻内存峰值，即 proc_pid_status(5) 的 VmHWM）"),
    ] = None


def socket(run: RunFacts, params: SocketParams) -> Finding:
    """Count the sockets in the host's table."""
    state = run.state(params.host, params.at)
    if state is None:
        return unobserved(params)
    if params.call is not None:
        require_calls(state, params.host)
    table = state.sockets
    fitting = [s for s in table if _socket_fits(run, params, s)]
    words = [w for w in (params.state, params.transport) if w is not None]
    kind = "".join(f"{w} " for w in words)
    where = at_host(params)
    holder = _holder(params) + qualified(_socket_asked(params))
    noun = Noun(f"{kind}socket", f"{kind}sockets", f"个{' ' if kind else ''}{kind}套接字{holder.zh}")
    where = Text(holder.en + where.en, where.zh)
    return Wanted(params.bounds, noun, where).finding(len(fitting), details=[_socket_told(run, s) for s in table])


def _holder(params: SocketParams) -> Text:
    """Whose socket is asked for, and in which call; to stand after the noun."""
    if params.program is not None and params.call is not None:
        values = {"call": params.call, "program": params.program}
        return say(" in {call}() of {program}", "（{program} 在 {call}() 中等待）", **values)
    if params.program is not None:
        return say(" of {program}", "（属于 {program}）", program=params.program)
    if params.call is not None:
        return say(" in {call}()", "（在 {call}() 中等待）", call=params.call)
    return same("")


def _socket_asked(params: SocketParams) -> list[Text]:
    """What is asked of a socket's queues and timer, a phrase each."""
    timer = params.timer or Timer()
    phrases = (
        (params.queue, "queue: {it}", "队列中 {it} 个"),
        (params.limit, "limit: {it}", "上限 {it}"),
        (params.unread_at_least, "unread: at least {it} bytes", "未读至少 {it} 字节"),
        (params.unacknowledged_at_least, "unacknowledged: at least {it} bytes", "未确认至少 {it} 字节"),
        (params.timer and (timer.which or "any"), "timer: {it}", "定时器：{it}"),
        (timer.seconds_at_least, "at least {it:g} s left", "至少剩 {it:g} 秒"),
        (timer.seconds_at_most, "at most {it:g} s left", "至多剩 {it:g} 秒"),
        (timer.fired_at_least, "fired at least {it} times", "至少到时 {it} 次"),
    )
    return [say(en, zh, it=it) for it, en, zh in phrases if it is not None]


def _socket_fits(run: RunFacts, params: SocketParams, socket: SocketFacts) -> bool:
    return (
        params.transport in (None, socket.transport)
        and params.state in (None, socket.state)
        and params.program in (None, socket.program)
        and params.call in (None, socket.call)
        and run.fits(params.local, Endpoint(socket.local, socket.local_port))
        and run.fits(params.remote, Endpoint(socket.remote, socket.remote_port))
        and (params.queue is None or (_listens(socket) and params.queue == socket.receive_queue))
        and params.limit in (None, socket.limit)
        and (
            params.unread_at_least is None or (not _listens(socket) and socket.receive_queue >= params.unread_at_least)
        )
        and socket.send_queue >= (params.unacknowledged_at_least or 0)
        and (params.timer is None or _timer_fits(params.timer, socket.timer))
    )


def _listens(socket: SocketFacts) -> bool:
    """Whether its receive queue is of connections."""
    return socket.state == "LISTEN"


def _timer_fits(asked: Timer, timer: TimerFacts | None) -> bool:
    return (
        timer is not None
        and asked.which in (None, timer.which)
        and timer.seconds >= (asked.seconds_at_least or 0)
        and (asked.seconds_at_most is None or timer.seconds <= asked.seconds_at_most)
        and timer.fired >= (asked.fired_at_least or 0)
    )


def _socket_told(run: RunFacts, socket: SocketFacts) -> Text:
    call = [] if socket.call is None else [same(f"{socket.call}()")]
    holder = [] if socket.program is None else [same(socket.program), *call]
    local = run.end(Endpoint(socket.local, socket.local_port))
    remote = run.end(Endpoint(socket.remote, socket.remote_port))
    told = qualified([*holder, *_queues(socket), *_timer_told(socket.timer)])
    return same(f"{socket.transport} {socket.state} {local} → {remote}") + told


def _queues(socket: SocketFacts) -> list[Text]:
    """What waits at a listener with a known limit, or in the queues of another socket if anything does."""
    if _listens(socket):
        values = {"n": socket.receive_queue, "limit": socket.limit}
        return [] if socket.limit is None else [say("queue: {n} of {limit}", "队列 {n}/{limit}", **values)]
    queues = ((socket.receive_queue, "{n} bytes unread", "{n} 字节未读"),
              (socket.send_queue, "{n} bytes unacknowledged", "{n} 字节未确认"))  # fmt: skip
    return [say(en, zh, n=n) for n, en, zh in queues if n]


def _timer_told(timer: TimerFacts | None) -> list[Text]:
    """The timer of a socket, where one runs."""
    if timer is None:
        return []
    values = {"which": timer.which, "s": f"{timer.seconds:.1f}", "n": timer.fired}
    if not timer.fired:
        return [say("{which} in {s} s", "{which} {s} 秒后", **values)]
    return [say("{which} in {s} s, fired {n} times", "{which} {s} 秒后，已到时 {n} 次", **values)]


def require_calls(state: HostState, host: str) -> None:
    """Raise `EngineError` where the observation of `host` does not tell in which calls programs sleep."""
    if state.free is None:
        raise EngineError(
            say(
                "the machine of {host} does not tell what programs wait for",
                "{host} 所在的机器不提供程序在等待什么的信息",
                host=host,
            )
        )


def process(run: RunFacts, params: ProcessParams) -> Finding:
    """Count the host's processes."""
    state = run.state(params.host, params.at)
    if state is None:
        return unobserved(params)
    table = state.processes
    fitting = [p for p in table if _process_fits(params, p)]
    which = qualified(_process_asked(params))
    noun = Noun(f"process{which.en}", f"processes{which.en}", f"个进程{which.zh}")
    details = [
        say(
            "pid {pid} {state} {user} threads {threads}{peak}: {command}",
            "pid {pid} {state} {user} 线程 {threads}{peak}：{command}",
            pid=p.pid,
            state=p.state,
            user=p.user,
            threads=p.threads,
            peak=_peak(p),
            command=visible(p.command),
        )
        for p in table
        if params.program in (None, p.program)
    ]
    return Wanted(params.bounds, noun, at_host(params)).finding(len(fitting), details=details)


def _process_asked(params: ProcessParams) -> list[Text]:
    """What is asked of a process, a phrase each."""
    phrases = (
        (params.program, "program {it}", "程序 {it}"),
        (params.command, "command with `{it}`", "命令行含有 `{it}`"),
        (params.user, "user {it}", "用户 {it}"),
        (params.state, "state {it}", "状态 {it}"),
        (params.threads, "threads: {it}", "线程数 {it}"),
        (params.threads_at_least, "threads: at least {it}", "线程数至少 {it}"),
        (params.memory_at_most, "at most {it} MiB", "内存至多 {it} MiB"),
    )
    return [say(en, zh, it=it) for it, en, zh in phrases if it is not None]


def _process_fits(params: ProcessParams, process: ProcessFacts) -> bool:
    letter = process.state[:1].upper()
    right_state = letter != "Z" if params.state is None else letter == STATE_LETTERS[params.state]
    return (
        right_state
        and params.program in (None, process.program)
        and params.user in (None, process.user)
        and params.threads in (None, process.threads)
        and process.threads >= (params.threads_at_least or 0)
        and (params.command is None or params.command in process.command)
        and (params.memory_at_most is None or _peak_of(process) <= params.memory_at_most * KIB_IN_MIB)
    )


def _peak_of(process: ProcessFacts) -> int:
    """Its peak of memory in KiB. Raises `InputError` where an older lab made the run."""
    if process.peak is None:
        raise InputError(say("the run did not keep how much memory processes held", "这次运行没有记录进程的内存用量"))
    return process.peak


def _peak(process: ProcessFacts) -> str:
    return "" if process.peak is None else f" {process.peak / KIB_IN_MIB:.1f} MiB"


def at_host(params: Observed) -> Text:
    """Where and when, to stand as the ends of what is counted."""
    if params.at == END:
        return say(" on {host} after the last step", "最后一步之后 {host} 上的", host=params.host)
    return say(" on {host} at `{at}`", "`{at}` 时 {host} 上的", host=params.host, at=params.at)


def unobserved(params: Observed) -> Finding:
    """The finding that the run ended before the observation was made."""
    return Finding(
        ok=False,
        expected=say("{host} to be observed at `{at}`", "在 `{at}` 观察 {host}", host=params.host, at=params.at),
        actual=say("the run ended before that", "运行在此之前就结束了"),
    )
