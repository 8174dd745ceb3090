from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine, Refused

from lab import hosts, plan
from lab.engine import Bounds
from lab.errors import CaptureError, EngineError, LabError
from lab.hosts import OF_THE_LAB, Bench
from lab.plan import Plan
from lab.scenario import Host, Network, Program, Scenario
from lab.text import same
from lab.values import Words

LABELS = {"socket-lab.run": "r1"}
ASKING = Host.model_validate({"dns": "server", "sysctls": {"net.ipv4.ip_unprivileged_port_start": 0}})
REFUSED = EngineError(same("the engine refused"))


@pytest.fixture
def planned(tmp_path: Path) -> Plan:
    (tmp_path / "server.py").write_text("pass")
    program = Program.model_validate({"host": "server", "run": ["python3", "server.py"]})
    return plan.make(
        Scenario(
            name="test",
            folder=tmp_path,
            title=Words(en="t", zh="t"),
            networks={"lan": Network(), "wan": Network(mtu=1400)},
            hosts={"server": Host(networks=("lan", "wan")), "alice": Host(), "bob": ASKING},
            programs={"server": program},
            steps=(),
            checks={},
        )
    )


def up(engine: FakeEngine, planned: Plan) -> Any:
    return hosts.up(engine, planned, "r1", LABELS)


@pytest.fixture(autouse=True)
def _no_reader_stays() -> Iterator[None]:
    before = threading.enumerate()
    yield
    assert [t.name for t in threading.enumerate() if t not in before] == []


def test_hosts_are_created_started_and_plugged_in(planned: Plan) -> None:
    engine = FakeEngine()
    with up(engine, planned) as bench:
        assert sorted(engine.existing) == ["alice", "bob", "server", "tap"]
        assert all(container.running for container in engine.existing.values())
        assert sorted(bench.agents) == ["alice", "bob", "server"]
        assert engine.hosts["server"].files == {"server.py": b"pass"}
        assert [pid for pid, _ in engine.tap.plugged] == [bench.hosts[n].pid for n in ("server", "alice", "bob")]
    assert sorted(engine.removed) == ["alice", "bob", "server", "tap"]


def test_a_host_on_two_networks_gets_both_interfaces(planned: Plan) -> None:
    engine = FakeEngine()
    with up(engine, planned):
        assert engine.tap.plugged[0][1] == [
            {
                "name": "eth0",
                "network": "lan",
                "mac": "02:77:00:00:00:00",
                "ipv4": "10.77.0.10/24",
                "ipv6": "fd77::10/64",
                "mtu": 1500,
            },
            {
                "name": "eth1",
                "network": "wan",
                "mac": "02:77:00:01:00:00",
                "ipv4": "10.77.1.10/24",
                "ipv6": "fd77:1::10/64",
                "mtu": 1400,
            },
        ]


def test_the_capture_runs_before_the_first_host_is_plugged_in(planned: Plan) -> None:
    engine = FakeEngine()
    with up(engine, planned):
        assert engine.tap.traffic == {"server": 64, "alice": 64, "bob": 64}
        assert engine.tap.order == ["networks", "record", "plug", "plug", "plug"]
        assert engine.tap.mtus == {"lan": 1500, "wan": 1400}


def test_an_agent_is_attached_to_before_its_container_starts(planned: Plan) -> None:
    engine = FakeEngine()
    with up(engine, planned):
        for name in ("tap", "server", "alice", "bob"):
            at = [engine.calls.index(f"{what} {name}") for what in ("create", "attach", "start")]
            assert at == sorted(at)


def test_only_the_tap_is_trusted_and_everything_is_labelled(planned: Plan) -> None:
    engine = FakeEngine()
    with up(engine, planned):
        specs = {name: container.spec for name, container in engine.existing.items()}
    assert [name for name, spec in specs.items() if spec.trusted] == ["tap"]
    assert all(spec.labels["socket-lab.run"] == "r1" for spec in specs.values())
    assert specs["server"].names == planned.names
    assert specs["server"].bounds == Bounds(64 + OF_THE_LAB, 256 << 20, 1)
    assert "NET_ADMIN" not in specs["server"].capabilities
    assert specs["server"].sysctls["net.ipv4.ip_unprivileged_port_start"] == "1024"
    assert specs["server"].nameservers == ()
    assert specs["bob"].sysctls == {**hosts.SYSCTLS, "net.ipv4.ip_unprivileged_port_start": "0"}
    assert specs["bob"].nameservers == ("10.77.0.10", "fd77::10")
    assert {spec.name for spec in specs.values()} == {
        "lab-r1-tap",
        "lab-r1-host-server",
        "lab-r1-host-alice",
        "lab-r1-host-bob",
    }


def test_a_host_has_the_capabilities_of_its_programs_and_no_other_has(planned: Plan) -> None:
    engine = FakeEngine()
    raw = {"bob": replace(planned.hosts["bob"], capabilities=("NET_RAW",))}
    with up(engine, replace(planned, hosts={**planned.hosts, **raw})):
        given = {name: container.spec.capabilities for name, container in engine.existing.items()}
    assert given["bob"] == (*hosts.HOST_CAPABILITIES, "NET_RAW")
    assert given["alice"] == given["server"] == hosts.HOST_CAPABILITIES


