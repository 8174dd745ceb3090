"""The steps on the wire: a fault is lifted after it was put, and packets are sent where their ends are."""

from __future__ import annotations

from collections.abc import Mapping

from lab.crafting import Inject
from lab.reading.faults import Faults, Path
from lab.reading.shape import Parts
from lab.scenario import DEFAULT_NETWORK
from lab.steps import FaultStep, InjectStep, LiftStep
from lab.text import say


def check_wire(parts: Parts, faults: Faults) -> None:
    """No step lifts a fault that is not there at that moment, or sends packets for hosts of another network."""
    put: set[str] = set()
    lifted: dict[str, int] = {}
    later = {step.model.fault.name for step in parts.steps if isinstance(step.model, FaultStep)}
    for index, step in enumerate(parts.steps):
        path: Path = ("steps", index)
        match step.model:
            case FaultStep(fault=fault):
                put.add(fault.name)
            case LiftStep(lift=name) if name in lifted:
                what = say(
                    "`{name}` was lifted by steps[{n}]", "`{name}` 已被 steps[{n}] 解除", name=name, n=lifted[name] + 1
                )
                faults.at_value((*path, "lift"), what)
            case LiftStep(lift=name) if name in put:
                lifted[name] = index
            case LiftStep(lift=name) if name in later:
                what = say("the fault `{name}` is not there yet at this step", "到这一步还没有故障 `{name}`", name=name)
                faults.at_value((*path, "lift"), what)
            case InjectStep(inject=inject):
                _check_ends(inject, (*path, "inject"), parts, faults)
            case None if isinstance(value := step.value.get("fault"), Mapping):
                put.add(str(value.get("name")))


def _check_ends(inject: Inject, path: Path, parts: Parts, faults: Faults) -> None:
    first = next(iter(parts.networks), DEFAULT_NETWORK)
    network = inject.network or first
    for end, peer in (("from", inject.from_), ("to", inject.to)):
        host = parts.hosts.get(peer.host or "")
        if host is not None and network not in (tuple(host.networks) or (first,)):
            what = say(
                "`{host}` is not on network {network}",
                "`{host}` 不在网络 {network} 上",
                host=peer.host or "",
                network=network,
            )
            faults.at_value((*path, end, "host"), what)
