from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from lab import loader, plan
from lab.checks import PARAMS
from lab.errors import InputError
from lab.places import SCENARIOS
from lab.plan import Plan
from lab.scenario import Exercise, Host, Instead, Network, Program, Scenario, as_posix
from lab.submissions import Handed, find
from lab.submissions.wanted import handed_in
from lab.text import say
from lab.values import Words


def _place(file: Path) -> str:
    return f"{file.parent.name}/{file.stem}"


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
        seed=parts.pop("seed", 0),
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


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_with_a_seed_networks_and_hosts_have_other_numbers_and_always_the_same(seed: int) -> None:
    made = plan.make(scenario(seed=seed, networks={"lan": {}, "wan": {}}, hosts={"a": {"networks": ["lan", "wan"]}}))
    assert made == plan.make(
        scenario(seed=seed, networks={"lan": {}, "wan": {}}, hosts={"a": {"networks": ["lan", "wan"]}})
    )
    prefixes = [ip_network(n.ipv4) for n in made.networks.values()]
    assert all(p.subnet_of(ip_network("10.77.0.0/16")) and p.prefixlen == 24 for p in prefixes)
    assert prefixes[0] != ip_network("10.77.0.0/24")
    assert not prefixes[0].overlaps(prefixes[1])
    for plug, prefix in zip(made.hosts["a"].facts.interfaces, prefixes, strict=True):
        assert ip_address(plug.ipv4) in prefix
        last = plug.ipv4.rpartition(".")[2]
        assert last != "10"
        assert plug.ipv6.endswith(f"::{last}")


def test_a_seed_leaves_what_the_file_gives() -> None:
    networks = {"lan": {"ipv4": "192.168.1.0/28", "ipv6": "fd77:1::/64"}}
    hosts = {"a": {"networks": {"lan": {"ipv4": "192.168.1.9"}}}, "b": {}, "c": {}}
    made = plan.make(scenario(seed=3, networks=networks, hosts=hosts))
    assert made.networks["lan"].model_dump() == networks["lan"]
    assert addresses(made)["a"][0][1] == "192.168.1.9"
    assert all(ip_address(i[0][1]) in ip_network("192.168.1.0/28") for i in addresses(made).values())


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


def test_a_host_has_the_capabilities_of_its_programs_once() -> None:
    raw = {"run": ["p"], "capabilities": "NET_RAW"}
    programs = {"p": {"host": "a", **raw}, "q": {"host": "a", **raw}, "r": {"host": "b", "run": ["r"]}}
    made = plan.make(scenario(hosts={"a": {}, "b": {}}, programs=programs))
    assert {name: host.capabilities for name, host in made.hosts.items()} == {"a": ("NET_RAW",), "b": ()}


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


def submitted(made: Scenario, path: Path) -> Plan:
    """The plan of a run of what lies at `path`."""
    return plan.make(made, handed_in(made, find.one(path, made)), str(path))


def test_the_files_that_were_handed_in_lie_beside_the_scenarios_own(folder: Path) -> None:
    made = plan.make(scenario(folder, programs=PROGRAMS, exercise=EXERCISE), Handed({"server.py": b"theirs"}), "s1042")
    assert made.hosts["server"].files == {"server.py": b"theirs"}
    assert made.hosts["alice"].files == {"client.py": b"client", "data/words.txt": b"words"}
    assert made.submission == "s1042"


def test_nothing_of_the_solution_is_where_a_submission_runs(folder: Path) -> None:
    exercise = Exercise(files=("server.py", "client.py"))
    with pytest.raises(AssertionError):
        plan.make(scenario(folder, programs=PROGRAMS, exercise=exercise), Handed({"server.py": b"theirs"}))


@pytest.mark.parametrize(
    "file", sorted(f for kind in ("scenario", "matrix") for f in SCENARIOS.glob(f"*/{kind}.yaml")), ids=_place
)
def test_where_a_submission_runs_nothing_tells_how_it_is_done(file: Path) -> None:
    loaded = loader.load(file, PARAMS)
    if loaded.exercise is None:
        return
    theirs = {as_posix(name): f"the students' {name}".encode() for name in loaded.exercise.files}
    made = plan.make(loaded, Handed(theirs))
    running = [host.files for host in made.hosts.values() if not theirs.keys().isdisjoint(host.files)]
    telling = {
        path.read_bytes()
        for place in ("solution", "broken", "starter")
        for path in (file.parent / place).rglob("*")
        if path.is_file()
    }
    assert telling
    assert {name for files in running for name in files} >= theirs.keys()
    assert [name for files in running for name, content in files.items() if content in telling] == []


def test_what_is_missing_is_wrong_input(folder: Path) -> None:
    missing = say("no `server.py`", "没有 `server.py`")
    with pytest.raises(InputError, match=r"^no `server\.py`$") as error:
        plan.make(scenario(folder, programs=PROGRAMS, exercise=EXERCISE), Handed({}, missing=missing))
    assert error.value.exit_code == 2


def test_a_program_in_another_language_runs_by_its_own_command(folder: Path) -> None:
    instead = Instead(files=("server.sh", "lib.sh"), run={"server": ("bash", "server.sh", "8080")})
    exercise = Exercise(files=("./server.py",), instead=(instead,))
    programs = {**PROGRAMS, "server": {**PROGRAMS["server"], "files": ["data/words.txt", "server.py"]}}
    handed = Handed({"server.sh": b"theirs", "lib.sh": b"more"}, run=instead.run)
    made = plan.make(scenario(folder, programs=programs, exercise=exercise), handed)
    assert made.scenario.programs["server"].run == ("bash", "server.sh", "8080")
    assert made.scenario.programs["alice"].run == ("python3", "client.py")
    assert made.hosts["server"].files == {"server.sh": b"theirs", "lib.sh": b"more", "data/words.txt": b"words"}
    assert made.hosts["alice"].files == {"client.py": b"client", "data/words.txt": b"words"}


def test_a_broken_program_of_the_scenario_is_its_solution_but_for_its_files(folder: Path) -> None:
    exercise = Exercise(files=("server.py", "client.py"))
    (folder / "solution" / "server.py").write_text("right server")
    (folder / "solution" / "client.py").write_text("right client")
    broken = folder / "broken" / "closed"
    broken.mkdir(parents=True)
    (broken / "client.py").write_text("wrong client")
    made = submitted(scenario(folder, programs=PROGRAMS, exercise=exercise), broken)
    assert made.hosts["server"].files["server.py"] == b"right server"
    assert made.hosts["alice"].files["client.py"] == b"wrong client"


def test_a_scenario_that_is_no_exercise_takes_no_submission(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no exercise: nothing can be submitted to it"):
        submitted(scenario(folder, programs=PROGRAMS), tmp_path)


def test_a_file_that_cannot_be_read(folder: Path) -> None:
    programs = {"server": {"host": "server", "run": ["cat"], "files": ["data"]}}
    with pytest.raises(InputError, match=r"data cannot be read: Is a directory"):
        plan.make(scenario(folder, programs=programs))


def test_a_run_traces_what_the_file_says_or_all_and_a_plan_nothing_of_itself() -> None:
    made = scenario(programs={"p": {"host": "a", "run": ["p"], "trace": True}, "q": {"host": "a", "run": ["q"]}})
    assert plan.traced(made, everything=False) == {"p"}
    assert plan.traced(made, everything=True) == {"p", "q"}
    assert plan.make(made).traced == frozenset()
    assert plan.make(made, traced={"q"}).traced == {"q"}
