"""Kinds that read the state of a host at an observation: files, sockets and processes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from lab.checks.content import encoded, spaced, visible
from lab.checks.facts import RunFacts
from lab.checks.parameters import Count, Counted, Observed, Place, Zh
from lab.checks.wording import Noun, Wanted
from lab.conversations import Endpoint
from lab.errors import InputError
from lab.oserrors import why
from lab.record import END, FileFacts, HostState, ProcessFacts, SocketFacts
from lab.results import Finding
from lab.text import Text, join, same, say
from lab.values import Encoding, ProgramName, ScenarioFile, Wrong

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


class FileParams(Observed):
    """A file of a host exists or not, with a size and a content if given."""

    zh: ClassVar[str] = "主机上的文件存在或不存在；可以限定大小与内容。"
    example: ClassVar[str] = '{host: alice, path: "[接收]notes.txt", same_as: notes.txt}'

    path: Annotated[
        str, Field(min_length=1, description="its path, as the observation names it"), Zh("路径，与观察步骤中所写一致")
    ]
    exists: Annotated[bool, Field(description="false: there must be no such file"), Zh("false：不得有这个文件")] = True
    size: Annotated[Count | None, Field(description="its size in bytes"), Zh("字节数")] = None
    text: Annotated[str | None, Field(description="its whole content"), Zh("全部内容")] = None
    encoding: Annotated[
        Encoding | None,
        Field(description="of `text`; the scenario's if left out"),
        Zh("`text` 的编码；省略时用场景的编码"),
    ] = None
    same_as: Annotated[
        ScenarioFile | None,
        Field(description="a file of the scenario's folder with the same bytes"),
        Zh("场景文件夹中内容相同的文件"),
    ] = None

    @model_validator(mode="after")
    def _consistent(self) -> FileParams:
        if self.text is not None and self.same_as is not None:
            raise Wrong(say("give `text` or `same_as`, not both", "`text` 与 `same_as` 只能给出一个"))
        if self.encoding is not None and self.text is None:
            raise Wrong(
                say(
                    "`encoding` is that of `text`, which is not there",
                    "`encoding` 说的是 `text` 的编码，而这里没有 `text`",
                )
            )
        if not self.exists and (self.size, self.text, self.same_as) != (None, None, None):
            raise Wrong(say("a file that must not exist has no size and no content", "不得存在的文件没有大小和内容"))
        return self

    @property
    def asserts_absence(self) -> bool:
        """That a file does not exist also holds if nothing happened."""
        return not self.exists


class SocketParams(Observed, Counted):
    """A host has so many sockets of a state, by its kernel's table (states of RFC 9293; UDP sockets are UNCONN)."""

    zh: ClassVar[str] = "按内核的套接字表，主机上有若干处于某状态的套接字（状态名取自 RFC 9293；UDP 套接字为 UNCONN）。"
    example: ClassVar[str] = "{host: alice, state: TIME-WAIT, remote: {host: server, port: 8080}, count: 1}"

    transport: Annotated[Literal["tcp", "udp"] | None, Field(description="the transport"), Zh("传输层协议")] = None
    state: Annotated[SocketState | None, Field(description="the state"), Zh("状态")] = None
    local: Annotated[Place | None, Field(description="its own end"), Zh("本端")] = None
    remote: Annotated[Place | None, Field(description="the other end"), Zh("对端")] = None
    program: Annotated[ProgramName | None, Field(description="the program that holds it"), Zh("持有它的程序")] = None


class ProcessParams(Observed, Counted):
    """A host has so many processes, of a program, a state or a number of threads if given.

    A zombie counts only where `state: zombie` asks for it.
    """

    zh: ClassVar[str] = "主机上有若干进程；可以限定程序、状态或线程数。\n\n僵尸进程只有写明 `state: zombie` 时才统计。"
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


def file(run: RunFacts, params: FileParams) -> Finding:
    """Look for the file among those that the observation kept, and compare it."""
    state = _state(run, params)
    if state is None:
        return _unobserved(params)
    facts = next((f for f in state.files if f.path == params.path), None)
    if facts is None:
        raise InputError(
            say(
                "the observation `{at}` did not keep the file {path} of {host}",
                "观察点 `{at}` 没有保存 {host} 的文件 {path}",
                at=params.at,
                path=params.path,
                host=params.host,
            )
        )
    what = same(f"{params.host}:{params.path}")
    if not params.exists or facts.kind == "missing":
        return _existence(what, facts, exists=params.exists)
    wanted = _content(run, params)
    size = params.size if wanted is None else len(wanted)
    digest = None if wanted is None else hashlib.sha256(wanted).hexdigest()
    same_size = size in (None, facts.size) and params.size in (None, facts.size)
    ok = facts.kind == "file" and same_size and digest in (None, facts.sha256)
    held = say("{what} with {n} bytes", "{what}，{n} 字节", what=what, n=facts.size)
    return Finding(
        ok,
        expected=_expected_file(what, params, wanted),
        actual=held if ok else _other_file(what, facts, wanted),
    )


def _existence(what: Text, facts: FileFacts, *, exists: bool) -> Finding:
    there = facts.kind != "missing"
    absent = say("no file {what}", "没有文件 {what}", what=what)
    present = say("{what} exists ({n} bytes)", "存在 {what}（{n} 字节）", what=what, n=facts.size)
    wanted = say("the file {what}", "有文件 {what}", what=what)
    return Finding(there == exists, expected=wanted if exists else absent, actual=present if there else absent)


