"""The scenario file as frozen models; the JSON Schema is made from them.

A scenario names hosts on networks, the programs that run on them, the steps of their exchange and
the checks that say what must have happened. `lab.loader` reads one from YAML and reports every
fault with its place; `lab.plan` turns one into what the runner does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from lab.sysctls import Sysctls
from lab.text import say
from lab.values import (
    Argument,
    Arguments,
    CheckNames,
    Claim,
    Encoding,
    EndingSignal,
    ExitStatus,
    Expression,
    Group,
    Hex,
    HostName,
    HostNames,
    Line,
    Model,
    Name,
    NetworkName,
    NewNetwork,
    Port,
    ProgramName,
    ProgramNames,
    Seconds,
    Sentence,
    SignalName,
    Variable,
    Words,
    Wrong,
    _as_names,
    exactly_one,
    one_of,
)

DEFAULT_NETWORK = "lan"  # the network of a scenario that names none
EXCHANGE = "exchange"  # the id of the result that tells of steps that did not come to their end


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
    dns: HostName | None = Field(
        None, description="the host that it asks for names that it does not know; nobody if left out"
    )
    sysctls: Sysctls = Field(default_factory=Sysctls, description="settings of its kernel's network")


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


class OnSocket(Model):
    """What a program does on a socket; observed from outside, never probed."""

    listening: SocketPort | None = Field(None, description="it listens on (TCP) or is bound to (UDP) this port")
    connected: SocketPort | None = Field(None, description="it holds an established connection to this port")
    receiving: SocketPort | None = Field(
        None, description="it waits in recv() on a socket with this port at either end, with nothing to read"
    )


class Until(Said, OnSocket):
    """When a started program is ready."""

    model_config = ConfigDict(json_schema_extra=one_of("listening", "connected", "receiving", "line", "text", "match"))

    @model_validator(mode="after")
    def _one(self) -> Until:
        exactly_one(self, "listening", "connected", "receiving", "line", "text", "match")
        return self


class WaitUntil(OnSocket):
    """What a program that runs is waited for to do."""

    model_config = ConfigDict(json_schema_extra=one_of("listening", "connected", "receiving"))

    @model_validator(mode="before")
    @classmethod
    def _not_said(cls, value: object) -> object:
        said = [key for key in Said.model_fields if isinstance(value, Mapping) and key in value]
        if said:
            raise Wrong(
                say(
                    "`{key}` is output: wait for it with `expect`",
                    "`{key}` 是程序的输出：请用 `expect` 等待",
                    key=said[0],
                )
            )
        return value

    @model_validator(mode="after")
    def _one(self) -> WaitUntil:
        exactly_one(self, "listening", "connected", "receiving")
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
    """Wait until programs have ended, or, while they run, until they do something on a socket."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["exit", "until"]}})

    wait: ProgramNames
    exit: ExitStatus | EndingSignal | None = Field(
        None, description="the exit status they must end with, or the signal's name without SIG; any if left out"
    )
    until: WaitUntil | None = Field(None, description="what they are waited for to do; they run on")

    @model_validator(mode="after")
    def _end_or_not(self) -> WaitStep:
        if self.exit is not None and self.until is not None:
            raise Wrong(
                say(
                    "`exit` is of programs that end, `until` of programs that run on: give one of them",
                    "`exit` 针对结束的程序，`until` 针对继续运行的程序：只能给出一个",
                )
            )
        return self


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

    always_asserts_absence: ClassVar[bool] = False
    """Whether `asserts_absence` holds whatever the parameters are."""

    @property
    def asserts_absence(self) -> bool:
        """Whether it would also hold if nothing at all had happened; it then must need a check that would not."""
        return self.always_asserts_absence


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
    group: Group | None = Field(None, description="where `lab list` puts it")
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
    group: Group | None = None
    claims: tuple[Claim, ...] = ()
    encoding: Encoding = "utf-8"
    deadline: Seconds = Field(60, description="for the whole exchange, in seconds")
    networks: Mapping[NewNetwork, Network] = Field(
        description="one at least: DEFAULT_NETWORK where the file names none"
    )
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
