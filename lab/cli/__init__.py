"""The verbs of `lab` and their exit codes: 0 passed, 1 a check failed, 2 wrong input, 3 the lab failed, 130 Ctrl-C.

The grading of a class is 0 once all are graded, whatever their marks; that of one submission is that submission's.

docker and scapy are imported only by the verbs that use them, so that `lab --help` is quick.
"""

from __future__ import annotations

import sys

from lab.cli import captures, grading, live, machine, scenarios
from lab.cli.frame import LAB_FAILED, app, complain
from lab.errors import LabError
from lab.places import RUNS
from lab.text import same
from lab.usage import call

__all__ = ["captures", "grading", "live", "machine", "main", "scenarios"]


def main() -> int:
    """Run a verb and turn every way it can end, save an interrupt, into an exit code."""
    try:
        status = call(app)
        sys.stdout.flush()
    except LabError as error:
        complain(error)
        return error.exit_code
    except OSError as error:
        complain(_of_system(error))
        return LAB_FAILED
    return status


def _of_system(error: OSError) -> LabError:
    from lab.runs import remedy_of

    why = error.strerror or str(error)
    return LabError(same(f"{why}: {error.filename or RUNS}"), remedy_of(error))
