"""What the doctor found: a line each, with the remedy where something is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text as Line

from lab.doctor import Finding
from lab.report.layout import Screen, table
from lab.text import Language
from lab.visible import one_line


def findings_lines(findings: Sequence[Finding], language: Language) -> Screen:
    """A line a finding: ✓, ✗ or – (missing, yet no fault), its name, what is there, and what to do about it."""
    return Screen(lambda _: _draw(findings, language))


def _draw(findings: Sequence[Finding], language: Language) -> Iterator[Line]:
    yield from table([_row(finding, language) for finding in findings])


def _row(finding: Finding, language: Language) -> list[Line]:
    sign = Line("✓", style="green")
    if not finding.ok:
        sign = Line("–", style="dim") if finding.optional else Line("✗", style="red")
    told = Line(one_line(finding.found.in_(language)))
    if finding.remedy is not None:
        told.append("   → " + one_line(finding.remedy.in_(language)), style="bold")
    return [sign, Line(finding.name.in_(language)), told]
