"""Clues: faults of a program's text that what happened in the run points to.

A clue is given only where a check failed, the run shows what the fault leads to, and the text has the fault: a
program without `SO_REUSEADDR` is told of it when its bind() was refused for it, and not before. It points to a line
and says what to think about, not what to write. Of a program that is not Python there is no text to look at: it
gets those clues for which what happened is enough.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterable, Iterator

from lab.checks.facts import RunFacts
from lab.conversations import Endpoint, Handshake
from lab.graded import Clue
from lab.grading.encodings import encoding_clues
from lab.grading.evidence import LOOPBACK, Handled, handled
from lab.grading.programs import KNOWN, Crash, shortened
from lab.grading.secret import has_hidden
from lab.grading.source import Call, Source
from lab.grading.spelling import spelling_clues
from lab.record import Words
from lab.results import Result
from lab.scenario import Scenario
from lab.submissions import Handed
from lab.text import Text, same, say

MOST = 8
CONCURRENT = ("Thread", "Timer", "Process", "fork", "select", "selectors", "asyncio", "ThreadPoolExecutor",
              "start_new_thread", "ThreadingTCPServer", "ThreadingMixIn")  # fmt: skip
IN_USE = ("Address already in use", "EADDRINUSE", "[Errno 98]")
EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - these are compared with
OF_CONNECTIONS = frozenset({
    "ConnectionError", "ConnectionResetError", "ConnectionRefusedError", "ConnectionAbortedError", "BrokenPipeError",
    "TimeoutError", "socket.timeout",
})  # fmt: skip
OF_SYSTEM = frozenset({"OSError", "BlockingIOError"})
ERRNO = re.compile(r"\[Errno (\d{1,4})\]")
OF_SOCKETS = frozenset({
    "EADDRINUSE", "EADDRNOTAVAIL", "EAFNOSUPPORT", "EALREADY", "EAGAIN", "EBADF", "EDESTADDRREQ", "EHOSTUNREACH",
    "EINPROGRESS", "EISCONN", "EMSGSIZE", "ENETUNREACH", "ENOBUFS", "ENOTCONN", "ENOTSOCK", "EOPNOTSUPP", "ESHUTDOWN",
})  # fmt: skip
"""Errors of the system that calls of sockets end in; `EBADF` is what a closed one gives."""
MANY_BYTES = 1 << 16
"""Of one stream: what a socket's buffers may not take at once."""


def clues(scenario: Scenario, handed: Handed, facts: RunFacts, results: Iterable[Result]) -> tuple[Clue, ...]:
    """The clues to the failed checks among `results`, the most telling first; none where none failed."""
    found: list[Clue] = []
    for file in handled(scenario, handed, facts, results):
        if file.failed:
            theirs = [clue for rule in RULES for clue in rule(file)]
            explained = {clue.id for clue in theirs} & EXPLAIN_CRASHES
            found += theirs if explained else [*theirs, *_crash(file)]
    return tuple(found[:MOST])


def _clue(file: Handled, name: str, line: int | None, checks: tuple[str, ...], text: Text) -> Iterator[Clue]:
    if checks:
        yield Clue(id=name, text=Words.of(text), checks=checks, file=file.name, line=line)


def _send(file: Handled) -> Iterator[Clue]:
    """send() whose result nobody looks at, where much was to be sent, or the other side could not take more."""
    if file.text is None:
        return
    many = any(ours.bytes >= MANY_BYTES or other.zero_windows for _, _, ours, other in file.sides())
    unused = [call for call in file.text.named("send") if not call.used]
    if many and unused:
        text = say(
            "send() may take a part of the bytes only, and returns how many it took. What becomes of the rest here?",
            "send() 可能只取走一部分字节，并返回取走了多少。这里剩下的字节怎么办？",
        )
        checks = file.failed_of("tcp.payload", "output", "file", "tcp.close", "exit", "order")
        yield from _clue(file, "send-without-sendall", unused[0].line, checks, text)


def _recv(file: Handled) -> Iterator[Clue]:
    """One recv() a connection, where the other side's bytes came in several packets, or were more than it takes."""
    calls = [] if file.text is None else file.text.named("recv")
    if file.text is None or not calls or not all(map(file.text.once, calls)):
        return
    split = any(len(other.data_packets) > 1 or other.bytes > _buffer(file.text, calls) for *_, other in file.sides())
    if split:
        text = say(
            "recv() is called once for each connection, but what the other side sent came in several pieces. "
            "What does one recv() return, and how do you know that the message is over?",
            "每个连接只调用一次 recv()，而对方发来的数据分几次到达。一次 recv() 返回什么？怎样知道消息已经结束？",
        )
        yield from _clue(file, "one-recv", calls[0].line, file.failed_of(), text)


def _buffer(text: Source, calls: list[Call]) -> int:
    sizes = [text.value(call.node.args[0])[0] for call in calls if call.node.args]
    return max((size for size in sizes if isinstance(size, int)), default=MANY_BYTES)


