from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from lab import plan
from lab.errors import InputError
from lab.plan import Plan
from lab.scenario import Exercise, Host, Network, Program, Scenario
from lab.values import Words


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "scenario"
    (made / "solution").mkdir(parents=True)
    (made / "server.py").write_text("the given one")
    (made / "solution" / "server.py").write_text("the solution")
    (made / "client.py").write_text("client")
    (made / "data").mkdir()
    (made / "data" / "words.txt").write_text("words")
    return made


def scenario(folder: Path = Path("/nowhere"), **parts: Any) -> Scenario:
    hosts = parts.pop("hosts", {"server": {}, "alice": {}})
    return Scenario(
        name="test",
        folder=folder,
        title=Words(en="t", zh="t"),
        networks={n: Network.model_validate(v) for n, v in parts.pop("networks", {"lan": {}}).items()},
        hosts={n: Host.model_validate(v) for n, v in hosts.items()},
        programs={n: Program.model_validate(v) for n, v in parts.pop("programs", {}).items()},
        steps=(),
        checks={},
        exercise=parts.pop("exercise", None),
    )


def addresses(made: Plan) -> dict[str, list[tuple[str, str, str]]]:
    return {name: [(i.name, i.ipv4, i.ipv6) for i in host.facts.interfaces] for name, host in made.hosts.items()}


def test_hosts_get_addresses_from_ten_on_in_the_order_of_the_file() -> None:
    made = plan.make(scenario())
    assert made.networks["lan"].model_dump() == {"ipv4": "10.77.0.0/24", "ipv6": "fd77::/64"}
    assert addresses(made) == {
        "server": [("eth0", "10.77.0.10", "fd77::10")],
        "alice": [("eth0", "10.77.0.11", "fd77::11")],
    }


def test_the_same_scenario_has_the_same_plan() -> None:
    assert plan.make(scenario()) == plan.make(scenario())


def test_every_host_knows_every_name_at_every_address() -> None:
    assert plan.make(scenario()).names == (
        ("server", "10.77.0.10"),
        ("server", "fd77::10"),
        ("alice", "10.77.0.11"),
        ("alice", "fd77::11"),
    )


def test_a_host_asks_another_at_its_addresses_on_the_networks_of_both() -> None:
    made = plan.make(
        scenario(
            networks={"lan": {}, "wan": {}, "dmz": {}},
            hosts={
                "ns": {"networks": ["dmz", "wan", "lan"], "dns": "ns"},
                "alice": {"networks": ["lan", "dmz"], "dns": "ns"},
                "bob": {"dns": "ns"},
                "carol": {},
            },
        )
    )
    dmz, wan, lan = ([i.ipv4, i.ipv6] for i in made.hosts["ns"].facts.interfaces)
    assert {name: list(host.nameservers) for name, host in made.hosts.items()} == {
        "ns": [*dmz, *wan, *lan],
        "alice": [*dmz, *lan],
        "bob": lan,
        "carol": [],
    }


def test_sysctls_are_the_hosts_own() -> None:
    given = {"net.ipv4.ip_unprivileged_port_start": 0, "net.ipv4.tcp_rmem": [4096, 8192, 8192]}
    made = plan.make(scenario(hosts={"ns": {"sysctls": given}, "alice": {}}))
    assert made.hosts["ns"].sysctls == {
        "net.ipv4.ip_unprivileged_port_start": "0",
        "net.ipv4.tcp_rmem": "4096 8192 8192",
    }
    assert made.hosts["alice"].sysctls == {}


def test_a_host_on_two_networks() -> None:
    made = plan.make(
        scenario(
            networks={"lan": {}, "wan": {"mtu": 1400}},
            hosts={"alice": {}, "router": {"networks": ["wan", "lan"]}, "bob": {"networks": "wan"}},
        )
    )
    assert addresses(made) == {
        "alice": [("eth0", "10.77.0.10", "fd77::10")],
        "router": [("eth0", "10.77.1.10", "fd77:1::10"), ("eth1", "10.77.0.11", "fd77::11")],
        "bob": [("eth0", "10.77.1.11", "fd77:1::11")],
    }
    assert [i.network for i in made.hosts["router"].facts.interfaces] == ["wan", "lan"]
    assert made.mtus == {"lan": 1500, "wan": 1400}


