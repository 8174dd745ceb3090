"""Kinds that read the state of a host at an observation: files, sockets and processes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from lab.checks.parameters import Count, Counted, Observed, Place, Zh
from lab.scenario import Encoding, ProgramName, ScenarioFile

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


class FileParams(Observed):
    """A file of a host exists or not, with a size and a content if given."""

    zh: ClassVar[str] = "主机上的文件存在或不存在;可以限定大小与内容。"
    example: ClassVar[str] = '{host: alice, path: "[接收]notes.txt", same_as: notes.txt}'

    path: Annotated[
        str, Field(min_length=1, description="its path, as the observation names it"), Zh("路径,与观察步骤中所写一致")
    ]
    exists: Annotated[bool, Field(description="false: there must be no such file"), Zh("false:不得有这个文件")] = True
    size: Annotated[Count | None, Field(description="its size in bytes"), Zh("字节数")] = None
    text: Annotated[str | None, Field(description="its whole content"), Zh("全部内容")] = None
    encoding: Annotated[
        Encoding | None,
        Field(description="of `text`; the scenario's if left out"),
        Zh("`text` 的编码;省略时用场景的编码"),
    ] = None
    same_as: Annotated[
        ScenarioFile | None,
        Field(description="a file of the scenario's folder with the same bytes"),
        Zh("场景文件夹中内容相同的文件"),
    ] = None

    @model_validator(mode="after")
    def _consistent(self) -> FileParams:
        if self.text is not None and self.same_as is not None:
            message = "give `text` or `same_as`, not both"
            raise ValueError(message)
        if self.encoding is not None and self.text is None:
            message = "`encoding` is that of `text`"
            raise ValueError(message)
        if not self.exists and (self.size, self.text, self.same_as) != (None, None, None):
            message = "a file that must not exist has no size and no content"
            raise ValueError(message)
        return self

    @property
    def asserts_absence(self) -> bool:
        """That a file does not exist also holds if nothing happened."""
        return not self.exists


class SocketParams(Observed, Counted):
    """A host has so many sockets of a state, by its kernel's table (states of RFC 9293; UDP sockets are UNCONN)."""

    zh: ClassVar[str] = "按内核的套接字表,主机上有若干处于某状态的套接字(状态名取自 RFC 9293;UDP 套接字为 UNCONN)。"
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

    zh: ClassVar[str] = "主机上有若干进程;可以限定程序、状态或线程数。\n\n僵尸进程只有写明 `state: zombie` 时才统计。"
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
