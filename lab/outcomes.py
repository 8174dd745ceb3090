"""Outcomes saved in both languages, as `result.json` of their runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from lab import saved
from lab.results import Outcome
from lab.text import say

FORMAT = 1  # of result.json; raised when a reader of the old one would misread the new one
RESULT_FILE = "result.json"


class _Saved(BaseModel):
    """The content of `result.json`. The capture's path is relative to the run directory."""

    model_config = ConfigDict(frozen=True)

    format: int
    outcome: Outcome


def save_outcome(outcome: Outcome, folder: Path) -> None:
    """Write `outcome` as `result.json` into its run directory."""
    capture = outcome.capture
    inside = capture.relative_to(folder) if capture.is_relative_to(folder) else capture
    saved.write(_Saved(format=FORMAT, outcome=replace(outcome, folder=Path(), capture=inside)), folder / RESULT_FILE)


def load_outcome(folder: Path) -> Outcome:
    """Read the outcome of a run directory, wherever that lies by now. Raises `RecordError` as `saved.read` does."""
    file = folder / RESULT_FILE
    unread = say("{file} cannot be read", "无法读取 {file}", file=file)
    outcome = saved.read(file, _Saved, FORMAT, unread).outcome
    return replace(outcome, folder=folder, capture=folder / outcome.capture)
