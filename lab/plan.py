"""Scenario and submission to a plan: addresses, files and names of every host, nothing left to decide.

Networks are the run's own (`images/tap/switch.py`): they touch neither the machine's nor another
run's, so every run of a scenario has the same addresses.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lab.errors import InputError
from lab.oserrors import content_of
from lab.record import HostFacts, Interface, NetworkFacts
from lab.scenario import Addresses, Host, Program, Scenario, as_posix, program_files
from lab.submissions import Handed
from lab.submissions.find import SOLUTION
from lab.text import say
from lab.values import Arguments
from lab.variants import drawn

FIRST_HOST = 10  # 10.77.0.10 and fd77::10 are the first host's, unless a seed says otherwise
FIRSTS = 190  # with a seed the first host is one of so many from there on
IPV4_POOL, IPV6_POOL = 1 << 8, 1 << 16  # of the networks 10.77.0.0/24 and so on, fd77::/64 and so on
MOST_HOSTS = 4096  # on one network; no engine brings up as many
IPV4, IPV6 = 4, 6
Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class HostPlan:
    """A host to bring up."""

    facts: HostFacts
    files: Mapping[str, bytes]
    """Relative POSIX path -> content, for its working folder."""
    nameservers: tuple[str, ...]
    """The addresses at which it asks for names; none for one that asks nobody."""
    sysctls: Mapping[str, str]
    """Settings of its kernel, besides those that all hosts have."""
    capabilities: tuple[str, ...] = ()
    """Those that some program of it has."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run needs to know besides the scenario's own steps."""

    scenario: Scenario
    networks: Mapping[str, NetworkFacts]
    mtus: Mapping[str, int]
    hosts: Mapping[str, HostPlan]
    names: tuple[tuple[str, str], ...]
    """`(host name, address)`: every host's /etc/hosts."""
    submission: str | None
    traced: frozenset[str] = frozenset()
    """The programs whose system calls on sockets are written down."""


def make(
    scenario: Scenario,
    handed: Handed | None = None,
    submission: str | None = None,
    traced: Iterable[str] = (),
) -> Plan:
    """The plan of a run of `scenario` with the files that were `handed` in, or of its solution/ if it is an exercise.

    The plan's own scenario has the commands that will run: those of another language too. `submission` is for the
    record: where the files came from; `traced` are the programs that are traced, none if left out, whatever the
    scenario says: so it is in grading. Raises `InputError` where files are missing of what was handed in, or cannot be
    read, and where the pool has no network left.
    """
    if handed is not None:
        if handed.missing is not None:
            raise InputError(handed.missing)
        scenario = _running(scenario, handed.run)
    networks = _prefixes(scenario)
    addresses = {name: _addresses(name, networks[name], scenario) for name in networks}
    facts = {
        name: _host(number, host, networks, {n: addresses[n][name] for n in plugs(scenario, host)})
        for number, (name, host) in enumerate(scenario.hosts.items())
    }
    hosts = {
        name: HostPlan(
            facts[name],
            _files(scenario, name, handed),
            _nameservers(facts[name], facts[host.dns]) if host.dns else (),
            host.sysctls.for_kernel(),
            _capabilities(scenario, name),
        )
        for name, host in scenario.hosts.items()
    }
    names = tuple((name, a) for name, host in facts.items() for i in host.interfaces for a in (i.ipv4, i.ipv6))
    mtus = {name: network.mtu for name, network in scenario.networks.items()}
    return Plan(scenario, networks, mtus, hosts, names, submission, frozenset(traced))


def traced(scenario: Scenario, *, everything: bool) -> frozenset[str]:
    """The programs that a run traces: those that the file says, or all."""
    return frozenset(name for name, program in scenario.programs.items() if everything or program.trace)


def plugs(scenario: Scenario, host: Host) -> Mapping[str, Addresses]:
    """The networks of a host in the order of its interfaces, with the addresses that the file gives."""
    if isinstance(host.networks, Mapping):
        return host.networks
    return {name: Addresses() for name in host.networks or (next(iter(scenario.networks)),)}


def _prefixes(scenario: Scenario) -> dict[str, NetworkFacts]:
    """The prefixes of every network: what the file gives, else the next of the pool that is apart from those."""
    taken = [ipaddress.ip_network(p) for n in scenario.networks.values() for p in (n.ipv4, n.ipv6) if p]
    first = drawn(scenario.seed, "networks", IPV4_POOL)
    ipv4 = (f"10.77.{(first + n) % IPV4_POOL}.0/24" for n in range(IPV4_POOL))
    ipv6 = (f"fd77:{(first + n) % IPV6_POOL:x}::/64" for n in range(IPV6_POOL))
    return {
        name: NetworkFacts(ipv4=network.ipv4 or _apart(ipv4, taken), ipv6=network.ipv6 or _apart(ipv6, taken))
        for name, network in scenario.networks.items()
    }