def test_addresses_that_the_file_gives_are_kept_and_not_given_twice() -> None:
    made = plan.make(
        scenario(
            networks={"lan": {"ipv4": "192.0.2.0/24", "ipv6": "2001:db8::/64"}},
            hosts={
                "server": {},
                "alice": {"networks": {"lan": {"ipv4": "192.0.2.10"}}},
                "bob": {"networks": {"lan": {"ipv6": "2001:0db8:0::0010"}}},
            },
        )
    )
    assert addresses(made) == {
        "server": [("eth0", "192.0.2.11", "2001:db8::11")],
        "alice": [("eth0", "192.0.2.10", "2001:db8::12")],
        "bob": [("eth0", "192.0.2.12", "2001:db8::10")],
    }


@pytest.mark.parametrize(
    ("networks", "hosts"),
    [
        ({"ipv4": "192.0.2.0/28"}, 14),
        ({"ipv4": "192.0.2.0/29"}, 6),
        ({"ipv6": "2001:db8::/124"}, 15),
        ({"ipv6": "2001:db8::/120"}, 250),
        ({"ipv4": "10.0.0.0/20", "ipv6": "2001:db8::/64"}, 300),
    ],
)
def test_every_host_has_its_own_address_inside_the_prefix(networks: dict[str, str], hosts: int) -> None:
    made = plan.make(scenario(networks={"lan": networks}, hosts={f"h{n}": {} for n in range(hosts)}))
    for family in ("ipv4", "ipv6"):
        prefix = ip_network(getattr(made.networks["lan"], family))
        given = [ip_address(getattr(h.facts.interfaces[0], family)) for h in made.hosts.values()]
        assert len(set(given)) == min(hosts, len(given)) == hosts
        assert all(a in prefix and a != prefix.network_address for a in given)
        assert prefix.version == 6 or prefix.broadcast_address not in given


def test_a_prefix_that_is_too_small() -> None:
    with pytest.raises(InputError, match=r"network 192\.0\.2\.0/29 has no address left") as error:
        plan.make(scenario(networks={"lan": {"ipv4": "192.0.2.0/29"}}, hosts={f"h{n}": {} for n in range(7)}))
    assert error.value.exit_code == 2


def test_the_pool_keeps_away_from_prefixes_that_the_file_gives() -> None:
    made = plan.make(
        scenario(
            networks={"a": {}, "b": {"ipv4": "10.77.0.0/23", "ipv6": "fd77:1::/64"}, "c": {}},
            hosts={"x": {"networks": ["a", "b", "c"]}},
        )
    )
    assert [n.ipv4 for n in made.networks.values()] == ["10.77.2.0/24", "10.77.0.0/23", "10.77.3.0/24"]
    assert [n.ipv6 for n in made.networks.values()] == ["fd77::/64", "fd77:1::/64", "fd77:2::/64"]


def test_the_pool_is_exhausted() -> None:
    networks = {f"n{n}": {} for n in range(257)}
    with pytest.raises(InputError, match="the address pool has no network left: give the networks `ipv4` prefixes"):
        plan.make(scenario(networks=networks, hosts={"x": {"networks": ["n0"]}}))


def test_networks_with_prefixes_of_their_own_do_not_use_up_the_pool() -> None:
    networks = {f"n{n}": {"ipv4": f"172.16.{n}.0/24"} for n in range(256)} | {"last": {}}
    made = plan.make(scenario(networks=networks, hosts={"x": {"networks": ["n0", "n255", "last"]}}))
    assert made.networks["last"].ipv4 == "10.77.0.0/24"
    macs = [i.mac for i in made.hosts["x"].facts.interfaces]
    assert macs == ["02:77:00:00:00:00", "02:77:00:ff:00:00", "02:77:01:00:00:00"]


def test_every_interface_has_an_address_of_its_own_on_the_wire() -> None:
    made = plan.make(
        scenario(networks={"lan": {}, "wan": {}}, hosts={f"h{n}": {"networks": ["lan", "wan"]} for n in range(10)})
    )
    macs = {i.mac for host in made.hosts.values() for i in host.facts.interfaces}
    assert len(macs) == 20
    assert all(int(mac[:2], 16) & 3 == 2 for mac in macs)  # locally administered, one receiver


PROGRAMS = {
    "server": {"host": "server", "run": ["python3", "./server.py", "8080"]},
    "alice": {"host": "alice", "run": ["python3", "client.py"], "files": ["data/words.txt"]},
}


