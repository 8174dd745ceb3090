"""What a host of a run may take of the machine it is on; declared in the scenario file, with defaults."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from lab.record import KEPT, LimitFacts
from lab.text import Text, same, say
from lab.values import Model, Wrong

MIB = 1 << 20
SHARED = 16  # MiB of shared memory, in /dev/shm and as much of System V's
OWN = 32  # MiB that the first process of a host and the commands of an observation need
FATAL = ("processes", "traffic")  # what ends the exchange, and the points of whoever was graded
Count = Annotated[int, Field(ge=1)]


class Limits(Model):
    """The limits of every host of a run. What is in its folders counts as memory too."""

    processes: Count = Field(64, description="processes and threads at once")
    memory: Count = Field(256, description="MiB of memory; there is no swap")
    disk: Count = Field(32, description="MiB in the working folder, and as many in /tmp")
    files: Count = Field(4096, description="files in the working folder, and as many in /tmp")
    file_size: Count = Field(128, description="MiB of one file, with its holes")
    open_files: Count = Field(256, description="open files and sockets of one process")
    cpu: Count = Field(30, description="seconds of processor time of one process")
    traffic: Count = Field(64, description="MiB of packets that the host may send, 1000 packets a MiB at most")

    @model_validator(mode="after")
    def _room(self) -> Limits:
        """Folders that are full must leave room for programs: to end those gives the folders' memory back to nobody."""
        least = 2 * self.disk + 2 * SHARED + OWN
        if self.memory < least:
            raise Wrong(
                say(
                    "with `disk: {disk}` a host needs `memory` of {least} MiB at least",
                    "`disk: {disk}` 时，主机的 `memory` 至少需要 {least} MiB",
                    disk=self.disk,
                    least=least,
                )
            )
        return self

    def of_program(self, output: int) -> dict[str, int]:
        """The limits of a program, besides those of its host, as hosts take them; `output` in bytes that are told."""
        return {
            "output": output,
            "open_files": self.open_files,
            "file_size": self.file_size * MIB,
            "cpu": self.cpu,
        }


def limit_words(facts: LimitFacts) -> Text:
    """Who ran into which limit, and what came of it."""
    who = facts.host if facts.program in (None, facts.host) else f"{facts.program} ({facts.host})"
    return same(f"{who} ") + what_was_hit(facts)


def what_was_hit(facts: LimitFacts) -> Text:
    """The limit and what came of it, to be said of a host or a program."""
    words = LOST if facts.ended and facts.what == "memory" else HIT[facts.what]
    return say(*words, n=f"{facts.limit:,}", host=facts.host, size=KEPT)


LOST = (
    "hit the memory limit ({n} MiB) in many processes: everything on {host} was ended",
    "的多个进程合起来达到内存上限（{n} MiB）：{host} 上的所有进程已被终止",
)
HIT = {
    "processes": (
        "hit the process limit ({n}): everything on {host} was ended",
        "达到进程数上限（{n}）：{host} 上的所有进程已被终止",
    ),
    "traffic": (
        "hit the traffic limit ({n} MiB sent): the network of {host} was cut",
        "达到流量上限（发送 {n} MiB）：{host} 的网络已被切断",
    ),
    "memory": ("hit the memory limit ({n} MiB): a process was killed", "达到内存上限（{n} MiB）：有进程被终止"),
    "disk": ("hit the disk limit: a folder of {n} MiB is full", "达到磁盘上限：{n} MiB 的目录已写满"),
    "files": ("hit the limit of {n} files", "达到文件数上限（{n}）"),
    "file_size": ("hit the file size limit ({n} MiB)", "达到单个文件大小上限（{n} MiB）"),
    "cpu": ("hit the processor time limit ({n} s) and was ended", "达到处理器时间上限（{n} 秒），已被终止"),
    "output": ("printed more than {size}; the first {size} is kept", "打印的内容超过 {size}；只保留前 {size}"),
}
