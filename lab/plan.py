"""Scenario and submission to a plan: addresses, files and names of every host, nothing left to decide.

Networks are the run's own (`images/tap/switch.py`): they touch neither the machine's nor another
run's, so every run of a scenario has the same addresses.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.errors import InputError
from lab.oserrors import why
from lab.record import HostFacts, Interface, NetworkFacts
from lab.scenario import Addresses, Exercise, Host, Scenario, as_posix, program_files
from lab.text import Text, say

FIRST_HOST = 10  # 10.77.0.10 and fd77::10 are the first host's
MOST_HOSTS = 4096  # on one network; no engine brings up as many
IPV4, IPV6 = 4, 6
SOLUTION = "solution"
BROKEN = "broken"
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


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run needs to know besides the scenario's own steps."""

    scenario: Scenario
    networks: Mapping[str, NetworkFacts]
    mtus: Mapping[str, int]
    hosts: Mapping[str, HostPlan]
    names: tuple[tuple[str, str], ...]
    """`(host name, address)`: every host's /etc/hosts."""
    submission: Path | None


def make(scenario: Scenario, submission: Path | None = None) -> Plan:
    """The plan of a run of `scenario` with the files of `submission`, or of its solution/ where it is an exercise.

    Raises `InputError` where the scenario takes no submission, where a file of it is missing, and where the pool
    has no network left.
    """
    if submission is not None and scenario.exercise is None:
        raise InputError(
            say(
                "{name} is no exercise: nothing can be submitted to it",
                "{name} 不是练习，不接受提交",
                name=scenario.name,
            )
        )
    networks = _prefixes(scenario)
    addresses = {name: _addresses(name, networks[name], scenario) for name in networks}
    facts = {
        name: _host(number, host, networks, {n: addresses[n][name] for n in plugs(scenario, host)})
        for number, (name, host) in enumerate(scenario.hosts.items())
    }
    hosts = {
        name: HostPlan(
            facts[name],
            _files(scenario, name, submission),
            _nameservers(facts[name], facts[host.dns]) if host.dns else (),
            host.sysctls.for_kernel(),
        )
        for name, host in scenario.hosts.items()
    }
    names = tuple((name, a) for name, host in facts.items() for i in host.interfaces for a in (i.ipv4, i.ipv6))
    mtus = {name: network.mtu for name, network in scenario.networks.items()}
    return Plan(scenario, networks, mtus, hosts, names, submission)


def plugs(scenario: Scenario, host: Host) -> Mapping[str, Addresses]:
    """The networks of a host in the order of its interfaces, with the addresses that the file gives."""
    if isinstance(host.networks, Mapping):
        return host.networks
    return {name: Addresses() for name in host.networks or (next(iter(scenario.networks)),)}


def _prefixes(scenario: Scenario) -> dict[str, NetworkFacts]:
    """The prefixes of every network: what the file gives, else the next of the pool that is apart from those."""
    taken = [ipaddress.ip_network(p) for n in scenario.networks.values() for p in (n.ipv4, n.ipv6) if p]
    ipv4, ipv6 = (f"10.77.{n}.0/24" for n in range(256)), (f"fd77:{n:x}::/64" for n in range(65536))
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
    """Host -> its addresses on `network`: what the file gives, else the next free ones from .10 and ::10."""
    given = {name: plugs(scenario, h)[network] for name, h in scenario.hosts.items() if network in plugs(scenario, h)}
    ipv4 = _free(prefixes.ipv4, [a.ipv4 for a in given.values()])
    ipv6 = _free(prefixes.ipv6, [a.ipv6 for a in given.values()])
    return {
        name: Addresses(ipv4=_canonical(a.ipv4 or next(ipv4)), ipv6=_canonical(a.ipv6 or next(ipv6)))
        for name, a in given.items()
    }


def _free(prefix: str, taken: list[str | None]) -> Iterator[str]:
    """Addresses of `prefix` that nobody has: from .10 on, then the ones before; `::10` reads like `.10`."""
    network = ipaddress.ip_network(prefix)
    used = {network.network_address, *(ipaddress.ip_address(a) for a in taken if a)}
    if network.version == IPV4:
        used.add(network.broadcast_address)
    size = min(network.num_addresses, MOST_HOSTS)
    alike = [int(str(n), 16) for n in range(FIRST_HOST, size)] if network.version == IPV6 else []
    for number in [*alike, *range(FIRST_HOST, size), *range(FIRST_HOST)]:
        if number < network.num_addresses and (address := network[number]) not in used:
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


def _files(scenario: Scenario, host: str, submission: Path | None) -> dict[str, bytes]:
    wanted = [
        f for program in scenario.programs.values() if program.host == host for f in program_files(scenario, program)
    ]
    return {name: _read(_source(scenario, name, submission)) for name in dict.fromkeys(wanted)}


def _source(scenario: Scenario, name: str, submission: Path | None) -> Path:
    """Where a file comes from: for one of the exercise the submission or the solution, else the scenario's folder.

    A broken program that comes with the scenario is its solution but for the files of its folder.
    """
    if scenario.exercise is None or name not in map(as_posix, scenario.exercise.files):
        return scenario.folder / name
    if submission is None:
        return scenario.folder / SOLUTION / name
    if submission.is_file() and len(scenario.exercise.files) == 1:
        return submission
    if not (submission / name).is_file():
        if submission.resolve().parent == (scenario.folder / BROKEN).resolve():
            return scenario.folder / SOLUTION / name
        raise InputError(_missing(scenario.exercise, name, submission))
    return submission / name


def _missing(exercise: Exercise, name: str, submission: Path) -> Text:
    """That the file `name` was not handed in, what was, and where it may be."""
    if not submission.is_dir():
        return say(
            "the exercise wants a folder with {files}; {there} is a file",
            "本练习要求提交含有 {files} 的文件夹；{there} 是文件",
            files=", ".join(exercise.files),
            there=submission,
        )
    held = sorted(submission.iterdir())
    told = say("the submission has no `{name}`", "提交中没有 `{name}`", name=name) + (
        say("; it holds: {there}", "；其中有：{there}", there=", ".join(path.name for path in held[:8]))
        if held
        else say("; it is empty", "；其中没有任何文件")
    )
    inside = next((path for path in held if all((path / file).is_file() for file in exercise.files)), None)
    if inside is None:
        return told
    return told + say("; did you mean {inside}?", "；是否想提交 {inside}？", inside=inside)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(
            say("{file} cannot be read: {why}", "无法读取 {file}：{why}", file=file, why=why(error))
        ) from error
