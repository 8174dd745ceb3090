"""The steps of an exchange as models: what is done to programs, and what is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from lab.crafting import Inject
from lab.text import say
from lab.values import (
    Arguments,
    EndingSignal,
    ExitStatus,
    Expression,
    FaultName,
    Hex,
    HostNames,
    Line,
    Model,
    Name,
    Port,
    ProgramName,
    ProgramNames,
    Seconds,
    SignalName,
    Wrong,
    exactly_one,
    one_of,
)
from lab.wirefaults import Fault, Passed

WITHIN = 5.0  # seconds a step may take that does not say


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

    @property
    def patience(self) -> float:
        """Seconds that it may wait: its deadline, or 0 where it waits for nothing that programs do."""
        return (self.within or WITHIN) if self._waits else 0.0

    @property
    def _waits(self) -> bool:
        return False


class StartStep(Step):
    """Start programs, and go on when they are ready."""

    start: ProgramNames
    until: Until | None = None

    @property
    def _waits(self) -> bool:
        return self.until is not None


class SendStep(Step):
    """Type something to programs."""

    send: Send


class ExpectStep(Step):
    """Wait for something that a program prints."""

    expect: Expect

    @property
    def _waits(self) -> bool:
        return True


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

    @property
    def _waits(self) -> bool:
        return True

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


class WireStep(Step):
    """What the steps on the wire share: no program is concerned."""


class FaultStep(WireStep):
    """Let something happen to packets on their way into a host, from now on."""

    fault: Fault


class LiftStep(WireStep):
    """End a fault."""

    lift: FaultName


class PassedStep(WireStep):
    """Wait until packets have passed on the wire."""

    passed: Passed

    @property
    def _waits(self) -> bool:
        return True


class InjectStep(WireStep):
    """Send packets that no host sent."""

    inject: Inject


AnyStep = (
    StartStep
    | SendStep
    | ExpectStep
    | CloseStep
    | SignalStep
    | WaitStep
    | ObserveStep
    | FaultStep
    | LiftStep
    | PassedStep
    | InjectStep
)
STEPS: Mapping[str, type[Step]] = {
    "start": StartStep,
    "send": SendStep,
    "expect": ExpectStep,
    "close": CloseStep,
    "signal": SignalStep,
    "wait": WaitStep,
    "observe": ObserveStep,
    "fault": FaultStep,
    "lift": LiftStep,
    "passed": PassedStep,
    "inject": InjectStep,
}
