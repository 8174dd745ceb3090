"""From handouts to the runs that their figures show, and from the runs to the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import batch
from lab.batch import Done, Job
from lab.errors import InputError, LabError
from lab.handouts.figures import Seen, drawn
from lab.handouts.pages import Handout, Page
from lab.handouts.stable import agree
from lab.interrupts import undisturbed
from lab.report.summary import near
from lab.report.wording import VERDICTS, plural
from lab.results import Verdict
from lab.text import Language, Text, join, same, say

Figures = list[list[list[str]]]
"""The lines of every figure of every page."""
STALE = 1  # the exit code where a page and a run differ, or a run is not what its page says


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a handout, each line with its place or name, and the exit code that this leads to."""

    exit_code: int
    lines: tuple[Text, ...]


def fill(
    handouts: Sequence[Handout],
    complain: Callable[[LabError], None],
    tell: Callable[[Text], None],
    *,
    language: Language,
    compare: bool = False,
) -> int:
    """Run what the figures show and write the pages, or only `compare` them with the runs; the highest exit code.

    A page stays as it is where one of its runs did not end as it should. `complain` or `tell` is called for each
    handout when its runs are over, while others go on.
    """
    jobs = [(handout, _jobs(handout)) for handout in handouts]
    ended: dict[Job, Done] = {}
    codes = [0]

    def finish(handout: Handout, its: Mapping[str | None, Job]) -> None:
        told = _finished(handout, {submission: ended[job] for submission, job in its.items()}, compare=compare)
        codes.append(told.exit_code)
        for line in told.lines:
            if told.exit_code:
                complain(LabError(line))
            else:
                tell(line)

    def ran(done: Done) -> None:
        ended[done.job] = done
        for handout, its in jobs:
            if done.job in its.values() and all(job in ended for job in its.values()):
                finish(handout, its)

    for handout, its in jobs:
        if not its:
            finish(handout, its)
    for own in (False, True):  # the scenario's own run last: it is the one that `latest` is to name
        now = [job for _, its in jobs for job in its.values() if (job.submission is None) is own]
        batch.run(now, batch.most(), ended=ran, language=language)
    return max(codes)


def _jobs(handout: Handout) -> dict[str | None, Job]:
    folder = handout.scenario.folder
    return {name: Job(str(folder), None if name is None else folder / name) for name in handout.submissions}


def _finished(handout: Handout, runs: Mapping[str | None, Done], *, compare: bool) -> Told:
    wrong = [each for submission, done in runs.items() for each in _not_as_meant(submission, done)]
    if wrong:
        stay = () if compare else (say("its pages stay as they are", "讲义保持不变"),)
        lines = tuple(_of(handout, what) for what in (*(what for what, _ in wrong), *stay))
        return Told(max(code for _, code in wrong), lines)
    try:
        figures = _figures(handout, runs)
    except InputError as error:
        return Told(error.exit_code, (error.what,))
    if compare:
        return _compared(handout, figures)
    with undisturbed():  # both pages are of the same runs
        for page, its in zip(handout.pages, figures, strict=True):
            page.file.write_text(page.filled(its), encoding="utf-8")
    return Told(0, (_of(handout, _counted(handout, runs)),))


def _of(handout: Handout, what: Text) -> Text:
    return say("{name}: {what}", "{name}：{what}", name=handout.scenario.name, what=what)


def _not_as_meant(submission: str | None, done: Done) -> list[tuple[Text, int]]:
    """Why a run cannot be shown, if it cannot: the scenario's own must pass, that of another program fail."""
    whose = say("its run", "其运行") if submission is None else same(submission)
    if done.document is None:
        said = done.said.strip().rsplit("\n", 1)[-1] or f"exit {done.exit_code}"
        return [(say("{whose}: {said}", "{whose}：{said}", whose=whose, said=said), done.exit_code)]
    meant = Verdict.PASSED if submission is None else Verdict.FAILED
    if done.verdict is meant:
        return []
    came = VERDICTS[done.verdict]
    if blamed := [same(check["id"]) for check in done.document["checks"] if check["verdict"] in ("failed", "error")]:
        came += say(" ({ids})", "（{ids}）", ids=join(", ", blamed))
    what = say("{whose}: {came}", "{whose}：{came}", whose=whose, came=came)
    should = say(", and it should be {meant}", "，应为{meant}", meant=VERDICTS[meant])
    folder = say("; see {folder}", "；见 {folder}", folder=near(Path(done.document["folder"])))
    return [(what + should + folder, LabError.exit_code if done.verdict is Verdict.ERROR else STALE)]


def _figures(handout: Handout, runs: Mapping[str | None, Done]) -> Figures:
    """The figures of each page. Raises `InputError`, with its place, where a run does not hold what is asked for."""
    seen = {
        submission: Seen(handout.scenario, submission, Path(done.document["folder"]))
        for submission, done in runs.items()
        if done.document is not None
    }
    return [_of_page(page, seen) for page in handout.pages]


def _of_page(page: Page, seen: Mapping[str | None, Seen]) -> list[list[str]]:
    figures = []
    for slot in page.slots:
        try:
            figures.append(drawn(slot.figure, seen[slot.figure.submission], page.language, seen.get(None)))
        except InputError as error:
            raise page.fault(slot.marker, slot.column, error.what) from error
    return figures


def _compared(handout: Handout, figures: Figures) -> Told:
    """Which figures of the pages are not what the runs show."""
    stale = [
        page.fault(slot.marker, slot.column, say("a run shows something else", "运行结果与此图不同")).what
        for page, its in zip(handout.pages, figures, strict=True)
        for slot, figure in zip(page.slots, its, strict=True)
        if not agree(slot.figure, page.shown(slot), figure)
    ]
    if stale:
        return Told(STALE, tuple(stale))
    return Told(0, (_of(handout, say("its pages show what a run shows", "讲义与运行结果一致")),))


def _counted(handout: Handout, runs: Mapping[str | None, Done]) -> Text:
    figures = plural(len(handout.pages[0].slots), "figure", "figures", "幅图")
    counted = plural(len(runs), "run", "runs", "次运行")
    return say("{figures} from {runs}", "{figures}，取自 {runs}", figures=figures, runs=counted)
