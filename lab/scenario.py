"""The scenario file as frozen models; the JSON Schema is made from them.

A scenario names hosts on networks, the programs that run on them, the steps of their exchange and
the checks that say what must have happened. `lab.loader` reads one from YAML and reports every
fault with its place; `lab.plan` turns one into what the runner does.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lab.text import Text, join, same, say

NAME = re.compile(r"^[a-z][a-z0-9-]{0,30}$")
CLAIM = r"^C(0[1-9]|[1-4][0-9]|5[0-3])$"
NO_NUL = r"^[^\x00]*$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
LONGEST_DEVICE = 15
DEVICES_OF_LINUX = ("lo", "all", "default")
DEFAULT_NETWORK = "lan"  # the network of a scenario that names none


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


def _as_names(value: object) -> object:
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

    to: Literal["host", "program", "network", "observation", "check", "file"]


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
ScenarioFile = Annotated[str, Field(min_length=1, description="a file of the scenario's folder"), Refers("file")]
HostNames = Annotated[
    tuple[HostName, ...],
    BeforeValidator(_as_names, json_schema_input_type=HostName | tuple[HostName, ...]),
    Field(min_length=1),
]
ProgramNames = Annotated[
    tuple[ProgramName, ...],
    BeforeValidator(_as_names, json_schema_input_type=ProgramName | tuple[ProgramName, ...]),
    Field(min_length=1),
]
CheckNames = Annotated[
    tuple[CheckName, ...], BeforeValidator(_as_names, json_schema_input_type=CheckName | tuple[CheckName, ...])
]
Sentence = Annotated[Words, BeforeValidator(_as_text, json_schema_input_type=str | Words)]
Encoding = Literal["utf-8", "gbk", "ascii", "latin-1"]
Claim = Annotated[str, Field(pattern=CLAIM, description="a claim's number, C01 to C53")]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Strings = Annotated[tuple[str, ...], BeforeValidator(_as_tuple, json_schema_input_type=tuple[str, ...])]
Argument = Annotated[str, Field(pattern=NO_NUL)]
Arguments = Annotated[tuple[Argument, ...], BeforeValidator(_as_tuple, json_schema_input_type=tuple[Argument, ...])]
Variable = Annotated[str, Field(pattern=VARIABLE)]
Line = Annotated[str, AfterValidator(_one_line)]
Expression = Annotated[str, Field(min_length=1), AfterValidator(_expression)]
Hex = Annotated[str, Field(min_length=2), AfterValidator(_bytes_in_hex)]
SignalName = Literal["HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "STOP", "CONT"]
EndingSignal = Literal[
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM"
]
ExitStatus = Annotated[int, Field(ge=0, le=255)]


class Network(Model):
    """One isolated network of the run: an Ethernet switch that nothing else is plugged into."""

    ipv4: str | None = Field(None, description="its IPv4 prefix, such as 10.77.4.0/24; given by the lab if left out")
    ipv6: str | None = Field(None, description="its IPv6 prefix, such as fd77:4::/64; given by the lab if left out")
    mtu: Annotated[int, Field(ge=1280, le=9000)] = 1500


class Addresses(Model):
    """The addresses of a host on one network; the lab gives what is left out."""

    ipv4: str | None = None
    ipv6: str | None = None


class Host(Model):
    """A machine of the lab."""

    image: Name = Field("host", description="a folder of images/")
    networks: Annotated[
        tuple[NetworkName, ...] | Mapping[NetworkName, Addresses],
        BeforeValidator(
            _as_names, json_schema_input_type=NetworkName | tuple[NetworkName, ...] | Mapping[NetworkName, Addresses]
        ),
    ] = Field(
        (), description="the networks it is plugged into, in the order eth0, eth1, …; the first network if left out"
    )


class Program(Model):
    """A program that a step may start on a host."""

    host: HostName = Field(description="the host that it runs on")
    run: Arguments = Field(
        min_length=1, description="the command and its arguments", examples=[["python3", "server.py", "8080"]]
    )
    files: Arguments = Field((), description="files it needs besides those that `run` names")
    env: Mapping[Variable, Argument] = Field(default_factory=dict, description="environment variables")
    terminal: bool = Field(default=False, description="talk to it through a terminal instead of pipes")
    encoding: Encoding | None = Field(None, description="of its input and output; utf-8 if left out")


class SocketPort(Model):
    """One port of one transport, as in `{tcp: 8080}`."""

    model_config = ConfigDict(json_schema_extra=one_of("tcp", "udp"))

    tcp: Port | None = None
    udp: Port | None = None

    @model_validator(mode="after")
    def _one(self) -> SocketPort:
        exactly_one(self, "tcp", "udp")
        return self

    @property
    def transport(self) -> Literal["tcp", "udp"]:
        """Which of the two."""
        return "tcp" if self.tcp is not None else "udp"

    @property
    def port(self) -> int:
        """The port number."""
        return self.tcp if self.tcp is not None else self.udp  # type: ignore[return-value]


class Said(Model):
    """What a program prints: a whole `line`, a piece of `text` (a prompt), or a `match` (regular expression)."""

    line: Line | None = Field(None, description="the whole of a line, without its end")
    text: Annotated[str, Field(min_length=1)] | None = Field(None, description="a piece of what it prints")
    match: Expression | None = Field(None, description="a regular expression found in a line")


class Until(Said):
    """When a started program is ready; observed from outside, never probed."""

    model_config = ConfigDict(json_schema_extra=one_of("listening", "connected", "line", "text", "match"))

    listening: SocketPort | None = Field(None, description="it listens on (TCP) or is bound to (UDP) this port")
    connected: SocketPort | None = Field(None, description="it holds an established connection to this port")

    @model_validator(mode="after")
    def _one(self) -> Until:
        exactly_one(self, "listening", "connected", "line", "text", "match")
        return self


class Send(Model):
    """What to type to programs: a `line` (a newline follows), `text` (none does) or bytes in `hex`."""

    model_config = ConfigDict(json_schema_extra=one_of("line", "text", "hex"))

    to: ProgramNames
    line: Line | None = Field(None, description="a line; a newline follows")
    text: Annotated[str, Field(min_length=1)] | None = Field(None, description="text; no newline follows")
    hex: Hex | None = Field(None, description="bytes, two hex digits each", examples=["ca fd be dd"])

    @model_validator(mode="after")
    def _one(self) -> Send:
        exactly_one(self, "line", "text", "hex")
        return self


class Expect(Said):
    """Wait until a program has printed something after what was expected of it before."""

    model_config = ConfigDict(json_schema_extra=one_of("line", "text", "match"))

    from_: ProgramName = Field(alias="from", description="the program that prints it")

    @model_validator(mode="after")
    def _one(self) -> Expect:
        exactly_one(self, "line", "text", "match")
        return self


class Signal(Model):
    """Send a signal to programs, by its name without SIG."""

    to: ProgramNames
    name: SignalName


class Observe(Model):
    """Keep the state of hosts at this moment under a name that checks refer to with `at`."""

    name: Name
    hosts: HostNames
    files: Arguments = Field((), description="files whose kind, size and content to keep")


class Step(Model):
    """What all steps share."""

    within: Seconds | None = Field(None, description="its deadline in seconds; 5 if left out")


class StartStep(Step):
    """Start programs, and go on when they are ready."""

    start: ProgramNames
    until: Until | None = None


class SendStep(Step):
    """Type something to programs."""

    send: Send


class ExpectStep(Step):
    """Wait for something that a program prints."""

    expect: Expect


class CloseStep(Step):
    """End the input of programs (end of file; on a terminal, Ctrl-D)."""

    close: ProgramNames


class SignalStep(Step):
    """Send a signal to programs."""

    signal: Signal


class WaitStep(Step):
    """Wait until programs have ended."""

    wait: ProgramNames
    exit: ExitStatus | EndingSignal | None = Field(
        None, description="the exit status they must end with, or the signal's name without SIG; any if left out"
    )


class ObserveStep(Step):
    """Record the state of hosts."""

    observe: Observe


AnyStep = StartStep | SendStep | ExpectStep | CloseStep | SignalStep | WaitStep | ObserveStep
STEPS: Mapping[str, type[Step]] = {
    "start": StartStep,
    "send": SendStep,
    "expect": ExpectStep,
    "close": CloseStep,
    "signal": SignalStep,
    "wait": WaitStep,
    "observe": ObserveStep,
}


class CheckParams(Model):
    """The base of the parameters of every kind of check; `lab.checks` holds the kinds."""

    @property
    def asserts_absence(self) -> bool:
        """Whether it would also hold if nothing at all had happened; it then must need a check that would not."""
        return False


class Check(Model):
    """A statement that must hold: its kind, the kind's parameters, and what it stands on."""

    id: Name
    kind: str = Field(description="a name of the registry, such as tcp.handshake")
    params: Any = Field(description="an instance of the kind's model")
    needs: CheckNames = ()
    hint: Sentence | None = None
    points: Annotated[float, Field(ge=0)] = 1


