import pytest
from facts import find, ipv4, lines, run
from pydantic import ValidationError

from lab.errors import InputError
from lab.record import END, GroupFacts, HostState, NeighbourFacts, RouteFacts

STATE = HostState(
    time=0,
    neighbours=(
        NeighbourFacts(address=ipv4("server"), mac="02:00:00:00:00:0a", interface="eth0", state="REACHABLE"),
        NeighbourFacts(address="10.77.4.99", mac=None, interface="eth0", state="FAILED"),
        NeighbourFacts(address="fd77:4::99", mac=None, interface="eth1", state="FAILED"),
    ),
    routes=(
        RouteFacts(to="10.77.4.0/24", via=None, interface="eth0", source=ipv4("alice"), metric=0),
        RouteFacts(to="10.78.0.0/16", via=ipv4("server"), interface="eth0", source=None, metric=0),
        RouteFacts(to="::/0", via="fe80::1", interface="eth1", source=None, metric=1024),
    ),
    groups=(
        GroupFacts(address="224.0.0.1", interface="eth0", users=1),
        GroupFacts(address="239.1.2.3", interface="eth0", users=1),
        GroupFacts(address="ff02::123", interface="eth1", users=1),
    ),
    counters={"TcpExtListenOverflows": 4},
)


def at(kind: str, params: str):
    return find(run(observations={END: {"alice": STATE, "bob": HostState(time=0)}}), kind, params)


@pytest.mark.parametrize(
    ("kind", "asked", "number"),
    [
        ("neighbour", "of: {host: server}", 1),
        ("neighbour", "of: {host: bob}", 0),
        ("neighbour", "of: {address: 10.77.4.99}, state: FAILED", 1),
        ("neighbour", "of: {address: 10.77.4.99}, state: [REACHABLE, STALE]", 0),
        ("neighbour", "state: [FAILED, INCOMPLETE]", 2),
        ("neighbour", "state: FAILED, interface: eth1", 1),
        ("route", "to: 10.77.4.0/24", 1),
        ("route", "to: 10.77.4.0/25", 0),
        ("route", "to: default", 1),
        ("route", "to: default, interface: eth0", 0),
        ("route", "via: {host: server}", 1),
        ("route", "via: {address: 'fe80:0::1'}", 1),
        ("route", "via: {host: bob}", 0),
        ("route", "interface: eth0", 2),
        ("group", "address: 239.1.2.3", 1),
        ("group", "address: 239.1.2.3, interface: eth1", 0),
        ("group", "address: 'ff02:0::123'", 1),
        ("group", "interface: eth0", 2),
    ],
)
def test_rows_of_a_table(kind: str, asked: str, number: int):
    assert at(kind, f"{{host: alice, {asked}, count: {number}}}").ok
    assert not at(kind, f"{{host: alice, {asked}, count: {number + 1}}}").ok


def test_what_is_wanted_and_what_the_tables_hold():
    finding = at("neighbour", "{host: alice, of: {host: bob}, state: [REACHABLE, STALE], interface: eth0}")
    assert finding.expected.en == "at least 1 neighbour (bob, REACHABLE/STALE, on eth0) on alice after the last step"
    assert finding.expected.zh == "最后一步之后 alice 上的至少 1 个邻居条目（bob，REACHABLE/STALE，接口 eth0）"
    assert "10.77.4.99 - eth0 FAILED" in lines(finding)
    finding = at("route", "{host: alice, to: default, via: {host: bob}}")
    assert finding.expected.en == "at least 1 route (to default, via bob) on alice after the last step"
    assert "10.78.0.0/16 via 10.77.4.10 dev eth0" in lines(finding)
    finding = at("group", "{host: alice, address: 239.9.9.9}")
    assert finding.expected.en == "at least 1 joined group (239.9.9.9) on alice after the last step"
    assert "ff02::123 eth1" in lines(finding)


def test_counters():
    assert at("counter", "{host: alice, name: TcpExtListenOverflows}").ok
    assert at("counter", "{host: alice, name: TcpExtListenOverflows, value: 4}").ok
    assert at("counter", "{host: alice, name: UdpNoPorts, value: 0}").ok
    finding = at("counter", "{host: alice, name: TcpExtListenOverflows, at_least: 5}")
    assert not finding.ok
    assert finding.expected.en == "the counter TcpExtListenOverflows on alice after the last step: at least 5"
    assert finding.actual.en == "TcpExtListenOverflows was 4"


@pytest.mark.parametrize(
    ("kind", "more"), [("neighbour", ""), ("route", ""), ("group", ""), ("counter", ", name: UdpNoPorts")]
)
def test_what_was_not_kept_or_not_observed(kind: str, more: str):
    with pytest.raises(InputError, match=r"did not keep this of bob at `end`: run the scenario again"):
        at(kind, f"{{host: bob{more}}}")
    finding = at(kind, f"{{host: alice, at: never{more}}}")
    assert not finding.ok
    assert finding.actual.en == "the run ended before that"


@pytest.mark.parametrize(
    ("kind", "asked", "what"),
    [
        ("route", "to: 10.77.4.1/24", "is no prefix"),
        ("route", "to: everywhere", "is no prefix"),
        ("group", "address: 239.1.2", "is no IP address"),
        ("neighbour", "state: DEAD", "REACHABLE"),
    ],
)
def test_what_cannot_be_asked(kind: str, asked: str, what: str):
    with pytest.raises(ValidationError, match=what):
        at(kind, f"{{host: alice, {asked}}}")
