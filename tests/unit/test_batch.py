from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import batch, interrupts
from lab.batch import Done, Job
from lab.errors import ScenarioError
from lab.results import Verdict
from lab.scenario import Host, Scenario
from lab.text import same
from lab.values import Words

CHILD = """
import json, os, signal, sys, time
from pathlib import Path

folder, name = Path(sys.argv[1]), sys.argv[-1]
(folder / f"{name}.began").write_text(json.dumps({"options": sys.argv[2:-2], "session": os.getsid(0), "pid": os.getpid()}))

def interrupted(number, frame):
    (folder / f"{name}.cleaned").touch()
    sys.exit(130)

def until(test):
    deadline = time.monotonic() + 20
    while not test() and time.monotonic() < deadline:
        time.sleep(0.005)

signal.signal(signal.SIGINT, interrupted)
(folder / f"{name}.heeds").touch()
verdict = {"failing": "failed", "erring": "error"}.get(name, "passed")
if name == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if name == "faulty":
    print("x" * 9000 + "\\n1 fault, nothing was run", file=sys.stderr)
    sys.exit(2)
if name == "talking":
    print("no document at all")
    sys.exit(0)
if name.startswith("waiting"):
    until(lambda: False)
if name.startswith("pair"):
    until(lambda: len(list(folder.glob("pair*.heeds"))) == 2)
json.dump({"scenario": name, "verdict": verdict, "checks": []}, sys.stdout)
sys.exit({"passed": 0, "failed": 1, "error": 3}[verdict])
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in for the command says what it was given and what it did."""
    monkeypatch.setattr(batch, "COMMAND", (sys.executable, "-c", CHILD, str(tmp_path)))
    return tmp_path


@pytest.fixture
def heeding() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in interrupts.SIGNALS}
    interrupts.heed()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def began(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.began").read_text())


def test_every_job_is_run_and_told_in_the_order_of_the_jobs(folder: Path) -> None:
    told: list[Done] = []
    names = ["failing", "one", "erring", "two"]
    done = batch.run([Job(name) for name in names], 2, ended=told.append)
    assert [each.job.name for each in done] == names
    assert [each.verdict for each in done] == ["failed", "passed", "error", "passed"]
    assert [each.exit_code for each in done] == [1, 0, 3, 0]
    assert [each.document["scenario"] for each in done if each.document] == names
    assert sorted(told, key=lambda each: names.index(each.job.name)) == done
    assert all(0 < each.seconds < 20 for each in done)


def test_nothing_to_run() -> None:
    assert batch.run([], 3) == []


def test_two_at_once(folder: Path) -> None:
    """Each of them ends only once the other has begun."""
    done = batch.run([Job("pair-1"), Job("pair-2")], 2)
    assert [each.verdict for each in done] == ["passed", "passed"]


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_no_more_at_once_than_asked_for(folder: Path, at_once: int) -> None:
    running = most = 0

    def count(change: int) -> None:
        nonlocal running, most
        running += change
        most = max(most, running)

    batch.run([Job(f"n{n}") for n in range(6)], at_once, began=lambda _: count(1), ended=lambda _: count(-1))
    assert (running, most) == (0, at_once)


def test_the_longest_are_begun_first(folder: Path) -> None:
    order: list[str] = []
    expected = {"short": 1.0, "long": 5.0, "middle": 2.0, "middle-too": 2.0, "new": float("inf")}
    jobs = [Job(f"there/{name}") for name in expected]
    done = batch.run(jobs, 1, began=lambda job: order.append(job.scenario), expected=expected.__getitem__)
    assert order == ["new", "long", "middle", "middle-too", "short"]
    assert [each.job for each in done] == jobs


def test_what_a_child_is_given(folder: Path) -> None:
    batch.run([Job("plain")], 1)
    batch.run([Job("handed-in", Path("my folder"))], 1, language="zh")
    batch.run([Job("seeded", seed=7)], 1)
    batch.run([Job("traced", trace=True)], 1)
    assert began(folder, "traced")["options"] == ["--trace"]
    assert began(folder, "plain")["options"] == []
    assert began(folder, "seeded")["options"] == ["--seed", "7"]
    assert began(folder, "handed-in")["options"] == ["--lang", "zh", "--submission", "my folder"]
    assert began(folder, "plain")["session"] == began(folder, "plain")["pid"] != os.getsid(0)


def test_children_without_a_document(folder: Path) -> None:
    faulty, killed, talking = batch.run([Job("faulty"), Job("killed"), Job("talking")], 3)
    assert [each.document for each in (faulty, killed, talking)] == [None] * 3
    assert [each.verdict for each in (faulty, killed, talking)] == [Verdict.ERROR] * 3
    assert [each.exit_code for each in (faulty, killed, talking)] == [2, 3, 3]
    assert killed.status == -signal.SIGKILL
    assert faulty.said.endswith("x\n1 fault, nothing was run")
    assert len(faulty.said) == batch.SAID


def test_a_child_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "COMMAND", ("/no/such/program",))
    (done,) = batch.run([Job("one")], 1)
    assert (done.verdict, done.exit_code) == ("error", 3)
    assert "/no/such/program" in done.said