def test_every_host_has_the_files_of_its_own_programs(folder: Path) -> None:
    made = plan.make(scenario(folder, programs=PROGRAMS))
    assert {name: dict(host.files) for name, host in made.hosts.items()} == {
        "server": {"server.py": b"the given one"},
        "alice": {"client.py": b"client", "data/words.txt": b"words"},
    }


EXERCISE = Exercise(files=("./server.py",))


def test_an_exercise_without_submission_runs_the_solution(folder: Path) -> None:
    made = plan.make(scenario(folder, programs=PROGRAMS, exercise=EXERCISE))
    assert made.hosts["server"].files == {"server.py": b"the solution"}
    assert made.hosts["alice"].files["client.py"] == b"client"
    assert made.submission is None


def test_a_submission_is_a_folder_with_the_files(folder: Path, tmp_path: Path) -> None:
    submission = tmp_path / "s1042"
    submission.mkdir()
    (submission / "server.py").write_text("theirs")
    (submission / "client.py").write_text("their client is not asked for")
    made = plan.make(scenario(folder, programs=PROGRAMS, exercise=EXERCISE), submission)
    assert made.hosts["server"].files == {"server.py": b"theirs"}
    assert made.hosts["alice"].files["client.py"] == b"client"
    assert made.submission == submission


def test_a_submission_may_be_the_one_file_whatever_it_is_called(folder: Path, tmp_path: Path) -> None:
    submission = tmp_path / "my homework (final).py"
    submission.write_text("theirs")
    made = plan.make(scenario(folder, programs=PROGRAMS, exercise=EXERCISE), submission)
    assert made.hosts["server"].files == {"server.py": b"theirs"}


def test_a_submission_without_the_file_says_what_it_holds(folder: Path, tmp_path: Path) -> None:
    submission = tmp_path / "s1042"
    submission.mkdir()
    (submission / "Server.py").write_text("theirs")
    with pytest.raises(InputError, match=r"the submission has no `server\.py`; it holds: Server\.py") as error:
        plan.make(scenario(folder, programs=PROGRAMS, exercise=EXERCISE), submission)
    assert error.value.exit_code == 2


def test_a_broken_program_of_the_scenario_is_its_solution_but_for_its_files(folder: Path) -> None:
    exercise = Exercise(files=("server.py", "client.py"))
    (folder / "solution" / "server.py").write_text("right server")
    (folder / "solution" / "client.py").write_text("right client")
    broken = folder / "broken" / "closed"
    broken.mkdir(parents=True)
    (broken / "client.py").write_text("wrong client")
    made = plan.make(scenario(folder, programs=PROGRAMS, exercise=exercise), broken)
    assert made.hosts["server"].files["server.py"] == b"right server"
    assert made.hosts["alice"].files["client.py"] == b"wrong client"


def test_a_scenario_that_is_no_exercise_takes_no_submission(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no exercise: nothing can be submitted to it"):
        plan.make(scenario(folder, programs=PROGRAMS), tmp_path)


def test_an_empty_submission(folder: Path, tmp_path: Path) -> None:
    submission = tmp_path / "s1042"
    submission.mkdir()
    with pytest.raises(InputError, match=r"no `server\.py`; it is empty"):
        plan.make(scenario(folder, programs=PROGRAMS, exercise=EXERCISE), submission)


def test_a_submission_one_folder_too_high(folder: Path, tmp_path: Path) -> None:
    submission = tmp_path / "s1042"
    (submission / "starter").mkdir(parents=True)
    (submission / "starter" / "server.py").write_text("theirs")
    with pytest.raises(InputError, match=r"no `server\.py`; it holds: starter; did you mean \S+/s1042/starter\?"):
        plan.make(scenario(folder, programs=PROGRAMS, exercise=EXERCISE), submission)


def test_one_file_where_several_are_wanted(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("theirs")
    exercise = Exercise(files=("server.py", "client.py"))
    with pytest.raises(InputError, match=r"wants a folder with server\.py, client\.py; \S+/server\.py is a file"):
        plan.make(scenario(folder, programs=PROGRAMS, exercise=exercise), tmp_path / "server.py")


def test_a_file_that_cannot_be_read(folder: Path) -> None:
    programs = {"server": {"host": "server", "run": ["cat"], "files": ["data"]}}
    with pytest.raises(InputError, match=r"data cannot be read: Is a directory"):
        plan.make(scenario(folder, programs=programs))
