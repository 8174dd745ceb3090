from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lab import batch
from lab.batch import Done, Job
from tests.soak import __main__ as soak

Answer = Callable[[int, Job], dict[str, str] | None]


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], None]:
    """Make runs of what a function says of the number of the run: the verdicts of its checks."""
    monkeypatch.setenv("LAB_RUNS", str(tmp_path))

    def use(answer: Answer) -> None:
        number = 0

        def run(jobs: Sequence[Job], at_once: int, *, language: str) -> list[Done]:
            nonlocal number
            number += 1
            return [done(job, answer(number, job), tmp_path / f"{job.name}-{number}") for job in jobs]

        monkeypatch.setattr(batch, "run", run)

    return use


def done(job: Job, checks: dict[str, str] | None, folder: Path) -> Done:
    if checks is None:
        return Done(job, 3, None, "no container engine answers", 1.0)
    folder.mkdir()
    whole = next((verdict for verdict in ("error", "failed") if verdict in checks.values()), "passed")
    document = {"verdict": whole, "folder": str(folder)}
    document["checks"] = [{"id": name, "verdict": verdict} for name, verdict in checks.items()]  # type: ignore[assignment]
    return Done(job, 0, document, "", 1.0)


JOBS = [Job("one"), Job("two")]
GOOD = {"a": "passed", "b": "passed"}


def test_all_the_same(answers: Callable[[Answer], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers(lambda _number, _job: GOOD)
    assert soak.soak(JOBS, ["idle", "loaded"], 3, 2) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [[c, "run", str(n)] for c in ("idle", "loaded") for n in (1, 2, 3)]
    assert all(line.endswith("same") for line in lines)
    assert list(tmp_path.iterdir()) == []
    assert soak.told(6, 2, 0) == "passed   6 runs of 2 scenarios: every verdict the same"


def test_a_verdict_that_differs_is_told_and_its_run_kept(
    answers: Callable[[Answer], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(lambda number, job: {"a": "passed", "b": "failed"} if (number, job.name) == (2, "two") else GOOD)
    assert soak.soak(JOBS, ["idle"], 3, 2) == 1
    kept = tmp_path / "two-2"
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines if line.startswith("idle")] == ["same", "differs", "same"]
    assert lines[2] == f"        two: run passed -> failed, b passed -> failed   {kept}"
    assert list(tmp_path.iterdir()) == [kept]


def test_what_never_passes_is_a_deviation_too(
    answers: Callable[[Answer], None], capsys: pytest.CaptureFixture[str]
) -> None:
    answers(lambda _number, job: {"a": "failed"} if job.name == "two" else GOOD)
    assert soak.soak(JOBS, ["idle"], 2, 2) == 2
    assert "two: failed   " in capsys.readouterr().out


def test_a_run_without_a_document(answers: Callable[[Answer], None], capsys: pytest.CaptureFixture[str]) -> None:
    answers(lambda number, _: None if number == 2 else GOOD)
    assert soak.soak(JOBS[:1], ["idle"], 2, 2) == 1
    told = "one: run passed -> error, a passed -> missing, b passed -> missing   no container engine answers"
    assert told in capsys.readouterr().out


def test_busy_is_a_process_a_core_as_long_as_it_lasts() -> None:
    def spinning() -> set[str]:
        files = Path(f"/proc/{os.getpid()}/task").glob("*/children")
        return {pid for file in files for pid in file.read_text().split()}

    before = spinning()
    with soak.busy(2):
        assert len(spinning() - before) == 2
    assert spinning() <= before


def test_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["soak", "--only", "neither"])
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with pytest.raises(SystemExit):
        soak.main()
