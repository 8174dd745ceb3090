from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

FILES = {
    "/proc/net/igmp": """\
Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
1\tlo        :     1      V3
\t\t\t\t010000E0     1 0:00000000\t\t0
2\teth0      :     2      V3
\t\t\t\t030201EF     2 0:00000000\t\t0
\t\t\t\t010000E0     1 0:00000000\t\t0
""",
    "/proc/net/igmp6": """\
2    eth0            ff020000000000000000000000000123     1 00000004 0
1    lo              ff020000000000000000000000000001     1 0000000C 0
""",
    "/proc/net/snmp": """\
Tcp: RtoAlgorithm InCsumErrors RetransSegs
Tcp: 1 2 0
Udp: NoPorts InErrors
Udp: 3 0
""",
    "/proc/net/netstat": """\
TcpExt: SyncookiesSent ListenOverflows
TcpExt: 0 4
""",
}


@pytest.fixture
def tables(load: Callable[[str, str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = load("host", "tables")
    monkeypatch.setattr(module, "lines", lambda path: FILES.get(path, "").splitlines(keepends=True))
    return module


def test_joined_groups_of_both_versions(tables: ModuleType) -> None:
    assert [tuple(group.values()) for group in tables.groups()] == [
        ("lo", "224.0.0.1", 1),
        ("eth0", "239.1.2.3", 2),
        ("eth0", "224.0.0.1", 1),
        ("eth0", "ff02::123", 1),
        ("lo", "ff02::1", 1),
    ]


def test_counters_by_the_names_of_nstat(tables: ModuleType) -> None:
    assert tables.counters() == {
        "TcpRtoAlgorithm": 1,
        "TcpInCsumErrors": 2,
        "UdpNoPorts": 3,
        "TcpExtListenOverflows": 4,
    }


def test_a_kernel_without_a_protocol_has_no_lines(load: Callable[[str, str], ModuleType]) -> None:
    module = load("host", "tables")
    assert module.lines("/proc/net/no-such-protocol") == []
    assert module.counters()["IpDefaultTTL"]