@pytest.mark.parametrize("stage", ["create", "attach", "start"])
@pytest.mark.parametrize("who", ["tap", "server", "bob"])
def test_after_a_failure_at_any_stage_nothing_stays(planned: Plan, stage: str, who: str) -> None:
    engine = FakeEngine(fails={f"{stage} {who}": REFUSED})
    with pytest.raises(EngineError, match=r"^the engine refused$"), up(engine, planned):
        pytest.fail("it cannot be up")
    assert engine.existing == {}


@pytest.mark.parametrize("what", ["do_networks", "do_plug", "do_record"])
def test_after_the_tap_refused_nothing_stays(planned: Plan, what: str) -> None:
    engine = FakeEngine()

    def refuse(**_: object) -> None:
        raise Refused("RTNETLINK answers: Operation not permitted")

    setattr(engine.tap, what, refuse)
    expected = CaptureError if what == "do_record" else EngineError
    with pytest.raises(expected, match="tap: RTNETLINK answers: Operation not permitted"), up(engine, planned):
        pytest.fail("it cannot be up")
    assert engine.existing == {}


def test_after_a_failure_of_the_exchange_nothing_stays(planned: Plan) -> None:
    engine = FakeEngine()
    with pytest.raises(LabError, match="something else"), up(engine, planned):
        raise LabError(same("something else"))
    assert engine.existing == {}


def test_after_ctrl_c_nothing_stays(planned: Plan) -> None:
    engine = FakeEngine()
    with pytest.raises(KeyboardInterrupt), up(engine, planned):
        raise KeyboardInterrupt
    assert engine.existing == {}


class Impatient(FakeEngine):
    """An engine at whose every removal the user presses Ctrl-C again, and systemd asks to end."""

    def remove(self, container: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        super().remove(container)


def test_a_second_ctrl_c_does_not_end_the_cleaning_up(planned: Plan) -> None:
    engine = Impatient()
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(KeyboardInterrupt), up(engine, planned):
        raise KeyboardInterrupt
    assert engine.existing == {}
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


class Pressed(FakeEngine):
    """An engine at which the user presses Ctrl-C while the hosts start."""

    def start(self, container: str) -> int:
        if container == "tap":
            os.kill(os.getpid(), signal.SIGINT)
        return super().start(container)


def test_ctrl_c_while_hosts_start_leaves_nothing(planned: Plan) -> None:
    engine = Pressed()
    with pytest.raises(KeyboardInterrupt), up(engine, planned):
        pytest.fail("it was interrupted")
    assert engine.existing == {}


def bare(*names: str) -> Plan:
    """Hosts without programs."""
    return plan.make(
        Scenario(
            name="test",
            folder=Path("/nowhere"),
            title=Words(en="t", zh="t"),
            networks={"lan": Network()},
            hosts={name: Host() for name in names},
            programs={},
            steps=(),
            checks={},
        )
    )


def test_a_host_may_be_called_tap() -> None:
    engine = FakeEngine()
    with up(engine, bare("tap", "alice")):
        assert sorted(engine.existing) == ["alice", "lab-r1-host-tap", "tap"]
    assert engine.existing == {}


def test_hosts_that_have_not_begun_to_start_do_not_after_a_failure() -> None:
    engine = FakeEngine(fails={"create tap": REFUSED})
    with pytest.raises(EngineError), up(engine, bare(*(f"h{n}" for n in range(200)))):
        pytest.fail("it cannot be up")
    assert engine.existing == {}
    assert sum(call.startswith("create h") for call in engine.calls) < 200


def test_what_cannot_be_removed_is_said_and_the_rest_is_removed(planned: Plan) -> None:
    engine = FakeEngine(fails={"remove alice": REFUSED})
    with pytest.raises(EngineError, match="1 containers could not be removed: the engine refused"), up(engine, planned):
        assert "alice" in engine.existing
    assert sorted(engine.existing) == ["alice"]
    engine.existing["alice"].agent.dies()


def test_the_first_failure_is_the_one_that_is_told(planned: Plan) -> None:
    engine = FakeEngine(fails={"remove": EngineError(same("no answer"))})
    with pytest.raises(EngineError, match=r"^the engine went away$"), up(engine, planned) as bench:
        assert isinstance(bench, Bench)
        engine.hosts["server"].dies()
        bench.agents["server"].ask("sockets")


def test_files_that_cannot_be_put_end_the_run(planned: Plan) -> None:
    class Full(FakeEngine):
        def attach(self, container: str) -> Any:
            def refuse(**_: object) -> None:
                raise Refused("No space left on device", 28)

            if container == "server":
                self.hosts["server"].do_files = refuse  # type: ignore[method-assign, assignment]
            return super().attach(container)

    engine = Full()
    with pytest.raises(EngineError, match="server: No space left on device"), up(engine, planned):
        pytest.fail("it cannot be up")
    assert engine.existing == {}