class Exercise(Model):
    """What a student writes: these files come from the submission, or else from solution/."""

    files: Arguments = Field(min_length=1, description="their names; each is in solution/ too")


class File(Model):
    """A scenario: hosts on networks, programs on them, their exchange step by step, and what must be true of it."""

    title: Sentence = Field(description="what the scenario shows, in a few words")
    claims: tuple[Claim, ...] = Field((), description="the statements of the texts that it settles")
    encoding: Encoding = Field("utf-8", description="of the text in its packets, for the report and the checks")
    deadline: Seconds = Field(60, description="for the whole exchange, in seconds")
    networks: Mapping[NewNetwork, Network] = Field(
        default_factory=dict, description="one network called `lan` if left out", examples=[{"lan": {}}]
    )
    hosts: Mapping[Name, Host] = Field(min_length=1, description="the machines", examples=[{"server": {}, "alice": {}}])
    programs: Mapping[Name, Program] = Field(min_length=1, description="the programs that steps start")
    steps: tuple[Any, ...] = Field(min_length=1, description="the exchange, one thing after the other")
    checks: Mapping[Name, Any] = Field(default_factory=dict, description="what must be true of the exchange")
    exercise: Exercise | None = Field(None, description="makes the scenario an exercise that can be graded")


class Scenario(Model):
    """A whole scenario file, with names put in place and every cross-reference known to hold."""

    name: Name = Field(description="the name of its folder")
    folder: Path
    title: Words
    claims: tuple[Claim, ...] = ()
    encoding: Encoding = "utf-8"
    deadline: Seconds = Field(60, description="for the whole exchange, in seconds")
    networks: Mapping[NewNetwork, Network] = Field(description="one at least: DEFAULT_NETWORK where the file names none")
    hosts: Mapping[Name, Host]
    programs: Mapping[Name, Program]
    steps: tuple[Any, ...] = Field(description="of the models in STEPS")
    checks: Mapping[Name, Check]
    exercise: Exercise | None = None


def program_files(scenario: Scenario, program: Program) -> tuple[str, ...]:
    """The files that must stand beside `program` on its host: relative POSIX paths, each once.

    They are those arguments of `run` that name a regular file of the scenario's folder or a file of the
    exercise, and all of `files`.
    """
    handed_in = () if scenario.exercise is None else tuple(map(as_posix, scenario.exercise.files))
    named = [
        path
        for path in map(as_posix, program.run)
        if path in handed_in or (not path.startswith("/") and os.path.isfile(scenario.folder / path))  # noqa: PTH113  Path.is_file raises on names that are too long
    ]
    return tuple(dict.fromkeys([*named, *map(as_posix, program.files)]))


def as_posix(path: str) -> str:
    """`path` without `./` and doubled slashes, so that one file has one spelling."""
    return PurePosixPath(path).as_posix()
