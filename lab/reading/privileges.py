"""What programs may be given: nothing where they are graded."""

from __future__ import annotations

from lab.reading.faults import Faults
from lab.reading.shape import Parts
from lab.text import say


def check_privileges(parts: Parts, faults: Faults) -> None:
    """No program of an exercise has a capability: what was handed in may run on its host, or be told by it."""
    if parts.exercise is None:
        return
    for name, program in parts.programs.items():
        if program.capabilities:
            what = say(
                "in an exercise no program has `capabilities`: submissions run without any privilege",
                "练习中的程序不能有 `capabilities`：提交的程序运行时没有任何特权",
            )
            faults.at_key(("programs", name, "capabilities"), what)
