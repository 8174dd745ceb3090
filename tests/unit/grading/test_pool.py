from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from marks import check, graded

from lab import interrupts
from lab.errors import EngineMissing
from lab.grading import pool
from lab.grading.pool import Pool
from lab.grading.task import Answer, Marked, Task
from lab.text import same

CHILD = """
import json, os, signal, sys, time
from pathlib import Path

answer, folder = Path(sys.argv[1]).read_text(), Path(sys.argv[2])
notes = folder.parent.parent / "notes"
notes.mkdir(exist_ok=True)

def interrupted(number, frame):
    (notes / f"cleaned-{os.getpid()}").touch()
    sys.exit(130)

signal.signal(signal.SIGINT, interrupted)
for line in sys.stdin:
    slug = json.loads(line)["slug"]
    unfinished = notes / f".{slug}"  # who sees the note finds it whole
    unfinished.write_text(f"{os.getpid()} {os.getsid(0)} {folder}")
    unfinished.rename(notes / slug)
    if slug.startswith("killed"):
        os.kill(os.getpid(), signal.SIGKILL)
    if slug.startswith("error"):
        print(json.dumps({"failed": {"en": "error", "zh": "error"}}), flush=True)
        continue
    if slug.startswith("crash"):
        print("a traceback\\nMemoryError", file=sys.stderr)
        sys.exit(1)
    if slug.startswith("mute"):
        os.close(1)
    while slug.startswith("meet") and len(list(notes.glob("meet*"))) < 3:
        time.sleep(0.01)
    if slug.startswith("hang"):
        time.sleep(60)
    if slug.startswith("stubborn"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        (notes / "stubborn-now").touch()
        time.sleep(60)
    print("rubbish" if slug.startswith("rubbish") else answer, flush=True)
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The work folder of a pool whose children are a stand-in that says what it is told by the name of its task."""
    answer = tmp_path / "answer.json"
    answer.write_text(Answer(marked=Marked(graded=graded(check()))).model_dump_json())
    monkeypatch.setattr(pool, "COMMAND", (sys.executable, "-c", CHILD, str(answer)))
    return tmp_path / "work"


def tasks(*slugs: str) -> list[Task]:
    return [Task(exercise="", student=slug, slug=slug, files={}, seed=1) for slug in slugs]


def test_a_pool_asks_for_the_engine_after_some_errors_in_a_row(work: Path) -> None:
    asked: list[bool] = []
    answers = graded_by(work, "error1", "error2", "a", "error3", "error4", at_once=1, engine=lambda: asked.append(True))
    assert (len(answers), asked) == (5, [])
    graded_by(work, "error5", "error6", "error7", "error8", "b", at_once=1, engine=lambda: asked.append(True))
    assert asked == [True]


def test_a_pool_stops_where_the_engine_is_gone(work: Path) -> None:
    def gone() -> None:
        raise EngineMissing(same("no engine answers"))

    with pytest.raises(EngineMissing):
        graded_by(work, "a", "error1", "error2", "error3", "never", at_once=1, engine=gone)
    assert (work.parent / "notes" / "error3").exists()
    assert not (work.parent / "notes" / "never").exists()


def note(work: Path, slug: str) -> list[str]:
    return (work.parent / "notes" / slug).read_text().split()


def graded_by(work: Path, *slugs: str, at_once: int = 2, within: float = 30, **more: Any) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}

    def ended(task: Task, answer: Answer) -> None:
        assert task.slug not in answers
        answers[task.slug] = answer

    with Pool(at_once, work, within, more.pop("sweep", lambda: None), more.pop("engine", lambda: None)) as workers:
        workers.run(tasks(*slugs), ended=ended, **more)
    return answers


def why(answer: Answer) -> str:
    assert answer.failed is not None
    return answer.failed.en


def test_every_task_is_answered_once(work: Path) -> None:
    answers = graded_by(work, "a", "b", "c", "d", "e")
    assert sorted(answers) == ["a", "b", "c", "d", "e"]
    assert all(answer.marked for answer in answers.values())


