"""What the models of a scenario file are made of: names and what they refer to, words, text, numbers.

What a validator here refuses, it refuses in both languages (`Wrong`).
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from lab.text import Text, join, same, say

NAME = re.compile(r"^[a-z][a-z0-9-]{0,30}$")
CLAIM = r"^C(0[1-9]|[1-4][0-9]|5[0-3])$"
NO_NUL = r"^[^\x00]*$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
LONGEST_DEVICE = 15
MOST_VALUES = 24  # of which a run takes one
LONGEST_VALUE = 200  # characters
DEVICES_OF_LINUX = ("lo", "all", "default")


class Wrong(ValueError):
    """A value that its validator refuses, with the reason in both languages."""

    def __init__(self, what: Text) -> None:
        super().__init__(str(what))
        self.what = what


class Model(BaseModel):
    """What all models of the file share: immutable, no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


def exactly_one(model: BaseModel, *keys: str) -> None:
    """Refuse a `model` that gives none, or more than one, of `keys`."""
    given = [key for key in keys if getattr(model, key) is not None]
    if len(given) != 1:
        either = join(say(", ", "、"), [same(f"`{key}`") for key in keys])
        raise Wrong(
            say("give one of {either}", "请给出 {either} 之一", either=either)
            if not given
            else say(
                "give only one of {either}, not {n}",
                "{either} 只能给出一个，这里有 {n} 个",
                either=either,
                n=len(given),
            )
        )


def one_of(*keys: str) -> dict[str, Any]:
    """What JSON Schema says of `exactly_one`."""
    return {"oneOf": [{"required": [key]} for key in keys]}


def as_names(value: object) -> object:
    """A plain string as the only one of several."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _one_line(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise Wrong(say("a `line` cannot contain a line break; use `text`", "`line` 中不能有换行；请改用 `text`"))
    return value


def _expression(value: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise Wrong(
            say(
                "`{value}` is no regular expression: {why}",
                "`{value}` 不是正则表达式：{why}",
                value=value,
                why=error,
            )
        ) from error
    return value


def _bytes_in_hex(value: str) -> str:
    try:
        bytes.fromhex(value)
    except ValueError as error:
        raise Wrong(
            say(
                "`{value}` is not bytes in hex, such as ca fd be dd",
                "`{value}` 不是十六进制字节，应如 ca fd be dd",
                value=value,
            )
        ) from error
    return value


def _of_one_sort(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Values of which a run takes one."""
    texts = [value for value in values if isinstance(value, str)]
    if texts and len(texts) < len(values):
        raise Wrong(say("give numbers only, or texts only", "请只给出数字，或只给出文本"))
    if len(set(values)) < len(values):
        raise Wrong(say("a value stands here twice", "有的值重复出现"))
    if len(values) > MOST_VALUES or any(len(text) > LONGEST_VALUE for text in texts):
        raise Wrong(
            say(
                "at most {n} values, of at most {m} characters each",
                "最多 {n} 个值，每个最多 {m} 个字符",
                n=MOST_VALUES,
                m=LONGEST_VALUE,
            )
        )
    return values


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _as_text(value: object) -> object:
    if isinstance(value, str):
        return {"en": value, "zh": value}
    return value


class Words(Model):
    """Words for people, in both languages; a plain string serves for both."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)

    @property
    def text(self) -> Text:
        """As the `Text` that the rest of the lab speaks in."""
        return Text(self.en, self.zh)


@dataclass(frozen=True, slots=True)
class Refers:
    """Marks a field whose value must be the name of something else in the file."""

    to: Literal["host", "program", "network", "observation", "check", "file", "fault"]


@dataclass(frozen=True, slots=True)
class Mentions:
    """Marks text in which the first group of `pattern` must be the name of something else in the file."""

    to: Literal["host"]
    pattern: re.Pattern[str]


def _as_device(name: str) -> str:
    """A network's name, which is that of its bridge in the run too (IFNAMSIZ of netdevice(7))."""
    if len(name) > LONGEST_DEVICE or name in DEVICES_OF_LINUX:
        raise Wrong(
            say(
                "`{name}` cannot be a network's name: 15 characters at most, and not {taken}",
                "`{name}` 不能用作网络名：最多 15 个字符，且不能是 {taken}",
                name=name,
                taken=", ".join(DEVICES_OF_LINUX),
            )
        )
    return name


Name = Annotated[str, Field(pattern=NAME.pattern, description="lower-case letters, digits and hyphens")]
HostName = Annotated[Name, Refers("host")]
ProgramName = Annotated[Name, Refers("program")]
NetworkName = Annotated[Name, Refers("network")]
NewNetwork = Annotated[Name, AfterValidator(_as_device)]
ObservationName = Annotated[Name, Refers("observation")]
CheckName = Annotated[Name, Refers("check")]
FaultName = Annotated[Name, Refers("fault")]
ScenarioFile = Annotated[str, Field(min_length=1, description="a file of the scenario's folder"), Refers("file")]
HostNames = Annotated[
    tuple[HostName, ...],
    BeforeValidator(as_names, json_schema_input_type=HostName | tuple[HostName, ...]),
    Field(min_length=1),
]
ProgramNames = Annotated[
    tuple[ProgramName, ...],
    BeforeValidator(as_names, json_schema_input_type=ProgramName | tuple[ProgramName, ...]),
    Field(min_length=1),
]
CheckNames = Annotated[
    tuple[CheckName, ...], BeforeValidator(as_names, json_schema_input_type=CheckName | tuple[CheckName, ...])
]
Sentence = Annotated[Words, BeforeValidator(_as_text, json_schema_input_type=str | Words)]
Capabilities = Annotated[
    tuple[Literal["NET_RAW"], ...],
    BeforeValidator(as_names, json_schema_input_type=Literal["NET_RAW"] | tuple[Literal["NET_RAW"], ...]),
]
Encoding = Literal["utf-8", "gbk", "ascii", "latin-1"]
Group = Literal["first-steps", "tcp", "udp", "names-and-addresses"]
Claim = Annotated[str, Field(pattern=CLAIM, description="a claim's number, C01 to C53")]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Strings = Annotated[tuple[str, ...], BeforeValidator(_as_tuple, json_schema_input_type=tuple[str, ...])]
Argument = Annotated[str, Field(pattern=NO_NUL)]
Arguments = Annotated[tuple[Argument, ...], BeforeValidator(_as_tuple, json_schema_input_type=tuple[Argument, ...])]
Variable = Annotated[str, Field(pattern=VARIABLE)]
Line = Annotated[str, AfterValidator(_one_line)]
EXPRESSION = AfterValidator(_expression)
"""Marks text that is a regular expression."""
Expression = Annotated[str, Field(min_length=1), EXPRESSION]
Expressions = Annotated[
    tuple[Expression, ...], BeforeValidator(_as_tuple, json_schema_input_type=tuple[Expression, ...])
]
Hex = Annotated[str, Field(min_length=2), AfterValidator(_bytes_in_hex)]
SignalName = Literal["HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "STOP", "CONT"]
EndingSignal = Literal[
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM"
]
ExitStatus = Annotated[int, Field(ge=0, le=255)]
Value = int | float | str
Values = Annotated[tuple[Value, ...], Field(min_length=2), AfterValidator(_of_one_sort)]