@pytest.mark.parametrize("number", interrupts.SIGNALS)
def test_ctrl_c_interrupts_every_child_and_waits_for_it(folder: Path, heeding: None, number: signal.Signals) -> None:
    def press() -> None:
        clock = threading.Event()
        while len(list(folder.glob("*.heeds"))) < 2:
            clock.wait(0.005)
        os.kill(os.getpid(), number)

    presses = threading.Thread(target=press)
    presses.start()
    told: list[Done] = []
    with pytest.raises(KeyboardInterrupt):
        batch.run([Job(f"waiting-{n}") for n in range(5)], 2, ended=told.append)
    presses.join()
    assert {file.name for file in folder.glob("*.cleaned")} == {"waiting-0.cleaned", "waiting-1.cleaned"}
    assert len(list(folder.glob("*.began"))) == 2
    assert told == []


def test_a_child_that_was_about_to_begin_when_it_was_stopped(folder: Path) -> None:
    children = batch._Children(())
    children.stop()
    before = set(threading.enumerate())
    children.start(0, Job("late"))
    for thread in set(threading.enumerate()) - before:
        thread.join()
    assert not (folder / "late.began").exists()


def test_a_report_that_fails_leaves_no_child(folder: Path) -> None:
    def fail(done: Done) -> None:
        until = threading.Event()
        while not (folder / "waiting.heeds").exists():
            until.wait(0.005)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        batch.run([Job("one"), Job("waiting")], 2, ended=fail)
    assert (folder / "waiting.cleaned").exists()


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("tcp-hello", "tcp-hello"),
        ("a/mine/", "mine"),
        ("a/mine/scenario.yaml", "mine"),
        ("scenario.yaml", Path.cwd().name),
        (".", Path.cwd().name),
    ],
)
def test_the_scenario_of_a_job(given: str, name: str) -> None:
    assert Job(given).scenario == name


def made(name: str, verdict: str | None, status: int = 0) -> Done:
    document = None if verdict is None else {"scenario": name, "verdict": verdict, "checks": []}
    return Done(Job(name), status, document, "it said so", 1.5)


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ([], "passed"),
        (["passed", "passed"], "passed"),
        (["passed", "failed"], "failed"),
        (["failed", "error", "passed"], "error"),
        (["passed", None, "failed"], "error"),
        (["passed", "skipped"], "failed"),
    ],
)
def test_the_verdict_of_all(verdicts: list[str | None], whole: str) -> None:
    done = [made("one", verdict) for verdict in verdicts]
    assert batch.verdict_of(done) == whole
    assert batch.document(done, 2.0)["verdict"] == whole


def test_the_document_holds_those_of_the_runs() -> None:
    passed, faulty = made("one", "passed"), made("a/two", None, 2)
    document = batch.document([passed, faulty], 1.23456789)
    assert document["seconds"] == 1.234568
    assert document["scenarios"] == [
        passed.document,
        {"scenario": "two", "verdict": "error", "exit_code": 2, "said": "it said so"},
    ]


@pytest.mark.parametrize(("cores", "memory", "most"), [(2, 64, 4), (64, 1, 4), (1, 0.1, 1), (8, None, 16)])
def test_how_many_at_once(monkeypatch: pytest.MonkeyPatch, cores: int, memory: float | None, most: int) -> None:
    def sysconf(name: str) -> int:
        if memory is None:
            raise ValueError
        return {"SC_PHYS_PAGES": int(memory * (1 << 18)), "SC_PAGE_SIZE": 1 << 12}[name]

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.setattr(os, "sysconf", sysconf)
    assert batch.most() == most


def test_the_images_that_runs_need() -> None:
    faulty = ScenarioError(same("broken"), Path("x/scenario.yaml"), ())
    hosts = {"a": Host(), "b": Host(image="router")}
    sound = Scenario(
        name="x",
        folder=Path("x"),
        title=Words(en="x", zh="x"),
        networks={},
        hosts=hosts,
        programs={},
        steps=(),
        checks={},
    )
    assert batch.images_of([sound, faulty]) == ["host", "router", "tap"]
    assert batch.images_of([]) == ["tap"]
