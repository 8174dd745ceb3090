from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_assess import CHECKS
from test_runner import STEP_LIST, Hello, planned

from lab import batch, record, runner
from lab.assess import assess, save
from lab.batch import Done, Job
from lab.errors import LabError
from lab.handouts import filling
from lab.handouts.pages import FILES, Figure, Handout, Page, Slot
from lab.report import Reporter
from lab.text import Text


class Made:
    """Handouts whose runs are made by a stand-in for the engine, or ended as a test says; and what is told."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.jobs: list[Job] = []
        self.ends: dict[str | None, tuple[int, dict[str, Any] | None, str]] = {}
        self.told: list[Text] = []
        self.complaints: list[Text] = []
        monkeypatch.setattr(batch, "run", self.run)

    def handout(self, name: str, *figures: Figure) -> Handout:
        scenario = planned(*STEP_LIST, **CHECKS).scenario.model_copy(
            update={"name": name, "folder": self.folder / name}
        )
        scenario.folder.mkdir()
        pages = []
        for language, file in FILES.items():
            lines = ["# Hello", *(line for _ in figures for line in ("<!-- figure: -->", "<!-- end -->"))]
            (scenario.folder / file).write_text("\n".join(lines) + "\n")
            slots = [Slot(figure, 1 + 2 * place, 13, 2 + 2 * place) for place, figure in enumerate(figures)]
            pages.append(Page(scenario.folder / file, language, lines, slots))
        return Handout(scenario, pages)

    def run(self, jobs: list[Job], at_once: int, *, ended: Callable[[Done], None], language: str) -> None:
        assert at_once == batch.most()
        assert language == "en"
        self.jobs += jobs
        for job in reversed(jobs):
            submission = None if job.submission is None else job.submission.relative_to(job.name).as_posix()
            status, document, said = self.ends.get(submission, (0, {"verdict": "passed", "checks": []}, ""))
            if document is not None:
                document = document | {"folder": str(self.recorded(job))}
            ended(Done(job, status, document, said, 1.0))

    def recorded(self, job: Job) -> Path:
        folder = self.folder / f"run-{self.jobs.index(job)}"
        if not folder.exists():
            folder.mkdir()
            plan = planned(*STEP_LIST, **CHECKS)
            recorded = runner.run(Hello().engine, plan, folder, Reporter(), time.monotonic())
            record.save(recorded, folder)
            save(assess(plan.scenario, recorded, folder), recorded)
        return folder

    def fill(self, *handouts: Handout, compare: bool = False) -> int:
        def complain(error: LabError) -> None:
            self.complaints.append(error.what)

        return filling.fill(handouts, complain, self.told.append, language="en", compare=compare)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    return Made(tmp_path, monkeypatch)


def texts(handout: Handout) -> list[str]:
    return [page.file.read_text(encoding="utf-8") for page in handout.pages]


def filled(handout: Handout) -> Handout:
    """As it is read once more after it was filled; the figures were put in their places in order."""
    pages = []
    for page in handout.pages:
        lines = page.file.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        markers = [n for n, line in enumerate(lines) if line.startswith("<!-- figure")]
        ends = [n for n, line in enumerate(lines) if line == "<!-- end -->"]
        slots = [Slot(s.figure, m, 13, e) for s, m, e in zip(page.slots, markers, ends, strict=True)]
        pages.append(Page(page.file, page.language, lines, slots))
    return Handout(handout.scenario, pages)


def test_both_pages_are_filled_from_one_run(made: Made) -> None:
    handout = made.handout("hello", Figure("ladder", "alice"), Figure("output", "alice"), Figure("checks"))
    assert made.fill(handout) == 0
    assert made.jobs == [Job(str(made.folder / "hello"))]
    english, chinese = texts(handout)
    for text in (english, chinese):
        assert "len 2   hi" in text
        assert "\n你好\n```\n<!-- end -->" in text
        assert "✓ arrived" in text
    assert "conversation u1" in english
    assert "会话 u1" in chinese
    assert made.told == [Text("hello: 3 figures from 1 run", "hello：3 幅图，取自 1 次运行")]
    assert made.complaints == []


def test_programs_of_the_folders_that_figures_name_are_run_once_each(made: Made) -> None:
    deaf = Figure("checks", submission="broken/deaf")
    handout = made.handout("hello", Figure("checks"), deaf, Figure("table", submission="broken/deaf"))
    made.ends["broken/deaf"] = (1, {"verdict": "failed", "checks": []}, "")
    assert made.fill(handout) == 0
    folder = made.folder / "hello"
    assert made.jobs == [Job(str(folder), folder / "broken" / "deaf"), Job(str(folder))]  # `latest` is its own
    assert made.told[0].en == "hello: 3 figures from 2 runs"


@pytest.mark.parametrize(
    ("submission", "end", "code", "told"),
    [
        (
            None,
            (1, {"verdict": "failed", "checks": [{"id": "closed", "verdict": "failed"}]}, ""),
            1,
            Text(
                "hello: its run: failed (closed), and it should be passed", "hello：其运行：未通过（closed），应为通过"
            ),
        ),
        (
            "broken/deaf",
            (0, {"verdict": "passed", "checks": [{"id": "closed", "verdict": "passed"}]}, ""),
            1,
            Text("hello: broken/deaf: passed, and it should be failed", "hello：broken/deaf：通过，应为未通过"),
        ),
        (
            "broken/deaf",
            (3, {"verdict": "error", "checks": []}, ""),
            3,
            Text("hello: broken/deaf: error, and it should be failed", "hello：broken/deaf：出错，应为未通过"),
        ),
        (None, (3, None, "building\nno engine"), 3, Text("hello: its run: no engine", "hello：其运行：no engine")),
        (None, (2, None, ""), 2, Text("hello: its run: exit 2", "hello：其运行：exit 2")),
    ],
)
def test_a_run_that_does_not_end_as_it_should_changes_no_page(
    made: Made, submission: str | None, end: tuple[int, dict[str, Any] | None, str], code: int, told: Text
) -> None:
    wrong = made.handout("hello", Figure("table"), Figure("table", submission="broken/deaf"))
    sound = made.handout("other", Figure("table"))
    before = texts(wrong)
    made.ends["broken/deaf"] = (1, {"verdict": "failed", "checks": []}, "")
    made.ends[submission] = end
    if submission is None:
        assert made.fill(wrong) == code
    else:
        assert made.fill(wrong, sound) == code
        assert made.told == [Text("other: 1 figure from 1 run", "other：1 幅图，取自 1 次运行")]
    assert texts(wrong) == before
    folder = made.folder / f"run-{0 if submission else len(wrong.submissions) - 1}"
    if end[1] is not None:
        told += Text(f"; see {folder}", f"；见 {folder}")
    stay = Text("hello: its pages stay as they are", "hello：讲义保持不变")
    assert made.complaints == [told, stay]
    made.complaints.clear()
    assert made.fill(wrong, compare=True) == code
    assert stay not in made.complaints


def test_a_conversation_that_the_run_does_not_hold_is_told_with_its_place(made: Made) -> None:
    handout = made.handout("hello", Figure("table"), Figure("ladder", "alice", 2))
    before = texts(handout)
    assert made.fill(handout) == 2
    assert texts(handout) == before
    (told,) = made.complaints
    assert told.en == f"{made.folder}/hello/README.md:4:14: alice takes part in 1 conversation of the run"


def test_a_page_without_figures_needs_no_run(made: Made) -> None:
    handout = made.handout("hello")
    before = texts(handout)
    assert made.fill(handout) == 0
    assert made.jobs == []
    assert texts(handout) == before


def test_pages_are_compared_with_runs_and_not_written(made: Made) -> None:
    handout = made.handout("hello", Figure("output", "alice"), Figure("ladder", "alice"), Figure("checks"))
    made.fill(handout)
    again = filled(handout)
    before = texts(again)
    assert made.fill(again, compare=True) == 0
    assert made.told[-1] == Text("hello: its pages show what a run shows", "hello：讲义与运行结果一致")
    page = again.pages[1]
    page.file.write_text(before[1].replace("\n你好\n", "\n早上好\n").replace("len 2   hi", "len 2   ho"))
    stale = filled(again)
    assert made.fill(stale, compare=True) == 1
    places = [told.en.removeprefix(f"{page.file}:") for told in made.complaints]
    lines = [slot.marker + 1 for slot in stale.pages[1].slots]
    assert places == [f"{line}:14: a run shows something else" for line in lines[:2]]
    assert texts(again)[0] == before[0]


def test_figures_that_were_never_filled_are_stale(made: Made) -> None:
    assert made.fill(made.handout("hello", Figure("checks")), compare=True) == 1
    assert len(made.complaints) == len(FILES)
