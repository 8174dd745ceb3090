"""The scenario file as frozen models; the JSON Schema is made from them.

A scenario names hosts on networks, the programs that run on them, the steps of their exchange and
the checks that say what must have happened. `lab.loader` reads one from YAML and reports every
fault with its place; `lab.plan` turns one into what the runner does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lab.text import Text

NAME = re.compile(r"^[a-z][a-z0-9-]{0,30}$")
ENCODINGS = ("utf-8", "gbk", "ascii", "latin-1")
SIGNALS = ("HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "STOP", "CONT")


class Model(BaseModel):
    """What all models of the file share: immutable, no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _as_names(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


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

    to: Literal["host", "program", "network", "observation", "check"]


Name = Annotated[str, Field(pattern=NAME.pattern, description="lower-case letters, digits and hyphens")]
HostName = Annotated[Name, Refers("host")]
ProgramName = Annotated[Name, Refers("program")]
NetworkName = Annotated[Name, Refers("network")]
ObservationName = Annotated[Name, Refers("observation")]
Names = Annotated[tuple[Name, ...], BeforeValidator(_as_names), Field(min_length=1)]
Sentence = Annotated[Words, BeforeValidator(_as_text)]
Encoding = Literal["utf-8", "gbk", "ascii", "latin-1"]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Strings = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


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
    networks: Names | Mapping[Name, Addresses] = Field(
        (), description="the networks it is plugged into, in the order eth0, eth1, …; the first network if left out"
    )


class Program(Model):
    """A program that a step may start on a host."""

    host: Name
    run: Annotated[Strings, Field(min_length=1, description="the command and its arguments")]
    files: Strings = Field((), description="files it needs besides those that `run` names")
    env: Mapping[str, str] = Field(default_factory=dict, description="environment variables")
    terminal: bool = Field(False, description="talk to it through a terminal instead of pipes")
    encoding: Encoding | None = Field(None, description="of its input and output; utf-8 if left out")


class SocketPort(Model):
    """One port of one transport, as in `{tcp: 8080}`."""

    tcp: Port | None = None
    udp: Port | None = None

    @model_validator(mode="after")
    def _one(self) -> SocketPort:
        if (self.tcp is None) == (self.udp is None):
            raise ValueError("give one of `tcp` and `udp`")
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

    line: str | None = None
    text: str | None = None
    match: str | None = None


class Until(Said):
    """When a started program is ready; observed from outside, never probed."""

    listening: SocketPort | None = Field(None, description="it listens on (TCP) or is bound to (UDP) this port")
    connected: SocketPort | None = Field(None, description="it holds an established connection to this port")


class Send(Model):
    """What to type to programs: a `line` (a newline follows), `text` (none does) or bytes in `hex`."""

    to: Names
    line: str | None = None
    text: str | None = None
    hex: str | None = None


class Expect(Said):
    """Wait until a program has printed something after what was expected of it before."""

    from_: Name = Field(alias="from")


class Signal(Model):
    """Send a signal to programs, by its name without SIG."""

    to: Names
    name: Literal["HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "STOP", "CONT"]


class Observe(Model):
    """Keep the state of hosts at this moment under a name that checks refer to with `at`."""

    name: Name
    hosts: Names
    files: Strings = Field((), description="files whose kind, size and content to keep")


class Step(Model):
    """What all steps share."""

    within: Seconds | None = Field(None, description="its deadline in seconds; 5 if left out")


class StartStep(Step):
    """Start programs, and go on when they are ready."""

    start: Names
    until: Until | None = None


class SendStep(Step):
    """Type something to programs."""

    send: Send


class ExpectStep(Step):
    """Wait for something that a program prints."""

    expect: Expect


class CloseStep(Step):
    """End the input of programs (end of file; on a terminal, Ctrl-D)."""

    close: Names


class SignalStep(Step):
    """Send a signal to programs."""

    signal: Signal


class WaitStep(Step):
    """Wait until programs have ended."""

    wait: Names
    exit: int | str | None = Field(None, description="the exit status they must end with, or the signal's name; any if left out")


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
    needs: Names | tuple[()] = ()
    hint: Sentence | None = None
    points: Annotated[float, Field(ge=0)] = 1


class Exercise(Model):
    """What a student writes: these files come from the submission, or else from solution/."""

    files: Annotated[Strings, Field(min_length=1)]


class Scenario(Model):
    """A whole scenario file, with names put in place and every cross-reference known to hold."""

    name: Name = Field(description="the name of its folder")
    folder: Path
    title: Words
    claims: tuple[str, ...] = ()
    encoding: Encoding = "utf-8"
    deadline: Seconds = Field(60, description="for the whole exchange, in seconds")
    networks: Mapping[Name, Network]
    hosts: Mapping[Name, Host]
    programs: Mapping[Name, Program]
    steps: tuple[Any, ...] = Field(description="of the models in STEPS")
    checks: Mapping[Name, Check]
    exercise: Exercise | None = None
