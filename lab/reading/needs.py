"""What checks stand on: no cycles, and no absence without a presence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lab.reading.faults import Faults
from lab.reading.shape import Parts
from lab.text import say


def check_needs(parts: Parts, faults: Faults) -> None:
    """`needs` form no cycle, and what asserts absence stands on something that asserts presence.

    Cycles are told whatever else is at fault in their checks.
    """
    in_cycles: set[str] = set()
    for cycle in _cycles(parts.needs):
        in_cycles.update(cycle)
        ring = " → ".join((*cycle, cycle[0]))
        what = say("a cycle: {ring}", "循环依赖：{ring}", ring=ring)
        index = parts.needs[cycle[0]].index(cycle[1 % len(cycle)])
        faults.at_value(("checks", cycle[0], "needs", index), what)
    for name, is_absent in parts.absent.items():
        if is_absent and name not in in_cycles and not _stands_on_presence(name, parts):
            what = say(
                "asserts absence but needs no check that the exchange took place",
                "断言某事没有发生，却不依赖任何证明交换确实发生过的检查",
            )
            faults.at_key(("checks", name), what)


def _cycles(needs: Mapping[str, tuple[str, ...]]) -> Iterator[list[str]]:
    """The cycles of a graph that a depth-first walk meets; each begins with its first name in the file."""
    order = {name: number for number, name in enumerate(needs)}
    finished: set[str] = set()
    for start in needs:
        way: list[str] = []
        on_way: set[str] = set()
        branches = [iter((start,))]
        while branches:
            name = next(branches[-1], None)
            if name is None:
                branches.pop()
                if way:
                    on_way.discard(way[-1])
                    finished.add(way.pop())
            elif name in on_way:
                cycle = way[way.index(name) :]
                first = cycle.index(min(cycle, key=order.__getitem__))
                yield cycle[first:] + cycle[:first]
            elif name in needs and name not in finished:
                way.append(name)
                on_way.add(name)
                branches.append(iter(needs[name]))


def _stands_on_presence(name: str, parts: Parts) -> bool:
    """Whether `name` needs, directly or through others, a check that an empty run would not pass."""
    seen = {name}
    ahead = list(parts.needs[name])
    while ahead:
        need = ahead.pop()
        if need in seen:
            continue
        if not parts.absent.get(need, False):
            return True  # a check that is at fault itself, or does not exist, has its own line
        seen.add(need)
        ahead.extend(parts.needs[need])
    return False
