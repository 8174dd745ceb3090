"""Kinds that read UDP datagrams."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from lab.checks.parameters import Content, Counted, Place, Zh


class DatagramsParams(Counted, Content):
    """UDP datagrams were sent from one end to another, with certain content if given."""

    zh: ClassVar[str] = "从一端到另一端发送了若干 UDP 数据报;可以限定其内容。"
    example: ClassVar[str] = "{from: {host: alice}, to: {host: server, port: 9999}, text: Michael, count: 1}"

    to: Annotated[Place | None, Field(description="the destination"), Zh("目的端")] = None
    from_: Annotated[Place | None, Field(alias="from", description="the source"), Zh("源端")] = None
