from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_runner import STEP_LIST, Hello, planned

from lab import record, runner, runs, seen
from lab.assess import JUNIT_FILE, assess, save
from lab.errors import CaptureFileError
from lab.outcomes import RESULT_FILE
from lab.report import Reporter
from lab.report.summary import PAGE_FILE
from lab.results import Outcome, Verdict

CHECKS: dict[str, Any] = {"arrived": ("udp.datagrams", {"to": {"host": "server", "port": 53}, "count": 1})}


class Run:
    """A run of the datagram that says hi, assessed by what has to have arrived."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hello = Hello()
        self.plan = planned(*STEP_LIST, **CHECKS)

    def recorded(self) -> record.Record:
        return runner.run(self.hello.engine, self.plan, self.folder, Reporter(), time.monotonic())

    def assessed(self) -> Outcome:
        outcome = assess(self.plan.scenario, self.recorded(), self.folder)
        save(outcome, self.recorded())
        return outcome


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with runs.new_folder(tmp_path, "udp") as folder:
        yield Run(folder)


def test_a_run_is_assessed_and_its_outcome_saved(run: Run) -> None:
    outcome = run.assessed()
    assert outcome.verdict is Verdict.PASSED, outcome.results
    assert (outcome.scenario, outcome.run, outcome.packets, outcome.dropped) == ("udp", run.folder.name, 3, 0)
    assert [*outcome.seconds] == ["setup", "exchange", "checks", "cleanup"]
    assert {RESULT_FILE, JUNIT_FILE, PAGE_FILE, "capture.pcapng", record.RECORD_FILE} <= {
        p.name for p in run.folder.iterdir()
    }


def test_what_did_not_happen_fails_its_check(run: Run) -> None:
    run.hello.engine.behaviours = {"server": run.hello.server, "alice": lambda program: program.ends()}
    assert run.assessed().verdict is Verdict.FAILED


@pytest.mark.parametrize(("dropped", "lost"), [(0, 0), (2, 2)])
def test_frames_that_the_kernel_dropped_are_counted(run: Run, dropped: int, lost: int) -> None:
    run.hello.engine.tap.dropped = dropped
    assert run.assessed().dropped == lost


def test_a_run_is_assessed_again_from_what_it_saved(run: Run) -> None:
    first = run.assessed()
    again = assess(run.plan.scenario, record.load(run.folder), run.folder)
    assert (again.verdict, again.results) == (first.verdict, first.results)


def test_what_of_the_capture_can_be_read_is_told(run: Run) -> None:
    recorded = run.recorded()
    file = run.folder / recorded.capture.file
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    outcome = assess(run.plan.scenario, recorded, run.folder)
    assert outcome.packets + outcome.unread == recorded.capture.packets == 3
    assert outcome.unread
    assert outcome.damage is not None


def test_programs_whose_output_is_cut_are_told(run: Run) -> None:
    recorded = run.recorded()
    alice = {"alice": recorded.programs["alice"].model_copy(update={"output_cut": True})}
    cut = recorded.model_copy(update={"programs": recorded.programs | alice})
    assert assess(run.plan.scenario, cut, run.folder).cut == ("alice",)
    assert assess(run.plan.scenario, recorded, run.folder).cut == ()


@pytest.mark.parametrize("content", [None, b"", b"not a capture"])
def test_a_run_without_its_capture(run: Run, content: bytes | None) -> None:
    recorded = run.recorded()
    file = run.folder / recorded.capture.file
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CaptureFileError):
        assess(run.plan.scenario, recorded, run.folder)


def test_of_a_huge_capture_the_page_has_the_conversations_only(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "WHOLE", 10)
    run.assessed()
    page = (run.folder / PAGE_FILE).read_text("utf-8")
    assert 'id="cu1"' in page
    assert "1 packet is not drawn; make inspect NAME=udp" in page


def test_the_page_begins_in_the_language_of_the_run(run: Run) -> None:
    outcome = run.assessed()
    save(outcome, run.recorded(), "zh")
    assert '<html lang="zh-CN">' in (run.folder / PAGE_FILE).read_text("utf-8")
