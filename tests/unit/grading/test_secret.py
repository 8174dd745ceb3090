from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from facts import Wire, ipv4, run

from lab.checks import PARAMS
from lab.grading.secret import Secrets, has_hidden
from lab.scenario import Check, Host, Network, Program, Scenario
from lab.values import Words

SERVER = {"host": "server", "port": 8080}
BOBS = {"output": {"program": "bob", "line": "secret"}}
CONNECTED = {"tcp.handshake": {"to": SERVER, "at_least": 1}}


def scenario(hidden: list[dict[str, Any]], visible: list[dict[str, Any]]) -> Scenario:
    checks = {}
    for number, (given, is_hidden) in enumerate([*((h, True) for h in hidden), *((v, False) for v in visible)]):
        [(kind, params)] = given.items()
        model = PARAMS[kind].model_validate(params)
        checks[f"c{number}"] = Check(id=f"c{number}", kind=kind, params=model, hidden=is_hidden)
    return Scenario(
        name="test",
        folder=Path("/nowhere"),
        title=Words(en="t", zh="t"),
        networks={"net": Network()},
        hosts={name: Host() for name in ("server", "alice", "bob", "carol")},
        programs={
            **{name: Program(host=name, run=("x",)) for name in ("server", "alice", "bob")},
            "second": Program(host="alice", run=("x",)),
        },
        steps=(),
        checks=checks,
    )


@pytest.mark.parametrize(
    ("hidden", "visible", "hosts"),
    [
        ([BOBS], [CONNECTED], {"bob"}),
        ([BOBS], [CONNECTED, {"exit": {"program": "alice", "status": 0}}], {"bob"}),
        ([{"file": {"host": "bob", "path": "x", "at": "end"}}], [CONNECTED], {"bob"}),
        ([{"exit": {"program": "bob", "status": 0}}], [CONNECTED], {"bob"}),
        ([{"process": {"host": "bob", "program": "bob", "at": "end"}}], [CONNECTED], {"bob"}),
        ([{"order": {"first": {"ended": "bob"}, "then": {"ended": "alice"}}}], [CONNECTED], {"alice", "bob"}),
        ([{"tcp.payload": {"from": {"host": "bob"}, "sent_by": "client", "text": "x"}}], [CONNECTED], {"bob"}),
        # another program of a host that visible checks look at, and the host by its name
        ([{"output": {"program": "second", "line": "x"}}], [{"output": {"program": "alice", "line": "x"}}], {"alice"}),
        ([{"output": {"program": "second", "line": "x"}}], [{"arp": {"from": {"host": "alice"}}}], {"server", "bob", "carol"}),
        # of what visible checks look at, too: whoever they do not name
        ([{"output": {"program": "server", "line": "x"}}], [CONNECTED], {"alice", "bob", "carol"}),
        ([CONNECTED], [CONNECTED], set()),
        ([], [CONNECTED], set()),
    ],
)  # fmt: skip
def test_the_hosts_that_hidden_checks_name(
    hidden: list[dict[str, Any]], visible: list[dict[str, Any]], hosts: set[str]
) -> None:
    made = scenario(hidden, visible)
    assert Secrets.of(made).hosts == hosts
    assert has_hidden(made) is bool(hidden)


def test_the_end_that_a_hidden_check_names_is_secret_whether_it_cites_packets_or_not() -> None:
    other = {"tcp.payload": {"to": {"host": "server", "port": 9090}, "sent_by": "client", "text": "x"}}
    secrets = Secrets.of(scenario([other], [CONNECTED]))
    wire = Wire()
    shown, secret = wire.talk(), wire.talk(port=9090)
    shown.shake()
    secret.shake()
    facts = run(wire)
    assert not secrets.in_ends(facts, (shown.client, shown.server))
    assert secrets.in_ends(facts, (secret.client, secret.server))
    assert not Secrets.of(scenario([other], [other])).in_ends(facts, (secret.client, secret.server))


def test_packets_that_tell_of_secret_hosts() -> None:
    secrets = Secrets.of(scenario([BOBS], [CONNECTED]))
    wire = Wire()
    wire.message("arp", "aa", "ff", src_ip=ipv4("alice"), dst_ip=ipv4("server"))
    wire.message("arp", "aa", "ff", src_ip=ipv4("bob"), dst_ip=ipv4("server"))
    wire.message("arp", "aa", "ff", src_ip=ipv4("server"), dst_ip="10.77.4.98")
    wire.message("icmp", ipv4("server"), ipv4("alice"))
    quoted = wire.talk("bob")
    quoted.syn()
    wire.message("icmp", ipv4("server"), ipv4("alice"), about={"source": quoted.client, "destination": quoted.server})
    facts = run(wire)
    told = [secrets.in_message(facts, message) for message in facts.conversations.messages]
    assert told == [False, True, True, False, True]


def test_programs_whose_inputs_are_secret() -> None:
    assert Secrets.of(scenario([BOBS], [CONNECTED])).programs == {"bob"}
    both = [{"output": {"program": "second", "line": "x"}}], [{"exit": {"program": "alice", "status": 0}}]
    assert Secrets.of(scenario(*both)).programs == {"alice", "second"}