def _apart(pool: Iterator[str], taken: list[Prefix]) -> str:
    """The next prefix of the pool that overlaps none of those that are given."""
    for text in pool:
        prefix = ipaddress.ip_network(text)
        if not any(prefix.version == t.version and prefix.overlaps(t) for t in taken):
            return str(prefix)
    raise InputError(
        say("the address pool has no network left", "地址池中已没有可用的网络"),
        say("give the networks `ipv4` prefixes of your own", "请自行为网络指定 `ipv4` 前缀"),
    )


def _addresses(network: str, prefixes: NetworkFacts, scenario: Scenario) -> dict[str, Addresses]:
    """Host -> its addresses on `network`: what the file gives, else the next free ones from .10 and ::10.

    With a seed they begin at another number.
    """
    given = {name: plugs(scenario, h)[network] for name, h in scenario.hosts.items() if network in plugs(scenario, h)}
    first = FIRST_HOST + drawn(scenario.seed, f"hosts of {network}", FIRSTS)
    ipv4 = _free(prefixes.ipv4, [a.ipv4 for a in given.values()], first)
    ipv6 = _free(prefixes.ipv6, [a.ipv6 for a in given.values()], first)
    return {
        name: Addresses(ipv4=_canonical(a.ipv4 or next(ipv4)), ipv6=_canonical(a.ipv6 or next(ipv6)))
        for name, a in given.items()
    }


def _free(prefix: str, taken: list[str | None], first: int) -> Iterator[str]:
    """Addresses of `prefix` that nobody has: from `first` on, then the ones before; `::10` reads like `.10`."""
    network = ipaddress.ip_network(prefix)
    used = {network.network_address, *(ipaddress.ip_address(a) for a in taken if a)}
    if network.version == IPV4:
        used.add(network.broadcast_address)
    size = min(network.num_addresses, MOST_HOSTS)
    alike = [int(str(n), 16) for n in range(first, size)] if network.version == IPV6 else []
    for place in [*alike, *range(first, size), *range(first)]:
        if place < network.num_addresses and (address := network[place]) not in used:
            used.add(address)
            yield str(address)
    raise InputError(say("network {prefix} has no address left", "网络 {prefix} 已没有可用地址", prefix=prefix))


def _canonical(address: str) -> str:
    return str(ipaddress.ip_address(address))


def _host(number: int, host: Host, networks: Mapping[str, NetworkFacts], plugged: Mapping[str, Addresses]) -> HostFacts:
    order = list(networks)
    interfaces = []
    for place, (network, addresses) in enumerate(plugged.items()):
        assert addresses.ipv4
        assert addresses.ipv6
        mac = "02:77:" + (order.index(network) << 16 | number).to_bytes(4).hex(":")  # locally administered
        interfaces.append(
            Interface(name=f"eth{place}", network=network, mac=mac, ipv4=addresses.ipv4, ipv6=addresses.ipv6)
        )
    return HostFacts(image=host.image, interfaces=tuple(interfaces))


def _nameservers(asking: HostFacts, asked: HostFacts) -> tuple[str, ...]:
    """The addresses of `asked` on the networks that `asking` is on too."""
    near = {i.network for i in asking.interfaces}
    return tuple(a for i in asked.interfaces if i.network in near for a in (i.ipv4, i.ipv6))


def _capabilities(scenario: Scenario, host: str) -> tuple[str, ...]:
    """What programs of a host are given, each once."""
    given = (name for program in scenario.programs.values() if program.host == host for name in program.capabilities)
    return tuple(dict.fromkeys(given))


def _running(scenario: Scenario, run: Mapping[str, Arguments]) -> Scenario:
    """`scenario` with other commands for some of its programs."""
    programs = {name: p.model_copy(update={"run": run.get(name, p.run)}) for name, p in scenario.programs.items()}
    return scenario.model_copy(update={"programs": programs})


def _files(scenario: Scenario, host: str, handed: Handed | None) -> dict[str, bytes]:
    programs = ((name, program) for name, program in scenario.programs.items() if program.host == host)
    wanted = [file for name, program in programs for file in _files_of(name, program, scenario, handed)]
    return {name: _content(scenario, name, handed) for name in dict.fromkeys(wanted)}


def _files_of(name: str, program: Program, scenario: Scenario, handed: Handed | None) -> list[str]:
    """What must lie beside a program; beside one in another language all files of that language."""
    files = list(program_files(scenario, program))
    if handed is None or name not in handed.run:
        return files
    assert scenario.exercise is not None
    own = frozenset(map(as_posix, scenario.exercise.files))
    return [file for file in files if file not in own or file in handed.files] + [
        file for file in handed.files if file not in own
    ]


def _content(scenario: Scenario, name: str, handed: Handed | None) -> bytes:
    """A file as it was handed in, else as in solution/ if it is the exercise's, else as in the scenario's folder."""
    if handed is not None and name in handed.files:
        return handed.files[name]
    if scenario.exercise is None or name not in map(as_posix, scenario.exercise.files):
        return content_of(scenario.folder / name)
    assert handed is None, "the solution never goes where a submission runs"
    return content_of(scenario.folder / SOLUTION / name)
