"""A `Graded` as a page of its own: no network, no script, both languages, every value escaped.

The two languages stand side by side in the page and two radio buttons choose between them by style alone; what
is not chosen is hidden from screen readers and from the printer too. Of hidden checks no more than id, verdict and
points is told.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from markupsafe import Markup
from rich.cells import cell_len

from lab.graded import Graded
from lab.limits import limit_words
from lab.report.feedback.wording import LABELS, told
from lab.report.formats.telling import verdict_words, without_grade
from lab.report.html import TAGS, environment
from lab.report.wording import MARKS, VERDICTS, packet_groups
from lab.results import Verdict
from lab.text import Language, Text
from lab.visible import visible, visible_lines

TEMPLATE = "page.html.j2"
ARROWS = "▶◀⋮…"


def page(graded: Graded, language: Language, capture: str | None) -> str:
    """The page of `graded`, `language` chosen at first; `capture` is the link to the capture, if there is one."""
    return _ENVIRONMENT.get_template(TEMPLATE).render(
        graded=graded,
        chosen=language,
        tags=TAGS,
        labels=LABELS,
        told=told(graded),
        verdict=verdict_words(graded),
        marks=MARKS,
        verdicts=VERDICTS,
        is_error=graded.verdict is Verdict.ERROR,
        without_grade=without_grade(graded),
        limits=[limit_words(limit) for limit in graded.limits_hit],
        capture=capture,
        capture_name=None if capture is None else PurePosixPath(capture).name,
        when=datetime.fromtimestamp(graded.started // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _columns(text: str) -> Markup:
    """Lines whose columns stay straight in any font: a wide character is as wide as two others, an arrow as one."""
    return Markup("\n").join(_straight(line) for line in visible_lines(text))


def _straight(line: str) -> Markup:
    wide = ((c, cell_len(c)) for c in line)
    return Markup("").join(
        Markup("<i>{}</i>").format(c) if cells > 1 else Markup('<i class="one">{}</i>').format(c) if c in ARROWS else c
        for c, cells in wide
    )


def _packets(groups: tuple[tuple[int, ...], ...]) -> Text | None:
    return packet_groups(groups)


def _points(value: float) -> str:
    return f"{value:g}"


_ENVIRONMENT = environment(Path(__file__).parent)
_ENVIRONMENT.filters.update(visible=visible, columns=_columns, packets=_packets, points=_points)
