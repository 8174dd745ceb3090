"""Programs that print or send what a reader of the scenario file would expect earn no more than the starter.

They are graded with a seed, which chooses other values than those that they memorised.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.engine import Engine
from lab.grading.marking import mark
from lab.grading.task import Task
from lab.places import SCENARIOS
from lab.results import Verdict
from lab.submissions import Student, Submission
from tests.attacks.building import HERE

CHEATS = HERE / "cheats"
SEED = 7  # any but 0
STARTER = {  # what the starter passes too: a starter is not run for it, it costs up to two minutes
    "tcp-bye": {"connected"},
    "tcp-half-duplex-four": {"sender-port", "sender-closed", "receiver-port"},
    "tcp-hello": {"connected", "every-address"},
    "tcp-multiclient": {"connected"},
    "tcp-oneshot": {"client-connected", "server-connected"},
}
REALLY_DONE = {  # besides, and earned
    "tcp-half-duplex-four": {"receiver-closed", "receiving-server-closed"},
    "tcp-hello": {"greeted", "end-closes", "ctrl-c"},
    "tcp-oneshot": {"client-asked", "client-half-closed"},
    "try-each-address": {"asked", "stream"},
    "udp-hello": {"one-datagram-each", "drawn-port", "every-address", "own-answers", "one-answer-each"},
}


def passed(folder: Path, exercise: str, engine: Engine, work: Path) -> set[str]:
    files = {path.name: path.read_bytes() for path in folder.glob("*.py")}
    task = Task.of(Submission(Student("张三", "zhang"), files), str(SCENARIOS / exercise / "scenario.yaml"), SEED)
    graded = mark(task, engine, work).graded
    assert graded.verdict is Verdict.FAILED
    return {check.id for check in graded.checks if check.verdict is Verdict.PASSED}


@pytest.mark.timeout(300, func_only=True)
@pytest.mark.parametrize("exercise", sorted(path.name for path in CHEATS.iterdir()))
def test_printing_what_is_expected_earns_no_more_than_the_starter(
    exercise: str, engine: Engine, tmp_path: Path
) -> None:
    cheat = passed(CHEATS / exercise, exercise, engine, tmp_path)
    assert cheat <= STARTER.get(exercise, set()) | REALLY_DONE.get(exercise, set())
