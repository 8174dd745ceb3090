"""That something did not happen."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from lab.checks.parameters import Params, Place, Zh
from lab.scenario import Model


class Between(Model):
    """From one end to another."""

    to: Annotated[
        Place | None, Field(description="the server's end, or the destination"), Zh("服务端一侧,或目的端")
    ] = None
    from_: Annotated[
        Place | None, Field(alias="from", description="the client's end, or the source"), Zh("客户端一侧,或源端")
    ] = None


class NoneParams(Params):
    """No connection was tried, no datagram was sent, or no packet matched a capture filter.

    It must need a check that something else did happen: a capture of nothing proves nothing.
    """

    zh: ClassVar[str] = (
        "没有尝试过某种连接,没有发送过某种数据报,或没有数据包符合某个过滤表达式。\n\n"
        "它必须依赖(`needs`)另一个证明交换确实发生过的检查:空的抓包什么也证明不了。"
    )
    example: ClassVar[str] = "{connection: {from: {host: mallory}, to: {host: server}}}"

    connection: Annotated[
        Between | None, Field(description="a TCP connection, refused ones too"), Zh("TCP 连接,包括被拒绝的")
    ] = None
    datagram: Annotated[Between | None, Field(description="a UDP datagram"), Zh("UDP 数据报")] = None
    packet: Annotated[
        str | None,
        Field(min_length=1, description="a capture filter, as in `packets`"),
        Zh("过滤表达式,与 `packets` 相同"),
    ] = None

    @model_validator(mode="after")
    def _one(self) -> NoneParams:
        if sum(v is not None for v in (self.connection, self.datagram, self.packet)) != 1:
            message = "give one of `connection`, `datagram` and `packet`"
            raise ValueError(message)
        return self

    @property
    def asserts_absence(self) -> bool:
        """Always."""
        return True
