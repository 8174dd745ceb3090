"""CSV as spreadsheets and course systems read it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from lab.visible import visible

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a formula begins with; in East Asian settings the full-width forms too."""


def sheet(rows: Iterable[Sequence[str]], *, bom: bool = True, separator: str = ",") -> bytes:
    """`rows` as CSV in UTF-8; by the mark at its beginning (`bom`) spreadsheets know that it is."""
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=separator).writerows(rows)
    return written.getvalue().encode("utf-8-sig" if bom else "utf-8", "replace")


def harmless(text: str) -> str:
    """`text` that comes from students, `visible` and no formula: an apostrophe makes text of what would be one."""
    shown = visible(text)
    return f"'{shown}" if shown.startswith(_FORMULAS) else shown


def as_number(cell: str) -> float | None:
    """The number that a course system wrote into `cell`, with a decimal point or comma; None where it is none."""
    try:
        return float(cell.strip().replace(",", "."))
    except ValueError:
        return None
