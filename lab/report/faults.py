"""Errors as people read them: one line that says what and what to do, or a scenario file's list of faults."""

from __future__ import annotations

from rich.cells import cell_len

from lab.errors import LabError, ScenarioError
from lab.report.visible import one_line
from lab.report.wording import plural
from lab.text import Language, say


def show_error(error: LabError, language: Language) -> str:
    """`error` as plain text without a last line end."""
    if isinstance(error, ScenarioError) and error.faults:
        return _faults(error, language)
    if error.remedy is None:
        return one_line(error.what.in_(language))
    whole = say("{what}: {remedy}", "{what}：{remedy}", what=error.what, remedy=error.remedy)
    return one_line(whole.in_(language))


def _faults(error: ScenarioError, language: Language) -> str:
    rows = [(f"{f.line}:{f.column}", one_line(f.path), one_line(f.what.in_(language))) for f in error.faults]
    places = max(cell_len(place) for place, _, _ in rows)
    paths = max(cell_len(path) for _, path, _ in rows)
    lines = [one_line(str(error.file))]
    for place, path, what in rows:
        columns = (
            place + " " * (places - cell_len(place) + 2) + path + " " * (paths - cell_len(path) + (3 if paths else 0))
        )
        lines.append(f"  {columns}{what}")
    counted = plural(len(rows), "fault", "faults", "处错误")
    lines.append(say("{counted}, nothing was run", "{counted}，什么都没有运行", counted=counted).in_(language))
    return "\n".join(lines)
