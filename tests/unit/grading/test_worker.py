from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine
from marks import check, graded

from lab import batch
from lab.errors import EngineMissing, Interrupted, LabError
from lab.grading.task import Answer, Marked, Task
from lab.grading.worker import Worker, serve
from lab.text import same


def task(slug: str = "zhang", **more: Any) -> Task:
    return Task.model_validate({"exercise": "/no/where", "student": slug, "slug": slug, "files": {}, "seed": 3} | more)


def worker(work: Path, mark: Any, connect: Any = FakeEngine) -> Worker:
    return Worker(work, connect=connect, mark=mark)


def test_each_task_is_answered_on_a_line(tmp_path: Path) -> None:
    def mark(task: Task, engine: object, work: Path) -> Marked:
        assert (type(engine), work) == (FakeEngine, tmp_path)
        return Marked(graded=graded(check(), student=task.student), capture="eA==")

    said = io.BytesIO()
    serve(worker(tmp_path, mark), [task(name).model_dump_json().encode() + b"\n" for name in ("one", "two")], said)
    answers = [Answer.model_validate_json(line) for line in said.getvalue().splitlines()]
    assert [each.marked.graded.student for each in answers if each.marked] == ["one", "two"]
    assert "failed" not in json.loads(said.getvalue().splitlines()[0])


def test_the_engine_stays_from_task_to_task(tmp_path: Path) -> None:
    engines: list[object] = []

    def mark(task: Task, engine: object, work: Path) -> Marked:
        engines.append(engine)
        return Marked(graded=graded())

    asked = worker(tmp_path, mark)
    asked.grade(task())
    asked.grade(task())
    assert engines[0] is engines[1]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (LabError(same("what"), same("do this")), "what: do this"),
        (OSError(28, "No space left"), "[Errno 28] No space left"),
        (UnicodeError("a\x1bb\nc"), r"a fault of the lab itself: UnicodeError: a\x1bb c"),
        (RecursionError(), "a fault of the lab itself: RecursionError"),
    ],
)
def test_what_the_lab_fails_in_is_the_answer(tmp_path: Path, error: Exception, told: str) -> None:
    def mark(*_: object) -> Marked:
        raise error

    answer = worker(tmp_path, mark).grade(task())
    assert answer.marked is None
    assert answer.failed is not None
    assert answer.failed.en == told


def test_a_missing_engine_is_looked_for_again(tmp_path: Path) -> None:
    tries = iter([EngineMissing(same("no engine")), FakeEngine()])

    def connect() -> FakeEngine:
        found = next(tries)
        if isinstance(found, Exception):
            raise found
        return found

    asked = worker(tmp_path, lambda *_: Marked(graded=graded()), connect)
    assert asked.grade(task()).failed is not None
    assert asked.grade(task()).marked is not None


def test_ctrl_c_is_no_answer(tmp_path: Path) -> None:
    def mark(*_: object) -> Marked:
        raise Interrupted(same("interrupted"))

    with pytest.raises(Interrupted):
        worker(tmp_path, mark).grade(task())


CHATTY = """
import os, sys
from lab.grading import marking, worker
from lab.grading.task import Marked
from lab.graded import Graded

def mark(task, engine, work):
    print("said aloud")
    os.write(1, b"and past Python\\n")
    if task.slug == "long":
        import threading
        try:
            print("begun", file=sys.stderr, flush=True)
            threading.Event().wait(60)
        finally:
            print("cleaned up", file=sys.stderr, flush=True)
    return Marked(graded=Graded(exercise="e", title={"en": "", "zh": ""}, student=task.student, submission="", verdict="passed",
                                score=1, max=1, seed=1, lab="", definition="", started=0, seconds=0))

init = worker.Worker.__init__
worker.Worker.__init__ = lambda self, work: init(self, work, connect=lambda: None, mark=mark)
sys.exit(worker.main())
"""


def started(tmp_path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", CHATTY, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=batch.environment(),
    )


def line(slug: str) -> bytes:
    return task(slug).model_dump_json().encode() + b"\n"


def test_nothing_mixes_with_the_answers(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(line("one"))
        process.stdin.flush()
        answer = Answer.model_validate_json(process.stdout.readline())
        out, err = process.communicate(timeout=30)
    assert answer.marked is not None
    assert out == b""
    assert b"said aloud" in err
    assert b"and past Python" in err
    assert b"Traceback" not in err


@pytest.mark.parametrize("how", ["eof", signal.SIGINT, signal.SIGTERM])
def test_it_cleans_up_when_it_is_to_end(tmp_path: Path, how: str | signal.Signals) -> None:
    with started(tmp_path) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(line("long"))
        process.stdin.flush()
        while process.stderr.readline() != b"begun\n":
            pass
        if isinstance(how, signal.Signals):
            os.kill(process.pid, how)
        else:
            process.stdin.close()
        said = process.stderr.read()
        assert process.wait(30) == 130
    assert b"cleaned up" in said
    assert b"Traceback" not in said