def _loopback(file: Handled) -> Iterator[Clue]:
    """Bound to the loopback interface only, where a connection or a datagram from another host was refused."""
    ports = set(file.refused())
    waiting = [s for s in file.sockets() if s.state in ("LISTEN", "UNCONN") and s.local_port in ports]
    there = bool(waiting) and all(s.local.startswith(LOOPBACK) for s in waiting)
    if not there:
        return
    line = None
    if file.text is not None:
        binds = file.text.named("bind", "create_server")
        hosts = [file.text.address(call)[0] for call in binds]
        line = next((at for host, at in hosts if host is not None), binds[0].line if binds else None)
    text = say(
        "The program waits at the loopback address, and a connection from another machine was refused. "
        "Which machines can reach that address?",
        "程序在环回地址上等待，而来自其他主机的连接被拒绝。哪些主机能到达这个地址？",
    )
    yield from _clue(file, "bound-to-loopback", line, file.failed_of(), text)


def _reuse(file: Handled) -> Iterator[Clue]:
    """bind() was refused since the port is in use, and the text does not set SO_REUSEADDR."""
    in_use = any(sign in line for line in file.printed() for sign in IN_USE)
    sets = file.text is not None and (file.text.mentions("SO_REUSEADDR") or file.text.named("create_server"))
    if not in_use or sets or (file.text is None and b"REUSEADDR" in file.content):
        return
    binds = [] if file.text is None else file.text.named("bind")
    text = say(
        "bind() was refused: the address is in use. A connection that this port had before is still remembered "
        "(TIME-WAIT). Which option of the socket allows for that, and when must it be set?",
        "bind() 被拒绝：地址已被占用。这个端口之前的连接仍处于 TIME-WAIT 状态。"
        "套接字的哪个选项允许这样做，应在什么时候设置？",
    )
    line = binds[0].line if binds else None
    yield from _clue(file, "reuseaddr-missing", line, file.failed_of(), text)


def _daemon(file: Handled) -> Iterator[Clue]:
    """A process that Ctrl-C does not end, and a thread that is no daemon."""
    if file.text is None or not file.survived_interrupt():
        return
    threads = file.text.named("Thread")
    if not threads or any(k.arg == "daemon" for call in threads for k in call.node.keywords):
        return
    attributes = file.text.attributes_set()
    if any(name == "daemon" and value for name, _, value in attributes) or file.text.named("setDaemon"):
        return
    checks = file.failed_of()
    misspelt = next((line for name, line, _ in attributes if name.lower() == "daemon"), None)
    if misspelt is not None:
        text = say(
            "The program was still there after Ctrl-C: this makes an attribute that nobody reads. Mind its spelling.",
            "Ctrl-C 之后程序仍在运行：这里设置的是一个没有人读取的属性。请注意它的拼写。",
        )
    else:
        text = say(
            "The program was still there after Ctrl-C. At its end Python waits for some threads: for which ones?",
            "Ctrl-C 之后程序仍在运行。Python 退出前会等待某些线程：是哪些线程？",
        )
    yield from _clue(file, "thread-not-daemon", misspelt or threads[0].line, checks, text)


def _never_closed(file: Handled) -> Iterator[Clue]:
    """A connection that the other side closed stays half open, and no accepted socket is ever closed."""
    if not any(s.state == "CLOSE-WAIT" for s in file.sockets()):
        return
    line = None
    if file.text is not None:
        accepted, closed = file.text.accepted(), file.text.closed()
        if not accepted or accepted.keys() & closed:
            return
        line = min(accepted.values())
    text = say(
        "The other side has closed, and this side's socket stays in CLOSE-WAIT. "
        "Who closes the socket that accept() gave?",
        "对方已经关闭，而本方的套接字一直处于 CLOSE-WAIT 状态。accept() 返回的套接字由谁关闭？",
    )
    yield from _clue(file, "never-closed", line, file.failed_of(), text)


def _one_accept(file: Handled) -> Iterator[Clue]:
    """accept() in no loop, where a later client was refused or left without an answer."""
    accepts = [] if file.text is None else file.text.named("accept")
    if file.text is None or not accepts or any(map(file.text.looped, accepts)):
        return
    served: set[Endpoint] = set()
    left_alone = False
    for connection in file.served():
        left_alone = left_alone or (connection.server.endpoint in served and connection.server.bytes == 0)
        served.add(connection.server.endpoint)
    if left_alone:
        text = say(
            "accept() is called once, and a second client came. "
            "Which call takes the next client, and is it made again?",
            "accept() 只调用了一次，而来了第二个客户端。哪个调用接受下一个客户端？它会再次执行吗？",
        )
        yield from _clue(file, "one-accept", accepts[0].line, file.failed_of(), text)


