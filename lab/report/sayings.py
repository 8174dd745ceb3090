"""What the programs at the ends of a conversation said while it lasted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from lab.conversations import Endpoint, Role
from lab.record import ProgramFacts, Record
from lab.report.wording import host_at, unmapped
from lab.text import Language, say
from lab.visible import one_line

NEARBY = 100_000_000  # ns before and after a conversation in which what its programs say is shown
SHOWN = 40  # of each program


@dataclass(frozen=True, slots=True)
class Saying:
    """What a program at the rail of `role` printed (`←`) or was told (`→`)."""

    time: int
    role: Role
    text: str


def sayings(
    record: Record, ends: tuple[Endpoint, Endpoint], span: tuple[int, int], language: Language
) -> Iterator[Saying]:
    """What the programs at `ends` printed and were told about the time `span`, but for what is of other hosts.

    Where hosts were observed meanwhile, it is known which program held the socket of an end: then of it only.
    """
    roles: tuple[Role, Role] = ("client", "server")
    hosts = [host_at(end.address, record) for end in ends]
    for role, host, peer in zip(roles, hosts, reversed(hosts), strict=True):
        of_others = _of_others(record, host, peer)
        there = [name for name, program in record.programs.items() if program.host == host]
        since = span[0] - NEARBY
        if role == "client":
            there = [name for name in there if _ran(record.programs[name], span[0])]
            since = max([since, *(record.programs[name].started or 0 for name in there)])
        holders = _holders(record, host, ends if role == "client" else ends[::-1], span)
        for name in [name for name in there if name in holders] or there:
            yield from _of_program(name, role, record, (since, span[1] + NEARBY), language, of_others)


def _ran(program: ProgramFacts, time: int) -> bool:
    """Whether it may have sent the first packet of a conversation at `time`."""
    return (program.started is None or program.started <= time) and (program.ended is None or program.ended >= time)


def _holders(
    record: Record, host: str | None, ends: tuple[Endpoint, Endpoint], span: tuple[int, int]
) -> frozenset[str]:
    """The programs that were seen to hold the socket of the first of `ends`, connected to the other."""
    wanted = [(unmapped(end.address), end.port) for end in ends]
    return frozenset(
        socket.program
        for observation in record.observations.values()
        if host is not None and host in observation and span[0] <= observation[host].time <= span[1]
        for socket in observation[host].sockets
        if socket.program is not None
        and [(unmapped(socket.local), socket.local_port), (unmapped(socket.remote), socket.remote_port)] == wanted
    )


def _of_others(record: Record, host: str | None, peer: str | None) -> Callable[[str], bool]:
    """Whether a line at `host` names an address of a third host, and none of `peer`: it speaks of somebody else."""
    third = {a for name in record.hosts if name not in {host, peer} for a in record.addresses(name)}
    own = frozenset() if peer is None else record.addresses(peer)

    def named(line: str, addresses: Iterable[str]) -> bool:
        return any(address and _address(address).search(line) for address in addresses)

    return lambda line: named(line, third) and not named(line, own)


def _address(address: str) -> re.Pattern[str]:
    """`address` in a line, but not as a part of a longer one."""
    before, after = (r"(?<![0-9A-Fa-f:])", r"(?!:?[0-9A-Fa-f])") if ":" in address else (r"(?<![\d.])", r"(?!\.?\d)")
    return re.compile(before + re.escape(address) + after, re.IGNORECASE)


def _of_program(
    name: str, role: Role, record: Record, span: tuple[int, int], language: Language, of_others: Callable[[str], bool]
) -> Iterator[Saying]:
    program = record.programs[name]
    start, end = span
    closed = say("input closed", "输入已关闭").in_(language)
    told = [
        (i.time, f"{name} → {one_line(i.text)}" if i.text is not None else f"{name}   {closed}") for i in program.input
    ]
    printed = [
        (o.time, f"{name} ← {'stderr  ' if o.stream == 'err' else ''}{one_line(o.text)}")
        for o in program.output
        if start <= o.time <= end and not of_others(o.text)
    ]
    both = ((time, text) for time, text in told + printed if start <= time <= end)
    near = sorted(both, key=lambda saying: saying[0])
    for time, text in near[:SHOWN]:
        yield Saying(time, role, text)
    if len(near) > SHOWN:
        more = say("… {n} more lines", "… 另有 {n} 行", n=f"{len(near) - SHOWN:,}").in_(language)
        yield Saying(near[SHOWN][0], role, f"{name}   {more}")
