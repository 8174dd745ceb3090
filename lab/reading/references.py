"""Names that must be the name of something else in the file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from lab.reading.faults import Faults, shown, suggestion
from lab.reading.fields import Reference, references
from lab.reading.files import check_named_file
from lab.reading.shape import Parts
from lab.record import END
from lab.scenario import DEFAULT_NETWORK
from lab.steps import FaultStep, ObserveStep
from lab.text import Text, say

THINGS: Mapping[str, Text] = {
    "host": say("host", "主机"),
    "program": say("program", "程序"),
    "network": say("network", "网络"),
    "observation": say("observation", "观察点"),
    "check": say("check", "检查"),
    "image": say("image", "镜像"),
    "fault": say("fault", "故障"),
}
"""What a reference can be to."""


def check_references(parts: Parts, folder: Path, images: Collection[str] | None, faults: Faults) -> None:
    """Every name in the file is the name of something; `images` are those that hosts may give."""
    declared = {**parts.declared, "observation": _observations(parts, faults), "fault": _wire_faults(parts, faults)}
    if declared.get("network") == frozenset():
        declared["network"] = frozenset({DEFAULT_NETWORK})
    for reference in _all_references(parts):
        if not faults.places.has(reference.path):
            continue  # a default, or a stand-in for a part that is at fault
        if reference.to not in declared and reference.to != "file":
            continue  # what it could be the name of is at fault as a whole
        if reference.to == "file":
            check_named_file(reference.name, folder, reference.path, faults)
        elif reference.name not in declared[reference.to]:
            _unknown(reference, declared[reference.to], faults)
    if images is None:
        return
    for name, host in parts.hosts.items():
        if host.image not in images:
            _unknown(Reference("image", host.image, ("hosts", name, "image")), images, faults)


def _all_references(parts: Parts) -> Iterator[Reference]:
    for name, host in parts.hosts.items():
        yield from references(host, ("hosts", name))
    for name, program in parts.programs.items():
        yield from references(program, ("programs", name))
    for index, step in enumerate(parts.steps):
        if step.model is not None:
            yield from references(step.model, ("steps", index))
    if parts.exercise is not None:
        yield from references(parts.exercise, ("exercise",))
    if parts.head is not None:
        for claim, names in parts.head.claims.items():
            yield from (Reference("check", name, ("claims", claim, i)) for i, name in enumerate(names))
    for name, needs in parts.needs.items():
        yield from (Reference("check", n, ("checks", name, "needs", i)) for i, n in enumerate(needs) if n)
    for name, check in parts.checks.items():
        yield from references(check.params, ("checks", name, check.kind))


def _observations(parts: Parts, faults: Faults) -> frozenset[str]:
    """The observations that steps make; each must have a name of its own."""
    made = ((n, step.model.observe.name) for n, step in enumerate(parts.steps) if isinstance(step.model, ObserveStep))
    return frozenset(_named_by("observe", {END}, made, parts, faults))


def _wire_faults(parts: Parts, faults: Faults) -> frozenset[str]:
    """The faults that steps put on wires; each must have a name of its own."""
    made = ((n, step.model.fault.name) for n, step in enumerate(parts.steps) if isinstance(step.model, FaultStep))
    return frozenset(_named_by("fault", set(), made, parts, faults))


def _named_by(verb: str, found: set[str], made: Iterable[tuple[int, str]], parts: Parts, faults: Faults) -> set[str]:
    """The names in `found` and those that steps of a `verb` give, twice none of them."""
    for index, name in made:
        if name in found:
            faults.at_value(("steps", index, verb, "name"), _twice(verb, name))
        found.add(name)
    for step in parts.steps:
        if step.model is None and isinstance(value := step.value.get(verb), Mapping):
            found.add(str(value.get("name")))
    return found


def _twice(verb: str, name: str) -> Text:
    if verb == "observe":
        return say("there is an observation `{name}` already", "已经有名为 `{name}` 的观察点", name=name)
    return say("there is a fault `{name}` already", "已经有名为 `{name}` 的故障", name=name)


def _unknown(reference: Reference, known: Collection[str], faults: Faults) -> None:
    what = say(
        "no {thing} is called `{name}`",
        "没有名为 `{name}` 的{thing}",
        thing=THINGS[reference.to],
        name=shown(reference.name),
    )
    faults.at_value(reference.path, what + suggestion(reference.name, known))
