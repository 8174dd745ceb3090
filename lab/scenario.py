"""The scenario file as frozen models; the JSON Schema is made from them.

A scenario names hosts on networks, the programs that run on them, the steps of their exchange and
the checks that say what must have happened. `lab.loader` reads one from YAML and reports every
fault with its place; `lab.plan` turns one into what the runner does.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from lab.limits import Limits
from lab.sysctls import Sysctls
from lab.values import (
    Argument,
    Arguments,
    Capabilities,
    CheckNames,
    Claim,
    Encoding,
    Group,
    HostName,
    Model,
    Name,
    NetworkName,
    NewNetwork,
    ProgramName,
    Seconds,
    Sentence,
    Value,
    Values,
    Variable,
    Words,
    as_names,
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
            as_names, json_schema_input_type=NetworkName | tuple[NetworkName, ...] | Mapping[NetworkName, Addresses]
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
    trace: bool = Field(default=False, description="write down its system calls on sockets; never when grading")
    capabilities: Capabilities = Field(
        (), description="of the kernel's, those that it has (capabilities(7)): none if left out; not in an exercise"
    )


class CheckParams(Model):
    """The base of the parameters of every kind of check; `lab.checks` holds the kinds."""

    always_asserts_absence: ClassVar[bool] = False
    """Whether `asserts_absence` holds whatever the parameters are."""

    @property
    def asserts_absence(self) -> bool:
        """Whether it would also hold if nothing at all had happened; it then must need a check that would not."""
        return self.always_asserts_absence

    @property
    def most_shares(self) -> int:
        """How many parts it asks for, of which some may be found (`Finding.share`); 1 where it is all or none."""
        return 1


class Check(Model):
    """A statement that must hold: its kind, the kind's parameters, and what it stands on."""

    id: Name
    kind: str = Field(description="a name of the registry, such as tcp.handshake")
    params: Any = Field(description="an instance of the kind's model")
    needs: CheckNames = ()
    hint: Sentence | None = None
    points: Annotated[float, Field(ge=0)] = 1
    partial: bool = Field(default=False, description="where it counts, a part of them gives that part of the points")
    hidden: bool = Field(default=False, description="students are told its outcome only")
    bonus: bool = Field(default=False, description="its points come on top of full marks")


class Instead(Model):
    """Other files that serve as well: a program in another language, and the commands that run it."""

    files: Arguments = Field(min_length=1, description="their names", examples=[["server.sh"]])
    run: Mapping[ProgramName, Annotated[Arguments, Field(min_length=1)]] = Field(
        min_length=1, description="program -> its command", examples=[{"server": ["bash", "server.sh", "8080"]}]
    )


class Sides(Model):
    """Which files of an exercise are the client's, and which the server's, each on one side."""

    client: Arguments = Field(min_length=1, description="the client's files", examples=[["client.py"]])
    server: Arguments = Field(min_length=1, description="the server's files", examples=[["server.py"]])


class Exercise(Model):
    """What a student writes: these files come from the submission; in a run without one, from solution/."""

    files: Arguments = Field(min_length=1, description="their names; each is in solution/ too")
    called: Mapping[Argument, Arguments] = Field(
        default_factory=dict,
        description="file -> other names under which it is taken",
        examples=[{"server.py": ["tcp_server.py"]}],
    )
    instead: tuple[Instead, ...] = Field((), description="files in other languages that are taken as well")
    worth: Annotated[float, Field(ge=0.01)] | None = Field(
        None, description="what full marks are worth; the sum of the checks' points if left out"
    )
    starter: Annotated[float, Field(ge=0)] = Field(0, description="the score that starter/ is expected to get")
    limits: Limits = Field(default_factory=Limits, description="what every host of it may take of the machine")
    sides: Sides | None = Field(None, description="of `matrix.yaml`: which files are whose, for `lab grade --matrix`")

    @property
    def all_files(self) -> frozenset[str]:
        """The files of it in any language, each in its one spelling."""
        return frozenset(as_posix(name) for names in (self.files, *(i.files for i in self.instead)) for name in names)

    def read_by(self, programs: Iterable[Program]) -> frozenset[str]:
        """Those of `files` that `programs` are run with, each in its one spelling."""
        named = {as_posix(name) for program in programs for name in (*program.run, *program.files)}
        return frozenset(map(as_posix, self.files)) & named


class File(Model):
    """A scenario: hosts on networks, programs on them, their exchange step by step, and what must be true of it."""

    title: Sentence = Field(description="what the scenario shows, in a few words")
    group: Group | None = Field(None, description="where `lab list` puts it")
    claims: Mapping[Claim, CheckNames] = Field(
        default_factory=dict,
        description="statements of the texts that it settles, each with the checks that do",
        examples=[{"C17": ["closed"]}],
    )
    encoding: Encoding = Field("utf-8", description="of the text in its packets, for the report and the checks")
    deadline: Seconds | None = Field(
        None,
        description="seconds that all its steps together may wait; if left out the sum of what each of them may, "
        "so that none takes the time of another",
    )
    vary: Mapping[Name, Values] = Field(
        default_factory=dict,
        description="name -> values of which a run takes one, by its seed, in place of `${name}`",
        examples=[{"port": [8080, 9090]}],
    )
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
    file: str = Field("scenario.yaml", description="the name of its file in `folder`")
    title: Words
    group: Group | None = None
    claims: Mapping[Claim, CheckNames] = Field(default_factory=dict)
    encoding: Encoding = "utf-8"
    deadline: Seconds | None = Field(None, description="as the file gives it; see `patience`")
    networks: Mapping[NewNetwork, Network] = Field(
        description="one at least: DEFAULT_NETWORK where the file names none"
    )
    hosts: Mapping[Name, Host]
    programs: Mapping[Name, Program]
    steps: tuple[Any, ...] = Field(description="of the models in STEPS")
    checks: Mapping[Name, Check]
    exercise: Exercise | None = None
    seed: int = Field(0, description="what the values and the addresses of its runs were chosen by; 0: as written")
    vary: Mapping[Name, Value] = Field(default_factory=dict, description="the values that were chosen")

    @property
    def patience(self) -> float:
        """Seconds that the steps of its exchange may wait together, by default as long as each of them may."""
        return math.fsum(step.patience for step in self.steps) if self.deadline is None else self.deadline

    @property
    def limits(self) -> Limits:
        """What every host may take of the machine."""
        return Limits() if self.exercise is None else self.exercise.limits


def program_files(scenario: Scenario, program: Program) -> tuple[str, ...]:
    """The files that must stand beside `program` on its host: relative POSIX paths, each once.

    They are those arguments of `run` that name a regular file of the scenario's folder or a file that may be
    handed in, and all of `files`.
    """
    handed_in = frozenset[str]() if scenario.exercise is None else scenario.exercise.all_files
    named = [
        path
        for path in map(as_posix, program.run)
        if path in handed_in or (not path.startswith("/") and os.path.isfile(scenario.folder / path))  # noqa: PTH113  Path.is_file raises on names that are too long
    ]
    return tuple(dict.fromkeys([*named, *map(as_posix, program.files)]))


def as_posix(path: str) -> str:
    """`path` without `./` and doubled slashes, so that one file has one spelling."""
    return PurePosixPath(path).as_posix()
