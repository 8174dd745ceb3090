"""What a scenario may say of a host: whom it asks for names, and settings of its kernel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from driving import Ran

from lab.sysctls import Sysctls

NAMES = """
hosts:
  ns: {sysctls: {net.ipv4.ip_unprivileged_port_start: 0}}
  alice: {dns: ns}
  bob: {}

programs:
  ns:
    host: ns
    run: [dnsmasq, --keep-in-foreground, --pid-file, --no-hosts, --no-resolv,
      --local=/test/, "--host-record=one.test,10.77.0.99,fd77::99"]
  servers: {host: alice, run: [grep, nameserver, /etc/resolv.conf]}
  alice: {host: alice, run: [python3, lookup.py, bob, one.test, two.test]}
  bob: {host: bob, run: [python3, lookup.py, alice, one.test]}

steps:
  - start: ns
    until: {listening: {udp: 53}}
  - start: [servers, alice, bob]
  - wait: [servers, alice, bob]
    exit: 0
"""

LOOKUP = """
import socket
import sys

for name in sys.argv[1:]:
    try:
        print(name, *sorted({info[4][0] for info in socket.getaddrinfo(name, None)}))
    except socket.gaierror as error:
        print(name, error.strerror)
"""

SETTINGS = {
    "net.ipv4.ip_unprivileged_port_start": 80,
    "net.ipv4.ip_local_port_range": (40000, 40009),
    "net.core.somaxconn": 7,
    "net.ipv4.tcp_max_syn_backlog": 9,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.tcp_abort_on_overflow": 1,
    "net.ipv4.tcp_syn_retries": 2,
    "net.ipv4.tcp_synack_retries": 3,
    "net.ipv4.tcp_rmem": (4096, 8192, 16384),
    "net.ipv4.tcp_wmem": (4096, 9000, 18000),
}


def test_a_host_asks_the_one_that_the_scenario_says_and_others_ask_nobody(
    run: Callable[..., Ran], written: Callable[..., Path]
) -> None:
    ran = run(written(NAMES, lookup=LOOKUP))
    assert ran.steps == ["done"] * 3
    assert ran.said("servers") == ["nameserver 10.77.0.10", "nameserver fd77::10"]
    assert ran.said("alice") == [
        "bob 10.77.0.12 fd77::12",
        "one.test 10.77.0.99 fd77::99",
        "two.test Name or service not known",
    ]
    assert ran.said("bob") == ["alice 10.77.0.11 fd77::11", "one.test Temporary failure in name resolution"]
    asked = [payload[13:].partition(b"\0")[0] for payload in ran.datagrams(53)]
    assert sorted(asked) == [b"one\x04test"] * 2 + [b"two\x04test"] * 2


def test_every_sysctl_holds_on_its_host_alone(run: Callable[..., Ran], written: Callable[..., Path]) -> None:
    assert set(SETTINGS) == {field.alias for field in Sysctls.model_fields.values()}
    files = [f"/proc/sys/{name.replace('.', '/')}" for name in SETTINGS]
    given = {name: list(value) if isinstance(value, tuple) else value for name, value in SETTINGS.items()}
    text = f"""
    hosts: {{given: {{sysctls: {given}}}, plain: {{}}}}
    programs:
      given: {{host: given, run: {["cat", *files]}}}
      plain: {{host: plain, run: {["cat", *files]}}}
      server: {{host: given, run: [python3, take.py, "80"]}}
      refused: {{host: plain, run: [python3, take.py, "80"]}}
    steps:
      - start: [given, plain, server, refused]
      - wait: [given, plain, server, refused]
    """
    ran = run(written(text, take="import socket, sys\nsocket.create_server(('', int(sys.argv[1])))"))
    expected = [list(value) if isinstance(value, tuple) else [value] for value in SETTINGS.values()]
    assert [[int(word) for word in line.split()] for line in ran.said("given")] == expected
    for setting, line in zip(expected, ran.said("plain"), strict=True):
        assert [int(word) for word in line.split()] != setting
    assert (ran.program("server").exit, ran.program("refused").exit) == (0, 1)
    assert "PermissionError: [Errno 13] Permission denied" in ran.said("refused", "err")[-1]