def _one_at_a_time(file: Handled) -> Iterator[Clue]:
    """The loop of accept() serves a client to its end, where several were to be served at once."""
    if file.text is None or any(map(file.text.mentions, CONCURRENT)):
        return
    accepts = [call for call in file.text.named("accept") if file.text.looped(call)]
    if accepts:
        text = say(
            "The next accept() has to wait until this client has been served to its end. "
            "What could go on at the same time?",
            "下一次 accept() 要等这个客户端完全处理完。哪些工作可以同时进行？",
        )
        yield from _clue(file, "one-at-a-time", accepts[0].line, file.failed_of("tcp.overlap"), text)


def _hard_coded(file: Handled) -> Iterator[Clue]:
    """A port or an address in the text where the command line gives another."""
    if file.text is None:
        return
    used = {s.local_port for s in file.sockets() if s.state in ("LISTEN", "UNCONN")}
    used |= {c.server.endpoint.port for c, role, *_ in file.sides() if role == "client"}
    used |= {d.destination.port for d in file.facts.conversations.datagrams}
    answered = any(role == "client" and c.handshake is Handshake.COMPLETE for c, role, *_ in file.sides())
    given = {argument for argument in file.arguments if argument.isdigit()}
    for call in file.text.named("bind", "connect", "connect_ex", "sendto", "create_server", "create_connection"):
        (host, host_line), (port, port_line) = file.text.address(call)
        if isinstance(port, int) and port in used and given and str(port) not in given:
            text = say(
                "The port in the text is used, whatever the command line says. Where is the port of the command line?",
                "无论命令行给出什么，程序都使用代码里写死的端口。命令行给出的端口在哪里？",
            )
            yield from _clue(file, "hard-coded-port", port_line, file.failed_of(), text)
            return
        fixed = isinstance(host, str) and host not in (*EVERYWHERE, *file.arguments)
        if fixed and call.name not in ("bind", "create_server") and not answered:
            text = say(
                "The address in the text is used, whatever the command line says. Whose address is it?",
                "无论命令行给出什么，程序都使用代码里写死的地址。这是谁的地址？",
            )
            yield from _clue(file, "hard-coded-address", host_line, file.failed_of(), text)
            return


def _prompt(file: Handled) -> Iterator[Clue]:
    """A line that was expected came with the prompt of input() before it."""
    if file.text is None:
        return
    prompts = [(file.text.value(c.node.args[0])[0], c.line) for c in file.text.named("input") if c.node.args]
    for result in file.failed:
        check = file.scenario.checks.get(result.id)
        if check is None or check.kind != "output":
            continue
        wanted = {*(check.params.lines or ()), *filter(None, [check.params.line])}
        for prompt, line in prompts:
            mixed = {f"{prompt}{text}" for text in wanted if prompt}
            if any(printed in mixed for printed in file.printed("out")):
                text = say(
                    "The prompt of input() goes to standard output too: it stands before the line that was expected.",
                    "input() 的提示也会写到标准输出：它出现在期望的那一行前面。",
                )
                yield from _clue(file, "prompt-in-output", line, (result.id,), text)
                return


def _crash(file: Handled) -> Iterator[Clue]:
    """An exception that ended a program or a thread of it."""
    for crash in file.crashes():
        frame = next((f for f in reversed(crash.frames) if f.file == file.name), None)
        if frame is not None:
            text = _raised(crash, quoted=not has_hidden(file.scenario))
            yield from _clue(file, "crash", frame.line, file.failed_of(), text)
            return


def _raised(crash: Crash, *, quoted: bool) -> Text:
    """What the exception points to: of a socket to its connection, of anything else to its own words."""
    what = same(crash.raised) if crash.raised in KNOWN else say("an exception", "一个异常")
    if _of_socket(crash):
        return say(
            "{what} was raised here, and nothing caught it. What was the state of the connection then?",
            "这里抛出了 {what}，没有被捕获。当时连接处于什么状态？",
            what=what,
        )
    if quoted and crash.said:
        return say(
            "{what} was raised here, and nothing caught it. It says: {said}",
            "这里抛出了 {what}，没有被捕获。它的说明是：{said}",
            what=what,
            said=shortened(crash.said),
        )
    return say("{what} was raised here, and nothing caught it.", "这里抛出了 {what}，没有被捕获。", what=what)


def _of_socket(crash: Crash) -> bool:
    number = ERRNO.match(crash.said)
    return crash.raised in OF_CONNECTIONS or (
        crash.raised in OF_SYSTEM and number is not None and errno.errorcode.get(int(number[1])) in OF_SOCKETS
    )


RULES: tuple[Callable[[Handled], Iterator[Clue]], ...] = (
    spelling_clues,
    _reuse,
    _loopback,
    _hard_coded,
    encoding_clues,
    _one_accept,
    _one_at_a_time,
    _recv,
    _send,
    _never_closed,
    _daemon,
    _prompt,
)
EXPLAIN_CRASHES = frozenset(
    {"reuseaddr-missing", "wrong-encoding", "syntax-error", "python-2-print", "source-encoding", "byte-order-mark"}
)
"""Clues beside which that of the exception would say nothing more."""
