"""How a program is traced, and what came of it to calls."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Literal

from lab.trace import python, strace
from lab.trace.call import SocketCall

Method = Literal["python", "strace"]
PYTHON = re.compile(r"python3?(\.\d+)?")
VALUED = "cmWX"  # options of python3(1) that take a value, or end its options
DEAF = "EIS"  # those with which it does not look for `sitecustomize`


def method(run: tuple[str, ...]) -> Method:
    """How a command is traced: by a wrapper where it is a Python that loads one, else by strace."""
    if not PYTHON.fullmatch(PurePosixPath(run[0]).name):
        return "strace"
    options = iter(run[1:])
    for option in options:
        if not option.startswith("-") or option.startswith("--") or option == "-":
            break
        letters = re.split(f"[{VALUED}]", option[1:], maxsplit=1)
        if set(letters[0]) & set(DEAF):
            return "strace"
        if len(letters) > 1:
            if option[1 + len(letters[0])] in "cm":
                break
            if not letters[1]:
                next(options, None)
    return "python"


def calls(told: Iterable[tuple[str, Method, bytes]]) -> list[SocketCall]:
    """The calls of programs, each with the method by which it was traced and what came of it, in order of time."""
    found = [call for program, how, data in told for call in _READERS[how](program, data)]
    ordered = sorted(found, key=lambda call: call.started)
    return [call.model_copy(update={"number": number}) for number, call in enumerate(ordered, 1)]


_READERS = {"python": python.calls, "strace": strace.calls}
