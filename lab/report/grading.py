"""The grading of a class on the terminal: how far it is, what a teacher should know at once, and the totals."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from rich.cells import cell_len
from rich.text import Text as Line

from lab.errors import LabError
from lab.graded import Graded, Mark
from lab.limits import limit_words
from lab.marks import CAPTURES, FEEDBACK, INDEX, Alike, Marks
from lab.report.formats.telling import HANDED_IN_NOTHING, in_full, problem, text
from lab.report.layout import console_on, hang, show
from lab.report.live import LiveLines
from lab.report.students import named, student_lines
from lab.report.summary import STYLES, graded_lines, near
from lab.report.wording import VERDICTS, plural, seconds
from lab.results import Verdict
from lab.submissions import Student
from lab.text import Language, Text, join, same, say
from lab.visible import one_line, visible

MINUTE = 60
TENTHS = 10  # lines of progress on what is no terminal
NAME_CELLS = 28
MOST_MISSED = 5
SHOWN_GROUPS = 10
SHOWN_NAMES = 20
LISTED = Text(", ", "、")
NOT_ON_THE_ROSTER = say("not on the roster", "不在名单上")


class GradingReporter:
    """Shows the grading of `students` on `stream`; `quiet` shows the outcome only.

    It is a context manager: after Ctrl-C too it says how far it came.
    """

    def __init__(
        self, language: Language, students: Sequence[Student], folder: Path, *, stream: IO[str], quiet: bool = False
    ) -> None:
        self.stream, self.quiet = stream, quiet
        self._language = language
        self._all = len(students)
        self._folder = folder
        self._console = console_on(stream)
        self._done = self._known = 0
        self._at_once = 0
        self._began = time.monotonic()
        self._names = min(max((cell_len(visible(each.name)) for each in students), default=0), NAME_CELLS)
        self._only = one_line(students[0].name) if len(students) == 1 else None
        draw = self._progress if self._only is None else self._goes_on
        self._live = LiveLines(draw, self._console, wanted=not quiet)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        how = None
        if kind is KeyboardInterrupt:
            how = say("interrupted", "已中断")
        elif self._at_once and isinstance(value, LabError):
            how = say("stopped", "已停止")
        if how is not None:
            what = say(
                "{how}   {n} of {all} graded; the same command goes on from here",
                "{how}   已评 {n}/{all}；用同一命令可从此处继续",
                how=how,
                n=self._done,
                all=self._all,
            )
            self._show(Line(what.in_(self._language), style=STYLES[Verdict.ERROR]))

    def reads(self, readings: Iterable[Text]) -> None:
        """How paths were read: each as one submission, or as those of a class."""
        if not self.quiet:
            for reading in readings:
                self._hang(Line("  "), Line(one_line(reading.in_(self._language)), style="dim"))

    def begins(self, at_once: int) -> None:
        """What the journal does not know is graded from now on."""
        self._at_once = at_once
        self._began = time.monotonic()
        self._known = self._done
        if self._known and not self.quiet:
            what = plural(self._known, "submission", "submissions", "份提交")
            self._label(what, say("graded before and unchanged", "此前已评分且没有变化").in_(self._language))
        self._live.start()
        if self._only is not None and not self._live.possible and not self.quiet:
            told = say("grading {name} …", "正在评分：{name} …", name=self._only)
            self._show(Line("  " + told.in_(self._language), style="dim"))

    def warn(self, what: Text) -> None:
        """Something to know, on a line of its own."""
        self._warn(Line(), what)

    def _warn(self, of: Line, what: Text) -> None:
        if not self.quiet:
            first = Line("  ").append("⚠", style="yellow").append(" ").append_text(of)
            self._hang(first, Line(one_line(what.in_(self._language))))

    def will_rerun(self, student: Student, graded: Graded) -> None:
        """The lab could not grade a submission and will try again."""
        self._warn_of(
            student, say("lab error, run again at the end: {why}", "实验室出错，最后重试：{why}", why=problem(graded))
        )

    def lacks_capture(self, student: Student) -> None:
        """The capture of a student who was graded before is gone."""
        self._warn_of(student, say("the capture is gone: graded again", "抓包已不在：重新评分"))

    def graded(self, mark: Mark, before: Graded | None, *, known: bool) -> None:
        """A student is graded; `before` is a higher score that he or she had, `known` that the journal told it."""
        self._done += 1
        graded = mark.graded
        if graded.runs > 1:
            verdict = VERDICTS[graded.verdict]
            self._warn_of(mark.student, say("run again: {verdict}", "重试：{verdict}", verdict=verdict))
        if not known and self._all > 1:
            self._warn_of_limits(mark)
        if before is not None:
            self._warn_of(mark.student, fallen(before, graded))
        if not known and not self._live.possible and self._all > 1 and not self.quiet and self._at_a_tenth():
            self._show(self._progress())

    def finished(self, marks: Marks) -> None:
        """All are graded and everything is written."""
        self._live.stop()
        if len(marks.marks) == 1:
            self._one(marks.marks[0])
        else:
            self._class(marks)

    def _warn_of_limits(self, mark: Mark) -> None:
        if mark.graded.limits_hit:
            what = join(Text("; ", "；"), [limit_words(limit) for limit in mark.graded.limits_hit])
            score = say("{n} points", "{n} 分", n=text(mark.graded.score))
            self._warn_of(mark.student, say("{what}: {score}", "{what}：{score}", what=what, score=score))

    def _warn_of(self, student: Student, what: Text) -> None:
        self._warn(Line(one_line(student.name) + "  "), what)

    def _at_a_tenth(self) -> bool:
        return self._done * TENTHS // self._all > (self._done - 1) * TENTHS // self._all

    def _progress(self) -> Line:
        """`graded 118 of 200   59%   2 at a time   about 1 min left`."""
        parts = [
            say("graded {n} of {all}", "已评 {n}/{all}", n=self._done, all=self._all),
            same(f"{100 * self._done // self._all}%"),
            say("{n} at a time", "同时 {n} 份", n=self._at_once),
        ]
        if (left := self._left()) is not None:
            parts.append(left)
        return Line("  " + join("   ", parts).in_(self._language), style="dim")

    def _goes_on(self) -> Line:
        """`grading dave   12 s`: of the only one."""
        so_far = say(
            "grading {name}   {n} s",
            "正在评分：{name}   {n} 秒",
            name=self._only,
            n=int(time.monotonic() - self._began),
        )
        return Line("  " + so_far.in_(self._language), style="dim")

    def _left(self) -> Text | None:
        """How long it will go on, by the time that each took so far; nothing while that says little."""
        done, rest = self._done - self._known, self._all - self._done
        if done < max(3, self._at_once) or not rest:
            return None
        left = (time.monotonic() - self._began) / done * rest
        if left < MINUTE:
            return say("less than a minute left", "不到 1 分钟")
        return say("about {n} min left", "约剩 {n} 分钟", n=math.ceil(left / MINUTE))

    def _one(self, mark: Mark) -> None:
        graded = mark.graded
        notes = [note.text for note in graded.notes]
        told = problem(graded)  # of a limit that ended it, it tells too
        limits = [limit_words(limit) for limit in graded.limits_hit if not (limit.ended and graded.problem)]
        stalled = [] if graded.stalled is None else [graded.stalled.text]
        for said in (*notes, *stalled, *limits, *([told] if graded.problem else ())):
            self.warn(said)
        if not self.quiet:
            for line in graded_lines([in_full(check) for check in graded.checks], self._language, self._console):
                self._show(line)
            self._beside(mark)
        first = Line(one_line(mark.student.name) + "   ") if self.quiet else Line()
        line = first.append(VERDICTS[graded.verdict].in_(self._language), style=STYLES[graded.verdict]).append("   ")
        if graded.verdict is not Verdict.ERROR:
            score = say("{n} of {max} points", "得分 {n}/{max}", n=text(graded.score), max=text(graded.max))
            line.append(score.in_(self._language)).append("   ")
        line.append(seconds(graded.seconds) + say(" s", " 秒").in_(self._language), style="dim")
        if self.quiet and graded.problem is not None:
            self._hang(line.append("   "), Line(one_line(told.in_(self._language))))
        else:
            self._show(line)

    def _beside(self, mark: Mark) -> None:
        """The clues, and where page and capture are."""
        graded = mark.graded
        for clue in graded.clues:
            place = f"{clue.file}:{clue.line}  " if clue.file and clue.line else ""
            self._label(say("clue", "线索"), place + clue.text.text.in_(self._language))
        for label, folder, suffix in (
            (say("page", "页面"), FEEDBACK, "html"),
            (say("capture", "抓包"), CAPTURES, "pcapng"),
        ):
            if (file := self._folder / folder / f"{mark.student.slug}.{suffix}").is_file():
                self._label(label, near(file.absolute()))

    def _class(self, marks: Marks) -> None:
        if not self.quiet:
            for line in student_lines(marks, self._language, self._names, self._console.width):
                self._show(line)
        for mark in marks.errors:
            self._hang(named(mark, self._names), Line(one_line(problem(mark.graded).in_(self._language))))
        self._show(Line("  " + join("   ", list(_totals(marks))).in_(self._language)))
        if not self.quiet:
            self._remarks(marks)

    def _remarks(self, marks: Marks) -> None:
        """What there is to say of the class besides its totals, and where the results are."""
        missed = [f"{one_line(name)} ({n})" for name, n in marks.missed[:MOST_MISSED]]
        if missed:
            self._label(say("most missed", "最常未通过"), "   ".join(missed))
        for label, students in ((HANDED_IN_NOTHING, marks.nothing), (NOT_ON_THE_ROSTER, marks.strangers)):
            if students:
                self._label(label, some(students).in_(self._language))
        if marks.before:
            self._label(say("lower now", "分数降低"), _names(marks, marks.before, self._language))
        for alike in marks.alike[:SHOWN_GROUPS]:
            self._label(likeness(alike), _names(marks, alike.slugs, self._language))
        if (more := len(marks.alike) - SHOWN_GROUPS) > 0:
            rest = plural(more, "more group on the page", "more groups on the page", "组见页面")
            self._label(say("alike", "相似"), rest.in_(self._language))
        where = os.path.join(near(self._folder.absolute()), "")  # noqa: PTH118 - a folder, as the slash says
        self._label(same(visible(where)), f"{INDEX}   results.csv   {FEEDBACK}/<student>.html")

    def _label(self, label: Text, body: str) -> None:
        first = Line("  ").append(label.in_(self._language), style="dim").append("   ")
        self._hang(first, Line(one_line(body) if "   " not in body else visible(body)))

    def _hang(self, first: Line, body: Line) -> None:
        for line in hang(first, body, self._console.width, self._console):
            self._show(line)

    def _show(self, line: Line) -> None:
        show(self._console, line)


def some(students: Sequence[Student]) -> Text:
    """The first of them, and how many more there are."""
    names = [same(one_line(student.name)) for student in students[:SHOWN_NAMES]]
    if (more := len(students) - SHOWN_NAMES) > 0:
        names.append(say("{n} more", "另外 {n} 人", n=more))
    return join(LISTED, names)


def fallen(before: Graded, now: Graded) -> Text:
    """That a score is lower than it was."""
    return say(
        "lower than before: {now} of {max}, it was {before} of {most}",
        "分数降低：{now}/{max}，此前 {before}/{most}",
        now=text(now.score),
        max=text(now.max),
        before=text(before.score),
        most=text(before.max),
    )


def likeness(alike: Alike) -> Text:
    """How alike: `identical`, `94% alike`."""
    if alike.identical:
        return say("identical", "完全相同")
    return say("{n}% alike", "相似度 {n}%", n=math.floor(alike.similarity * 100))


def _totals(marks: Marks) -> Iterator[Text]:
    yield plural(marks.handed_in, "submission", "submissions", "份提交")
    if marks.median is not None:
        yield say("median {n} of {max}", "中位数 {n}/{max}", n=text(marks.median), max=text(marks.max))
    yield from count_words(marks)
    yield from rerun_words(marks)
    if marks.from_journal:
        yield say("{n} unchanged", "{n} 份无变化", n=marks.from_journal)


def count_words(marks: Marks) -> Iterator[Text]:
    """How many have full marks, and of how many nothing could be run."""
    yield say("{n} with full marks", "满分 {n} 份", n=marks.full)
    if marks.not_started:
        yield say("{n} did not start: file missing", "{n} 份缺少文件，未能运行", n=marks.not_started)


def rerun_words(marks: Marks) -> Iterator[Text]:
    """The errors of the lab: how many, and what became of them when they were run again."""
    if marks.rerun:
        verdicts = [VERDICTS[verdict] for verdict in dict.fromkeys(mark.graded.verdict for mark in marks.rerun)]
        told = plural(len(marks.rerun), "lab error", "lab errors", "次实验室出错")
        yield told + say(", rerun: {how}", "，重试：{how}", how=join(LISTED, verdicts))


def _names(marks: Marks, slugs: Iterable[str], language: Language) -> str:
    names = {mark.student.slug: mark.student.name for mark in marks.marks}
    return LISTED.in_(language).join(one_line(names[slug]) for slug in slugs)
