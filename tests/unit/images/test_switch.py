"""The commands and system calls of the switch, without a namespace of its own to do them in."""

from __future__ import annotations

import contextlib
import fcntl
import struct
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

INTERFACES = [
    {"name": "eth0", "network": "lan", "mac": "02:77:00:00:00:01", "ipv4": "10.77.0.11/24", "ipv6": "fd77::11/64"},
    {"name": "eth1", "network": "wan", "mac": "02:77:00:01:00:01", "ipv4": "10.77.1.10/24", "ipv6": "fd77:1::10/64"},
]


class Switch:
    """The module with everything that needs privileges written down instead of done."""

    def __init__(self, module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.module = module
        self.did: list[str] = []
        self.inside = 0

        @contextlib.contextmanager
        def namespace(pid: int):  # type: ignore[no-untyped-def]
            self.inside = pid
            yield
            self.inside = 0

        monkeypatch.setattr(module, "Namespace", namespace)
        monkeypatch.setattr(module, "ip", lambda commands: [self.note(command) for command in commands])
        monkeypatch.setattr(module, "write_sysctl", lambda key, value: self.note(f"{key}={value}"))
        monkeypatch.setattr(module, "turn_offloads_off", lambda name: self.note(f"offloads of {name}"))
        monkeypatch.setattr(module, "wait_until", lambda name, what: self.note(f"{name} {what.__name__}"))

    def note(self, what: str) -> None:
        self.did.append(f"[{self.inside}] {what}" if self.inside else what)


@pytest.fixture
def module(load: Callable[[str, str], ModuleType]) -> ModuleType:
    return load("tap", "switch")


@pytest.fixture
def switch(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Switch:
    return Switch(module, monkeypatch)


def test_a_switch_floods_multicast_and_has_no_address(switch: Switch) -> None:
    switch.module.make({"lan": {"mtu": 1400}})
    commands = [line for line in switch.did if line.startswith("link")]
    assert commands[0].startswith("link add lan mtu 1400 type bridge")
    assert "mcast_snooping 0" in commands[0]
    assert commands[1] == "link set lan up"
    assert "net/ipv6/conf/default/disable_ipv6=1" in switch.did
    assert not any("addr add" in line for line in switch.did)


def test_a_host_is_plugged_in_with_its_addresses(switch: Switch) -> None:
    interfaces = [i | {"mtu": 1500} for i in INTERFACES]
    assert switch.module.plug(42, interfaces) == ["p42.0", "p42.1"]
    switch.module.bring_up(42, interfaces)
    for number, interface in enumerate(INTERFACES):
        name = interface["name"]
        pair = f"type veth peer name {name} mtu 1500 address {interface['mac']} netns 42"
        assert f"link add p42.{number} mtu 1500 {pair}" in switch.did
        assert f"link set p42.{number} master {interface['network']} up" in switch.did
        assert f"[42] addr add {interface['ipv4']} brd + dev {name}" in switch.did
        assert f"[42] addr add {interface['ipv6']} dev {name} nodad" in switch.did
        assert f"[42] link set {name} up" in switch.did
        assert f"[42] offloads of {name}" in switch.did


def test_sysctls_stand_before_there_are_interfaces(switch: Switch) -> None:
    switch.module.plug(42, [INTERFACES[0] | {"mtu": 1500}])
    assert next(n for n, line in enumerate(switch.did) if "accept_dad" in line) < next(
        n for n, line in enumerate(switch.did) if "link add" in line
    )


def test_a_host_that_is_plugged_in_cannot_send_yet(switch: Switch) -> None:
    switch.module.plug(42, [INTERFACES[0] | {"mtu": 1500}])
    assert not any("eth0 up" in line for line in switch.did)


def test_a_host_is_up_once_both_ends_pass_frames(switch: Switch) -> None:
    switch.module.bring_up(42, [INTERFACES[0] | {"mtu": 1500}])
    assert switch.did[-2:] == ["[42] eth0 is_running", "p42.0 is_forwarding"]


def test_every_offload_is_turned_off_and_those_that_are_missing_passed_over(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, bytes]] = []

    def ioctl(_: object, number: int, request: bytes) -> int:
        asked.append((number, request[:16].rstrip(b"\0")))
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    module.turn_offloads_off("eth0")
    assert asked == [(0x8946, b"eth0")] * len(module.ETHTOOL_OFFLOADS)
    assert {"tso", "gso", "gro", "tx checksum"} <= set(module.ETHTOOL_OFFLOADS)


@pytest.mark.parametrize(("flags", "running"), [(0x40, True), (0x1043, True), (0x1003, False)])
def test_an_interface_runs_when_the_kernel_says_so(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, flags: int, running: bool
) -> None:
    monkeypatch.setattr(fcntl, "ioctl", lambda _, __, request: request[:16] + struct.pack("H22x", flags))
    assert module.is_running("eth0") is running


def test_a_link_that_never_comes_up(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DEADLINE", 0.01)
    with pytest.raises(OSError, match="eth0 did not come up within 0 s"):
        module.wait_until("eth0", lambda _: False)


def test_a_namespace_that_is_gone(module: ModuleType) -> None:
    with pytest.raises(FileNotFoundError), module.Namespace(2**22 + 1):
        pytest.fail("there is none")


def test_a_sysctl_that_this_kernel_does_not_have_is_passed_over(module: ModuleType) -> None:
    module.write_sysctl("net/no/such/setting", "1")


def test_what_iproute2_says_is_kept(module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ip"
    program.write_text("#!/bin/sh\ncat >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(module.subprocess.CalledProcessError) as error:
        module.ip(["link add lan", "link set lan up"])
    assert error.value.stderr == "link add lan\nlink set lan up"
