"""Several scenarios at once on the terminal: a line for each that ends, what did not pass, and the totals."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import IO, Any, Self

from rich.cells import cell_len
from rich.console import Group
from rich.spinner import Spinner
from rich.text import Text as Line

from lab.batch import Done, Job, verdict_of
from lab.report.layout import console_on, cut, hang, pad, show, wraps
from lab.report.live import LiveLines
from lab.report.summary import LABELS, STYLES
from lab.report.wording import MARKS, VERDICTS, plural, seconds
from lab.results import Verdict
from lab.text import Language, Text, join, say
from lab.visible import visible, visible_lines

GOING_ON = 12  # runs that the live view names
LAST_LINES = 8  # shown of what a run said that had no outcome
NAME_CELLS = 32
SECONDS_CELLS = 6


class BatchReporter:
    """Shows runs on `stream` as they end, the live ones below them on a terminal; `quiet` shows the outcome only.

    It is a context manager: at its end it says what did not pass, and the totals, also after Ctrl-C.
    """

    def __init__(self, language: Language, jobs: Sequence[Job], *, stream: IO[str], quiet: bool = False) -> None:
        self._language = language
        self._jobs = jobs
        self._console = console_on(stream)
        self._quiet = quiet
        self._began = time.monotonic()
        self._running: list[tuple[Job, float]] = []
        self._ended: list[Done] = []
        self._names = min(max((cell_len(job.scenario) for job in jobs), default=0), NAME_CELLS)
        self._verdicts = max(cell_len(word.in_(language)) for word in VERDICTS.values())
        self._spinner = Spinner("dots", style="dim")
        self._live = LiveLines(self._going_on, self._console, wanted=not quiet)

    @property
    def seconds(self) -> float:
        """How long it has gone on."""
        return time.monotonic() - self._began

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        if kind is None or kind is KeyboardInterrupt:
            for line in self._outcome():
                show(self._console, line)

    def began(self, job: Job) -> None:
        """The run of `job` began."""
        self._running.append((job, time.monotonic()))
        self._live.refresh()

    def ended(self, done: Done) -> None:
        """A run came to its end."""
        place = next(n for n, (job, _) in enumerate(self._running) if job is done.job)
        del self._running[place]
        self._ended.append(done)
        if not self._quiet:
            line = self._row(done)
            if wraps(self._console):
                line.truncate(self._console.width, overflow="ellipsis")
            show(self._console, line)

    def _row(self, done: Done) -> Line:
        """`✗ tcp-oneshot   failed    2.3 s   closed, answered`."""
        word = Line(VERDICTS[done.verdict].in_(self._language), style=STYLES[done.verdict])
        line = self._marked(done.verdict).append_text(pad(self._name(done.job), self._names)).append("   ")
        line.append_text(pad(word, self._verdicts)).append(f"{seconds(done.seconds):>{SECONDS_CELLS}}")
        return line.append(say(" s   ", " 秒   ").in_(self._language)).append(self._briefly(done), style="dim")

    def _briefly(self, done: Done) -> str:
        if done.document is None:
            return visible(self._told(done)[-1])
        wrong = [check["id"] for check in done.document["checks"] if check["verdict"] in ("failed", "error")]
        if wrong:
            return visible(", ".join(wrong))
        return plural(len(done.document["checks"]), "check", "checks", "项检查").in_(self._language)

    def _outcome(self) -> Iterator[Line]:
        wrong = [done for done in self._in_order() if done.verdict is not Verdict.PASSED]
        for done in wrong:
            if not (self._quiet and done is wrong[0]):
                yield Line()
            yield self._marked(done.verdict).append_text(self._name(done.job))
            yield from self._said(done) if done.document is None else self._checks(done.document)
        if self._ended and not (self._quiet and not wrong):
            yield Line()
        yield self._totals()

    def _in_order(self) -> list[Done]:
        return sorted(self._ended, key=lambda done: next(n for n, job in enumerate(self._jobs) if job is done.job))

    def _checks(self, document: dict[str, Any]) -> Iterator[Line]:
        labels = max(cell_len(LABELS[key].in_(self._language)) for key in ("expected", "actual"))
        for check in document["checks"]:
            if check["verdict"] not in ("failed", "error"):
                continue
            verdict = Verdict(check["verdict"])
            yield Line("  ").append_text(self._marked(verdict)).append(visible(check["id"]))
            for key in ("expected", "actual"):
                label = pad(Line(LABELS[key].in_(self._language), style="dim"), labels)
                told = Line(visible_lines(check[key])[0], style="red" if key == "actual" else "")
                yield from self._hang(Line(" " * 6).append_text(label).append("  "), told)
        look = say("look", "查看").in_(self._language)
        yield Line("    ").append(look, style="dim").append(f"   make inspect NAME={visible(document['scenario'])}")

    def _said(self, done: Done) -> Iterator[Line]:
        for line in self._told(done)[-LAST_LINES:]:
            yield from self._hang(Line(" " * 4), Line(visible(line)))

    def _told(self, done: Done) -> list[str]:
        """The lines of what a run said that has no document, at least one."""
        said = [line.rstrip() for line in done.said.split("\n") if line.strip()]
        return said or [say("it ended with {n}", "以退出码 {n} 结束", n=done.status).in_(self._language)]

    def _totals(self) -> Line:
        whole = len(self._ended) == len(self._jobs)
        counts = Counter(done.verdict for done in self._ended)
        order = (Verdict.FAILED, Verdict.ERROR, Verdict.SKIPPED, Verdict.PASSED)
        parts = [say("{n} {word}", "{n} 个{word}", n=counts[v], word=VERDICTS[v]) for v in order if counts[v]]
        total = plural(len(self._ended), "scenario", "scenarios", "个场景")
        verdict = verdict_of(self._ended)
        line = Line()
        if not whole:
            line.append(say("interrupted", "已中断").in_(self._language), style=STYLES[Verdict.ERROR])
            total = say("{n} of {all} scenarios", "{all} 个场景中的 {n} 个", n=len(self._ended), all=len(self._jobs))
        else:
            line.append(VERDICTS[verdict].in_(self._language), style=STYLES[verdict])
        if len(parts) > 1 or (parts and not whole):
            total += say(": ", "：") + join(say(", ", "，"), parts)
        spent = say(
            "{wall} s (one after the other {sum} s)",
            "{wall} 秒（逐个运行共 {sum} 秒）",
            wall=seconds(self.seconds),
            sum=seconds(sum(done.seconds for done in self._ended)),
        )
        return line.append("   " + total.in_(self._language) + "   ").append(spent.in_(self._language), style="dim")

    def _going_on(self) -> Group:
        """What runs, and how much is done."""
        told: Text = say("{n} of {all} done", "已完成 {n} / {all}", n=len(self._ended), all=len(self._jobs))
        self._spinner.update(text=Line(told.in_(self._language), style="dim"))
        now, unit = time.monotonic(), say(" s", " 秒").in_(self._language)
        lines = [
            Line("  ").append_text(pad(self._name(job), self._names)).append(f"{now - since:5.0f}" + unit, style="dim")
            for job, since in self._running[:GOING_ON]
        ]
        return Group(*lines, self._spinner)

    def _name(self, job: Job) -> Line:
        return Line(cut(visible(job.scenario), NAME_CELLS))

    def _marked(self, verdict: Verdict) -> Line:
        return Line("  ").append(MARKS[verdict], style=STYLES[verdict]).append(" ")

    def _hang(self, first: Line, body: Line) -> list[Line]:
        return hang(first, body, self._console.width, self._console)