def test_children_stay_and_have_sessions_and_folders_of_their_own(work: Path) -> None:
    graded_by(work, "a", "b", "c", "d", at_once=1)
    assert len({tuple(note(work, slug)) for slug in "abcd"}) == 1
    pid, session, folder = note(work, "a")
    assert pid == session != str(os.getsid(0))
    assert Path(folder).parent == work
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


@pytest.mark.parametrize(
    ("slug", "told"),
    [
        ("killed", "the worker ended by SIGKILL"),
        ("crash", "the worker ended with 1: MemoryError"),
        ("rubbish", "the worker said what is no answer"),
    ],
)
def test_a_lost_child_costs_its_task_only(work: Path, slug: str, told: str) -> None:
    swept: list[bool] = []
    answers = graded_by(work, "a", slug, "b", "c", at_once=1, sweep=lambda: swept.append(True))
    assert why(answers.pop(slug)) == told
    assert all(answer.marked for answer in answers.values())
    assert swept == [True]
    assert note(work, "a")[0] == note(work, slug)[0] != note(work, "b")[0]
    assert note(work, "a")[2] != note(work, "b")[2]


def test_a_child_that_hangs_is_given_up_and_holds_up_nobody(work: Path) -> None:
    order: list[str] = []
    with Pool(2, work, 5, lambda: None) as workers:
        workers.run(tasks("hang", "a", "b", "c"), ended=lambda task, _: order.append(task.slug))
    assert order[-1] == "hang"
    with pytest.raises(ProcessLookupError):
        os.kill(int(note(work, "hang")[0]), 0)


def test_what_is_said_of_one_that_hangs(work: Path) -> None:
    assert why(graded_by(work, "hang", within=1)["hang"]) == "it was not over after 1 s"


def test_a_large_task_to_a_child_that_does_not_read_is_bounded_too(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "COMMAND", (sys.executable, "-c", "import time; time.sleep(60)"))
    large = Task(exercise="", student="", slug="large", files={"a": "x" * (4 << 20)}, seed=1)
    told: list[Answer] = []
    with Pool(1, work, 1, lambda: None) as workers:
        workers.run([large], ended=lambda _, answer: told.append(answer))
    assert [why(answer) for answer in told] == ["it was not over after 1 s"]


def test_a_child_that_cannot_be_started(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "COMMAND", ("/no/such/program",))
    assert "no worker can be started" in why(graded_by(work, "a")["a"])


@pytest.mark.parametrize(
    ("slugs", "alone", "children"), [(("meet1", "meet2", "meet3", "a", "b"), False, 3), ("abcd", True, 1)]
)
def test_how_many_at_once(work: Path, slugs: Sequence[str], alone: bool, children: int) -> None:
    graded_by(work, *slugs, at_once=3, alone=alone)
    assert len(list(work.iterdir())) == children


@pytest.fixture
def heeding() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in interrupts.SIGNALS}
    interrupts.heed()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def press_once_there(file: Path) -> None:
    def press() -> None:
        clock = threading.Event()
        while not file.exists():
            clock.wait(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()


def test_ctrl_c_has_every_child_clean_up(work: Path, heeding: None) -> None:
    press_once_there(work.parent / "notes" / "hang")
    with pytest.raises(KeyboardInterrupt):
        graded_by(work, "hang", "a", at_once=1)
    pid = note(work, "hang")[0]
    assert (work.parent / "notes" / f"cleaned-{pid}").exists()
    assert not (work.parent / "notes" / "a").exists()


def test_a_child_that_does_not_heed_it_is_killed_and_swept(
    work: Path, heeding: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "CLEANING_UP", 0.5)
    swept: list[bool] = []
    press_once_there(work.parent / "notes" / "stubborn-now")
    with pytest.raises(KeyboardInterrupt):
        graded_by(work, "stubborn", sweep=lambda: swept.append(True))
    assert swept
    with pytest.raises(ProcessLookupError):
        os.kill(int(note(work, "stubborn")[0]), 0)
