"""What the parameters of many kinds have in common: ends, counts and content."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from lab.ends import Place, Zh
from lab.record import END
from lab.scenario import CheckParams
from lab.text import say
from lab.values import Encoding, Expression, Hex, HostName, Model, ObservationName, Wrong, exactly_one


class Params(CheckParams):
    """Parameters of a kind of check. The docstring of each subclass, with `zh` and `example`, is its reference page."""

    zh: ClassVar[str]
    """The docstring in Chinese."""
    example: ClassVar[str]
    """The value of the kind's key in a scenario file: YAML, in one line or several."""


Count = Annotated[int, Field(ge=0)]


class Ends(Params):
    """A selector of connections by their two ends."""

    to: Annotated[Place | None, Field(description="the server's end"), Zh("服务端一侧")] = None
    from_: Annotated[Place | None, Field(alias="from", description="the client's end"), Zh("客户端一侧")] = None


class Bounds(Model):
    """How many there must be: at least `least`, at most `most` (None: any number)."""

    least: int
    most: int | None

    def holds(self, number: int) -> bool:
        """Whether `number` lies within."""
        return self.least <= number and (self.most is None or number <= self.most)

    def share(self, number: int) -> float:
        """The part of the least number that `number` is; 0 of one that is not below it."""
        return number / self.least if number < self.least else 0.0


class Limits(Params):
    """An exact number, or limits; without any of them there must be at least one."""

    at_least: Annotated[Count | None, Field(description="the least number of them"), Zh("最少个数")] = None
    at_most: Annotated[Count | None, Field(description="the greatest number of them"), Zh("最多个数")] = None

    @property
    def exactly(self) -> int | None:
        """The exact number asked for, if one is."""
        return None

    @model_validator(mode="after")
    def _consistent(self) -> Limits:
        if self.exactly is not None and (self.at_least is not None or self.at_most is not None):
            raise Wrong(
                say(
                    "give an exact number or `at_least` and `at_most`, not both",
                    "确切个数与 `at_least`、`at_most` 不能同时给出",
                )
            )
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise Wrong(
                say(
                    "`at_least` ({a}) is greater than `at_most` ({b})",
                    "`at_least`（{a}）大于 `at_most`（{b}）",
                    a=self.at_least,
                    b=self.at_most,
                )
            )
        return self

    @property
    def counted(self) -> bool:
        """Whether any number is given."""
        return not (self.exactly is None and self.at_least is None and self.at_most is None)

    @property
    def bounds(self) -> Bounds:
        """The limits, with the default of at least one."""
        if self.exactly is not None:
            return Bounds(least=self.exactly, most=self.exactly)
        least = 1 if self.at_least is None and self.at_most is None else self.at_least or 0
        return Bounds(least=least, most=self.at_most)

    @property
    def asserts_absence(self) -> bool:
        """Holds on an empty capture if none is enough."""
        return self.bounds.least == 0

    @property
    def most_shares(self) -> int:
        """The least number of what it counts."""
        return max(1, self.bounds.least)


class Counted(Limits):
    """`count`, or `at_least` and `at_most`; without any of them there must be at least one."""

    count: Annotated[Count | None, Field(description="the exact number of them"), Zh("确切个数")] = None

    @property
    def exactly(self) -> int | None:
        """`count`."""
        return self.count


class Content(Model):
    """What bytes must say; text is compared in `encoding`, that of the scenario if left out."""

    text: Annotated[str | None, Field(description="the whole of it"), Zh("全部内容")] = None
    contains: Annotated[str | None, Field(min_length=1, description="a piece of it"), Zh("其中一段")] = None
    match: Annotated[
        Expression | None, Field(description="a regular expression found in it"), Zh("在其中能匹配到的正则表达式")
    ] = None
    hex: Annotated[
        Hex | None,
        Field(description="the whole of it as bytes, such as ca fd be dd"),
        Zh("以十六进制字节给出的全部内容，例如 ca fd be dd"),
    ] = None
    encoding: Annotated[
        Encoding | None,
        Field(description="of the bytes; the scenario's if left out"),
        Zh("字节的编码；省略时用场景的编码"),
    ] = None

    @model_validator(mode="after")
    def _at_most_one(self) -> Content:
        if self.asked:
            exactly_one(self, "text", "contains", "match", "hex")
        if self.hex is not None and self.encoding is not None:
            raise Wrong(say("`encoding` says nothing about `hex`", "`encoding` 与 `hex` 无关"))
        return self

    @property
    def asked(self) -> bool:
        """Whether any content is asked for."""
        return any(v is not None for v in (self.text, self.contains, self.match, self.hex))


class At(Params):
    """The moment of an observation."""

    at: Annotated[
        ObservationName,
        Field(description="the observation; `end` is the state after the last step"),
        Zh("观察点的名字；`end` 为最后一步之后的状态"),
    ] = END


class Observed(At):
    """The state of a host at an observation."""

    host: Annotated[HostName, Field(description="the host"), Zh("主机")]
