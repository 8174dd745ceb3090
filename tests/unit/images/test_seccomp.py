"""The filter, run as the kernel would run it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from types import ModuleType

import pytest

THERE = ["x86_64", "aarch64"]
ALLOWED = 0x7FFF0000
REFUSED = 0x00050000
NAMESPACES = [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]


@pytest.fixture
def seccomp(load: Callable[[str, str], ModuleType]) -> ModuleType:
    return load("host", "seccomp")


def verdict(seccomp: ModuleType, machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter of a machine says of a call: classic BPF, as far as the filter uses it."""
    own = seccomp.MACHINES[machine]["architecture"]
    data = {0: number, 4: own if architecture is None else architecture}
    data |= {16 + 8 * place: value & 0xFFFFFFFF for place, value in enumerate(arguments)}
    instructions = seccomp.program(machine)
    place, loaded = 0, 0
    while True:
        code, value, true, false = instructions[place]
        place += 1
        if code == 0x06:
            return int(value)
        if code == 0x20:
            loaded = data[value]
            continue
        holds = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}[code]
        place += true if holds else false


@pytest.mark.parametrize("machine", THERE)
def test_what_a_network_program_needs_is_allowed(seccomp: ModuleType, machine: str) -> None:
    of = seccomp.MACHINES[machine]
    for family in (1, 2, 10, 17):
        assert verdict(seccomp, machine, of["socket"], family, 1, 0) == ALLOWED
    for protocol in (0, 4):
        assert verdict(seccomp, machine, of["socket"], 16, 3, protocol) == ALLOWED
    assert verdict(seccomp, machine, of["clone"], 0x3D0F00) == ALLOWED  # a thread
    for number in {0, 1, 59, 101, 117, 221} - set(of["denied"].values()) - {of["clone"], of["socket"]}:
        assert verdict(seccomp, machine, number) == ALLOWED


@pytest.mark.parametrize("machine", THERE)
def test_what_leads_out_is_refused(seccomp: ModuleType, machine: str) -> None:
    of = seccomp.MACHINES[machine]
    for number in [*of["denied"].values(), *seccomp.EVERYWHERE.values()]:
        assert verdict(seccomp, machine, number) == REFUSED | errno.EPERM
    for flag in NAMESPACES:
        assert verdict(seccomp, machine, of["clone"], flag | 17) == REFUSED | errno.EPERM
    assert verdict(seccomp, machine, 435) == REFUSED | errno.ENOSYS
    for family in (38, 40, 31, 44, 30):  # ALG, VSOCK, BLUETOOTH, XDP, TIPC
        assert verdict(seccomp, machine, of["socket"], family, 2, 0) == REFUSED | errno.EAFNOSUPPORT
    assert verdict(seccomp, machine, of["socket"], 16, 3, 12) == REFUSED | errno.EPROTONOSUPPORT


@pytest.mark.parametrize("machine", THERE)
def test_other_numberings_of_calls_are_no_way_round(seccomp: ModuleType, machine: str) -> None:
    i386, x32 = 0x40000003, 0x40000000
    assert verdict(seccomp, machine, 20, architecture=i386) == REFUSED | errno.ENOSYS
    assert verdict(seccomp, machine, x32 | 39) == REFUSED | errno.ENOSYS


def test_a_machine_that_is_not_known_has_the_engine_s_filter_only(seccomp: ModuleType) -> None:
    assert seccomp.program("riscv64") is None


def test_instructions_have_eight_bytes(seccomp: ModuleType) -> None:
    assert len(seccomp.assembled(seccomp.program("x86_64"))) == 8 * len(seccomp.program("x86_64"))


@pytest.mark.parametrize("machine", THERE)
def test_no_socket_may_have_an_address_of_another(seccomp: ModuleType, machine: str) -> None:
    number = seccomp.MACHINES[machine]["setsockopt"]
    for level, name in ((0, 15), (41, 78)):
        assert verdict(seccomp, machine, number, 3, level, name) == REFUSED | errno.EPERM
    for level, name in ((1, 2), (1, 15), (6, 15), (0, 2), (41, 15), (41, 26), (1, 78), (0, 78)):  # SO_REUSEADDR …
        assert verdict(seccomp, machine, number, 3, level, name) == ALLOWED
