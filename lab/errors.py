"""What can go wrong, by whose fault, and the exit code it leads to.

::

    LabError                 3   the lab or its engine could not do its part
    ├── EngineError          3   the container engine refused, failed or went away
    │   └── EngineMissing    3   no engine answers at all
    ├── ImageError           3   an image could not be built
    ├── CaptureError         3   the capture cannot be proved to be whole
    ├── Interrupted        130   Ctrl-C
    └── InputError           2   the scenario, the file or the call is wrong
        ├── ScenarioError    2   a scenario file with its list of faults
        ├── RecordError      2   a run directory that is damaged or is not one
        └── CaptureFileError 2   a file that is not a capture, or is damaged at its head

What the programs under test do is never an exception: it is data in the `Record`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.text import Text, say


class LabError(Exception):
    """The lab cannot go on. One line says what (`what`), one what to do about it (`remedy`)."""

    exit_code = 3

    def __init__(self, what: Text, remedy: Text | None = None) -> None:
        super().__init__(str(what) if remedy is None else f"{what}: {remedy}")
        self.what = what
        self.remedy = remedy

    @property
    def whole(self) -> Text:
        """What is wrong and, where that is known, what to do about it."""
        if self.remedy is None:
            return self.what
        return say("{what}: {remedy}", "{what}：{remedy}", what=self.what, remedy=self.remedy)


class EngineError(LabError):
    """The container engine refused a request, failed at it, or went away."""


class EngineMissing(EngineError):
    """No container engine answers."""


class ImageError(LabError):
    """An image could not be built."""


class CaptureError(LabError):
    """The capture could not be started, ended, or proved to be whole."""


class Interrupted(LabError):
    """The user pressed Ctrl-C."""

    exit_code = 130


class InputError(LabError):
    """The scenario, a file, or the call itself is wrong; nothing was run."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a scenario file. `line` and `column` count from 1; `path` is like `steps[3].wait`."""

    line: int
    column: int
    path: str
    what: Text


class ScenarioError(InputError):
    """A scenario file with faults, all of them, in the order of the file."""

    def __init__(self, what: Text, file: Path, faults: tuple[Fault, ...]) -> None:
        super().__init__(what)
        self.file = file
        self.faults = faults


class RecordError(InputError):
    """A run directory that is damaged, or is not one."""


class CaptureFileError(InputError):
    """A file that is not a capture, or is damaged before its first packet."""
