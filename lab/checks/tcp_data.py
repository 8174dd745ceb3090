"""What connections carried: payload, and data on several connections at once."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from lab.checks.parameters import Content, Counted, Ends, Zh


class PayloadParams(Ends, Counted, Content):
    """One side of the connections sent certain bytes.

    All that a side sent is looked at as one stream, put in order by sequence numbers: how it was cut into
    segments does not matter. Without a number it must hold for all matching connections, and there must be one.
    """

    zh: ClassVar[str] = (
        "连接的某一方发送了特定的内容。\n\n"
        "一方发送的全部内容按序号拼成一条字节流再比较,与如何分段无关。"
        "不给个数时,所有匹配的连接都必须满足,且至少有一条。"
    )
    example: ClassVar[str] = "{to: {host: server, port: 8080}, sent_by: server, contains: OK}"

    sent_by: Annotated[Literal["client", "server"], Field(description="whose bytes"), Zh("哪一方发送的字节")]

    @model_validator(mode="after")
    def _content(self) -> PayloadParams:
        if not self.asked:
            message = "give one of `text`, `contains`, `match` and `hex`"
            raise ValueError(message)
        return self

    @property
    def asserts_absence(self) -> bool:
        """A number of 0 holds on an empty capture; no number means one at least."""
        return self.counted and self.bounds.least == 0


class OverlapParams(Ends, Counted):
    """Connections were served at once: all open at the same time, with data from the server on each meanwhile.

    A connection is open from its complete handshake to the first FIN or RST on it. That connections are
    merely open together proves nothing: the kernel completes handshakes before the program accepts them.
    The number is that of the largest such group; without one it is at least two.
    """

    zh: ClassVar[str] = (
        "多条连接被同时服务:它们在同一段时间内都处于打开状态,并且期间服务端在每一条上都发送了数据。\n\n"
        "连接从握手完成到其上第一个 FIN 或 RST 为止算打开。仅仅同时打开并不说明问题:"
        "程序调用 accept() 之前内核就会完成握手。个数指满足条件的最大的一组;不给个数时至少为两条。"
    )
    example: ClassVar[str] = "{to: {host: server, port: 8080}, at_least: 3}"

    @model_validator(mode="before")
    @classmethod
    def _two(cls, values: object) -> object:
        if isinstance(values, dict) and not {"count", "at_least", "at_most"} & values.keys():
            return {**values, "at_least": 2}
        return values
