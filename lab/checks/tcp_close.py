"""How connections ended."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lab.checks.parameters import Counted, Ends, Zh


class CloseParams(Ends, Counted):
    """Connections were closed in a certain way, and by a certain side first.

    `fin`: both sides sent a FIN. `rst`: a reset ended it. `open`: neither, or one side never sent its
    FIN. What the kernel sends when the lab stops a program after the last step does not count: a program must
    close by itself. Without a number all matching connections must have ended so, and there must be one.
    """

    zh: ClassVar[str] = (
        "连接以某种方式、并由某一方先关闭。\n\n"
        "`fin`:双方都发送了 FIN。`rst`:以复位结束。`open`:都没有,或有一方始终没有发送 FIN。"
        "最后一步之后实验室终止程序时内核发出的报文不算:程序必须自己关闭连接。"
        "不给个数时,所有匹配的连接都必须如此结束,且至少有一条。"
    )
    example: ClassVar[str] = "{to: {host: server, port: 8080}, kind: fin, by: client}"

    kind: Annotated[
        Literal["fin", "rst", "any", "open"],
        Field(description="how it ended; `any` is fin or rst"),
        Zh("如何结束;`any` 指 fin 或 rst"),
    ] = "any"
    by: Annotated[Literal["client", "server", "any"], Field(description="who closed first"), Zh("哪一方先关闭")] = "any"

    @property
    def asserts_absence(self) -> bool:
        """A number of 0 holds on an empty capture; no number means one at least."""
        return self.counted and self.bounds.least == 0