def _content(run: RunFacts, params: FileParams) -> bytes | None:
    if params.text is not None:
        return encoded(params.text, params.encoding or run.record.encoding)
    if params.same_as is None:
        return None
    try:
        return (run.folder / params.same_as).read_bytes()
    except OSError as error:
        raise InputError(
            say(
                "the scenario's file {name} cannot be read: {why}",
                "无法读取场景文件 {name}：{why}",
                name=params.same_as,
                why=why(error),
            )
        ) from error


def _expected_file(what: Text, params: FileParams, wanted: bytes | None) -> Text:
    parts: list[Text] = []
    if params.size is not None:
        parts.append(say("{n} bytes", "{n} 字节", n=params.size))
    if params.text is not None:
        parts.append(say("the content `{text}`", "内容为 `{text}`", text=visible(params.text)))
    if params.same_as is not None:
        n = len(wanted or b"")
        parts.append(say("the bytes of {name} ({n})", "与 {name} 相同的 {n} 字节", name=params.same_as, n=n))
    if not parts:
        return say("the file {what}", "有文件 {what}", what=what)
    both = join(say(" and ", "、"), parts)
    return say("the file {what} with {parts}", "文件 {what}，{parts}", what=what, parts=both)


def _other_file(what: Text, facts: FileFacts, wanted: bytes | None) -> Text:
    if facts.kind != "file":
        return say("{what} is no regular file ({kind})", "{what} 不是普通文件（{kind}）", what=what, kind=facts.kind)
    held = base64.b64decode(facts.content or "")
    place = next((i for i, (a, b) in enumerate(zip(held, wanted or b"", strict=False)) if a != b), None)
    size = say("{what} has {n} bytes", "{what} 有 {n} 字节", what=what, n=facts.size)
    if wanted is None:
        return size
    if place is None:
        return size + say(", of {n}", "，应为 {n} 字节", n=len(wanted))
    return size + say(
        " and differs at byte {place}: {held}, not {wanted}",
        "，第 {place} 字节起不同：{held}，而不是 {wanted}",
        place=place,
        held=spaced(held[place : place + 8]),
        wanted=spaced((wanted or b"")[place : place + 8]),
    )


def socket(run: RunFacts, params: SocketParams) -> Finding:
    """Count the sockets in the host's table."""
    state = _state(run, params)
    if state is None:
        return _unobserved(params)
    table = state.sockets
    fitting = [s for s in table if _socket_fits(run, params, s)]
    words = [w for w in (params.state, params.transport) if w is not None]
    kind = "".join(f"{w} " for w in words)
    where = _where(params)
    if params.program is not None:
        where = say(" of {program}{where}", "{where} {program} 的", program=params.program, where=where)
    noun = Noun(f"{kind}socket", f"{kind}sockets", f"个{' ' if kind else ''}{kind}套接字")
    return Wanted(params.bounds, noun, where).finding(len(fitting), details=[_socket_told(run, s) for s in table])


def _socket_fits(run: RunFacts, params: SocketParams, socket: SocketFacts) -> bool:
    return (
        params.transport in (None, socket.transport)
        and params.state in (None, socket.state)
        and params.program in (None, socket.program)
        and run.fits(params.local, Endpoint(socket.local, socket.local_port))
        and run.fits(params.remote, Endpoint(socket.remote, socket.remote_port))
    )


def _socket_told(run: RunFacts, socket: SocketFacts) -> Text:
    holder = f" ({socket.program})" if socket.program is not None else ""
    local = run.end(Endpoint(socket.local, socket.local_port))
    remote = run.end(Endpoint(socket.remote, socket.remote_port))
    return same(f"{socket.transport} {socket.state} {local} → {remote}{holder}")


def process(run: RunFacts, params: ProcessParams) -> Finding:
    """Count the host's processes."""
    state = _state(run, params)
    if state is None:
        return _unobserved(params)
    table = state.processes
    fitting = [p for p in table if _process_fits(params, p)]
    asked = [
        f"{name} {value}"
        for name, value in (
            ("program", params.program),
            ("command", params.command),
            ("user", params.user),
            ("state", params.state),
            ("threads", params.threads),
            ("threads ≥", params.threads_at_least),
        )
        if value is not None
    ]
    which = f" ({', '.join(asked)})" if asked else ""
    noun = Noun(f"process{which}", f"processes{which}", f"个进程{which}")
    details = [
        same(f"pid {p.pid} {p.state} {p.user} threads {p.threads}: {visible(p.command)}")
        for p in table
        if params.program in (None, p.program)
    ]
    return Wanted(params.bounds, noun, _where(params)).finding(len(fitting), details=details)


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
    )


def _where(params: Observed) -> Text:
    if params.at == END:
        return say(" on {host} after the last step", "最后一步之后 {host} 上的", host=params.host)
    return say(" on {host} at `{at}`", "`{at}` 时 {host} 上的", host=params.host, at=params.at)


def _state(run: RunFacts, params: Observed) -> HostState | None:
    """The observation of the host; None where the run ended before it was made."""
    observation = run.record.observations.get(params.at)
    if observation is None:
        return None
    if params.host not in observation:
        raise InputError(
            say("`{at}` does not observe {host}", "`{at}` 没有观察 {host}", at=params.at, host=params.host)
        )
    return observation[params.host]


def _unobserved(params: Observed) -> Finding:
    return Finding(
        ok=False,
        expected=say("{host} to be observed at `{at}`", "在 `{at}` 观察 {host}", host=params.host, at=params.at),
        actual=say("the run ended before that", "运行在此之前就结束了"),
    )
