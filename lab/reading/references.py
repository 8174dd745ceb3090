"""Names that must be the name of something else in the file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from lab.reading.faults import Faults, shown, suggestion
from lab.reading.fields import Reference, references
from lab.reading.files import check_named_file
from lab.reading.shape import Parts
from lab.record import END
from lab.scenario import DEFAULT_NETWORK, ObserveStep
from lab.text import Text, say

THINGS: Mapping[str, Text] = {
    "host": say("host", "主机"),
    "program": say("program", "程序"),
    "network": say("network", "网络"),
    "observation": say("observation", "观察点"),
    "check": say("check", "检查"),
    "image": say("image", "镜像"),
}
"""What a reference can be to."""


def check_references(parts: Parts, folder: Path, images: Collection[str] | None, faults: Faults) -> None:
    """Every name in the file is the name of something; `images` are those that hosts may give."""
    declared = {**parts.declared, "observation": _observations(parts, faults)}
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
    for name, needs in parts.needs.items():
        yield from (Reference("check", n, ("checks", name, "needs", i)) for i, n in enumerate(needs) if n)
    for name, check in parts.checks.items():
        yield from references(check.params, ("checks", name, check.kind))


def _observations(parts: Parts, faults: Faults) -> frozenset[str]:
    """The observations that steps make; each must have a name of its own."""
    found = {END}
    for index, step in enumerate(parts.steps):
        if isinstance(step.model, ObserveStep):
            name = step.model.observe.name
            if name in found:
                what = say("there is an observation `{name}` already", "已经有名为 `{name}` 的观察点", name=name)
                faults.at_value(("steps", index, "observe", "name"), what)
            found.add(name)
        elif isinstance(observe := step.value.get("observe"), Mapping):
            found.add(str(observe.get("name")))
    return frozenset(found)


def _unknown(reference: Reference, known: Collection[str], faults: Faults) -> None:
    what = say(
        "no {thing} is called `{name}`",
        "没有名为 `{name}` 的{thing}",
        thing=THINGS[reference.to],
        name=shown(reference.name),
    )
    faults.at_value(reference.path, what + suggestion(reference.name, known))
