"""The `Marks` of a class as a page of its own: no network, no script, both languages, every value escaped.

As on the page of a student, two radio buttons choose the language by style alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lab.graded import Mark
from lab.limits import limit_words
from lab.marks import BUNDLES, CAPTURES, FEEDBACK, Marks
from lab.report.classpage.wording import LABELS
from lab.report.formats.telling import HANDED_IN_NOTHING, problem, text, verdict_words, without_grade
from lab.report.grading import NOT_ON_THE_ROSTER, count_words, fallen, likeness, rerun_words, some
from lab.report.html import TAGS, environment
from lab.report.wording import MARKS, plural
from lab.results import Verdict
from lab.text import Language, Text, same

TEMPLATE = "page.html.j2"
BARS = 11  # of the distribution: tenths of full marks, the last one full marks and more
HEIGHT, BAR = 120, 40  # of the drawing


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the distribution: those with at least `share` of full marks; `height` in units of the drawing."""

    share: Text
    count: int
    height: float


@dataclass(frozen=True, slots=True)
class Row:
    """A student in the table."""

    mark: Mark
    score: str
    verdict: Text
    what: Sequence[Text]
    links: Sequence[tuple[Text, str]]


def page(marks: Marks, language: Language) -> str:
    """The page of `marks`, `language` chosen at first."""
    gradeds = [mark.graded for mark in marks.marks]
    return _ENVIRONMENT.get_template(TEMPLATE).render(
        marks=marks,
        chosen=language,
        tags=TAGS,
        labels=LABELS,
        signs=MARKS,
        rows=[_row(marks, mark) for mark in marks.marks],
        bars=_bars(marks),
        height=HEIGHT,
        step=BAR,
        missed=[(name, count, 100 * count / max(1, len(marks.scored))) for name, count in marks.missed],
        alike=[(likeness(alike), [_named(marks, slug) for slug in alike.slugs]) for alike in marks.alike],
        fallen=[(_named(marks, slug), fallen(was, _named(marks, slug).graded)) for slug, was in marks.before.items()],
        by_roster=[
            (label, some(students))
            for label, students in ((HANDED_IN_NOTHING, marks.nothing), (NOT_ON_THE_ROSTER, marks.strangers))
            if students
        ],
        counts=_counts(marks),
        median=None if marks.median is None else text(marks.median),
        max=text(marks.max),
        images=sorted({item for graded in gradeds for item in graded.images.items()}),
        labs=sorted({graded.lab for graded in gradeds}),
        definitions=sorted({graded.definition for graded in gradeds if graded.definition}),
        when=datetime.fromtimestamp(max(graded.started for graded in gradeds) // 1_000_000_000, UTC).strftime(
            "%Y-%m-%d %H:%M UTC"
        ),
    )


def _counts(marks: Marks) -> list[Text]:
    counts = [
        plural(marks.handed_in, "submission", "submissions", "份提交"),
        *count_words(marks),
    ]
    if marks.errors:
        counts.append(plural(len(marks.errors), "not graded", "not graded", "份未评分"))
    return [*counts, *rerun_words(marks)]


def _row(marks: Marks, mark: Mark) -> Row:
    graded, slug = mark.graded, mark.student.slug
    what = [limit_words(limit) for limit in graded.limits_hit]
    if graded.problem is not None and graded.handed_in and not graded.limits_hit:
        what.append(problem(graded))
    if slug in marks.before:
        what.append(fallen(marks.before[slug], graded))
    failed = [check.id for check in graded.checks if check.verdict is Verdict.FAILED]
    if failed:
        what.append(same(", ".join(failed)))
    links = [(LABELS["feedback"], f"{FEEDBACK}/{slug}.html"), (LABELS["bundle"], f"{BUNDLES}/{slug}.json")]
    if graded.capture is not None:
        links.insert(1, (LABELS["capture"], f"{CAPTURES}/{slug}.pcapng"))
    verdict = verdict_words(graded)
    return Row(mark, "" if without_grade(graded) else text(graded.score), verdict, what, links)


def _bars(marks: Marks) -> list[Bar]:
    counts = [0] * BARS
    for graded in marks.scored:
        share = graded.score / graded.max if graded.max else 0.0
        counts[min(BARS - 1, math.floor(share * (BARS - 1)))] += 1
    most = max(1, *counts)
    shares = [same(f"{100 * n // (BARS - 1)}%") for n in range(BARS)]
    return [Bar(share, count, HEIGHT * count / most) for share, count in zip(shares, counts, strict=True)]


def _named(marks: Marks, slug: str) -> Mark:
    return next(mark for mark in marks.marks if mark.student.slug == slug)


_ENVIRONMENT = environment(Path(__file__).parent)
