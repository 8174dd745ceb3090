"""What hidden checks are about: the hosts, programs and ends of connections whose inputs no student may see.

A hidden check of output, files or exits cites no packet, and one that failed may cite none either. So what counts is
what a check names: a host that a hidden check names is secret, and so is the host of a program that it names, unless a
visible check names the very same. A hidden check that names nothing else than visible ones do could be about anybody:
then every host is secret that no visible check names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from lab.checks import KINDS
from lab.checks.facts import RunFacts
from lab.conversations import Endpoint, Message
from lab.ends import Place
from lab.reading.fields import references
from lab.scenario import Check, Scenario


@dataclass(frozen=True, slots=True)
class _Named:
    """What checks name. `everywhere` are the hosts, those of the programs too."""

    hosts: frozenset[str]
    programs: frozenset[str]
    places: tuple[Place, ...]
    everywhere: frozenset[str]

    @classmethod
    def by(cls, scenario: Scenario, checks: Iterable[Check]) -> _Named:
        checks = tuple(checks)
        named = [reference for check in checks for reference in references(check.params, ())]
        hosts = frozenset(reference.name for reference in named if reference.to == "host")
        programs = frozenset(reference.name for reference in named if reference.to == "program")
        places = tuple(place for check in checks for place in _places(check.params) if place.port is not None)
        return cls(hosts, programs, places, hosts | {scenario.programs[name].host for name in programs})


@dataclass(frozen=True, slots=True)
class Secrets:
    """Whose conversations are secret: those of the hosts, and those with an end at one of the places.

    `programs` are those that a hidden check names and those on the hosts: what they are told is secret from their
    start on.
    """

    hosts: frozenset[str]
    places: tuple[Place, ...]
    programs: frozenset[str]

    @classmethod
    def of(cls, scenario: Scenario) -> Secrets:
        """The secrets of a scenario; there are none where no check is hidden."""
        checks = scenario.checks.values()
        visible = _Named.by(scenario, (check for check in checks if not check.hidden))
        hosts: frozenset[str] = frozenset()
        for check in checks:
            if check.hidden:
                theirs = _secret_hosts(scenario, _Named.by(scenario, [check]), visible)
                cites = KINDS[check.kind].reads_packets
                hosts |= theirs if theirs or cites else scenario.hosts.keys() - visible.everywhere
        hidden = _Named.by(scenario, (check for check in checks if check.hidden))
        on_them = {name for name, program in scenario.programs.items() if program.host in hosts}
        places = tuple(place for place in hidden.places if place not in visible.places)
        return cls(hosts, places, hidden.programs | on_them)

    def in_ends(self, facts: RunFacts, ends: Iterable[Endpoint]) -> bool:
        """Whether a conversation between `ends` is secret."""
        return any(
            facts.host(end.address) in self.hosts or any(facts.fits(place, end) for place in self.places)
            for end in ends
        )

    def in_message(self, facts: RunFacts, message: Message) -> bool:
        """Whether a packet of no conversation tells of a secret host.

        An ARP packet does where it asks for an address that nobody has, too: a program may ask for any.
        """
        addresses = {message.source, message.destination}
        about = message.fields.get("about")
        quoted = [end for end in about.values() if isinstance(end, Endpoint)] if isinstance(about, Mapping) else []
        if message.protocol == "arp":
            asked = {str(message.fields.get("src_ip")), str(message.fields.get("dst_ip"))}
            if not all(map(facts.record.host_of, asked)):
                return True
            addresses |= asked
        return self.in_ends(facts, quoted) or any(facts.host(address) in self.hosts for address in addresses)


def has_hidden(scenario: Scenario) -> bool:
    """Whether students are told the outcome only of one check or more."""
    return any(check.hidden for check in scenario.checks.values())


def _secret_hosts(scenario: Scenario, hidden: _Named, visible: _Named) -> frozenset[str]:
    """The hosts that a hidden check names, and visible ones do not; another program of a host does not name it."""
    of_programs = {scenario.programs[name].host for name in hidden.programs - visible.programs}
    return (hidden.hosts - visible.everywhere) | (of_programs - visible.hosts)


def _places(value: object) -> Iterator[Place]:
    if isinstance(value, Place):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _places(getattr(value, name))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _places(each)
