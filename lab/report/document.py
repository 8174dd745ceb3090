"""An outcome as JSON: for programs (`--json`), and in both languages as `result.json` of its run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lab.damage import damage
from lab.errors import RecordError
from lab.oserrors import why
from lab.record import StepFacts
from lab.report.visible import visible
from lab.report.wording import PHASES
from lab.results import Outcome, Result
from lab.text import Language, Text, say

FORMAT = 1  # of result.json; raised when a reader of the old one would misread the new one
RESULT_FILE = "result.json"


class _Saved(BaseModel):
    """The content of `result.json`. The capture's path is relative to the run directory."""

    model_config = ConfigDict(frozen=True)

    format: int
    outcome: Outcome


def outcome_document(outcome: Outcome, language: Language, steps: Sequence[StepFacts] = ()) -> dict[str, Any]:
    """The document that `--json` prints, its strings in `language`.

    Keys: scenario, run, verdict, steps, checks, capture (path), packets, dropped, folder, seconds. Each
    check: id, kind, verdict, expected, actual, details, packets (flat, in order), hint (null
    unless it failed), points. Each step: index, verb, outcome, what, actual (null unless it failed).
    """
    return {
        "scenario": outcome.scenario,
        "run": outcome.run,
        "verdict": str(outcome.verdict),
        "steps": [_step(step, language) for step in steps],
        "checks": [_check(result, language) for result in outcome.results],
        "capture": str(outcome.capture),
        "packets": outcome.packets,
        "dropped": outcome.dropped,
        "folder": str(outcome.folder),
        "seconds": {phase: round(outcome.seconds.get(phase, 0.0), 6) for phase in PHASES},
    }


def dumps(document: object) -> str:
    """`document` as JSON that is harmless on a terminal too: what `visible` would escape is escaped as JSON does."""
    lines = json.dumps(document, ensure_ascii=False, indent=2).split("\n")
    return "".join((line if line.isprintable() else "".join(map(_escaped, line))) + "\n" for line in lines)


def save_outcome(outcome: Outcome, folder: Path) -> None:
    """Write `outcome` as `result.json` into its run directory."""
    capture = outcome.capture
    inside = capture.relative_to(folder) if capture.is_relative_to(folder) else capture
    saved = _Saved(format=FORMAT, outcome=replace(outcome, folder=Path(), capture=inside))
    (folder / RESULT_FILE).write_text(saved.model_dump_json(indent=1) + "\n", encoding="utf-8")


def load_outcome(folder: Path) -> Outcome:
    """Read the outcome of a run directory, wherever that lies by now.

    Raises `RecordError` where there is none, or it is damaged, or a newer lab wrote it.
    """
    file = folder / RESULT_FILE
    try:
        saved = _Saved.model_validate_json(file.read_bytes())
    except OSError as error:
        raise RecordError(
            say("{file} cannot be read: {why}", "无法读取 {file}：{why}", file=file, why=why(error))
        ) from error
    except ValidationError as error:
        raise RecordError(
            say("{file} is damaged: {how}", "{file} 已损坏：{how}", file=file, how=damage(error))
        ) from error
    if saved.format > FORMAT:
        raise RecordError(say("{file} was written by a newer lab", "{file} 由更新版本的实验室写成", file=file))
    return replace(saved.outcome, folder=folder, capture=folder / saved.outcome.capture)


def _step(step: StepFacts, language: Language) -> dict[str, Any]:
    return {
        "index": step.index,
        "verb": step.verb,
        "outcome": step.outcome,
        "what": step.what.text.in_(language),
        "actual": None if step.actual is None else step.actual.text.in_(language),
    }


def _check(result: Result, language: Language) -> dict[str, Any]:
    hint: Text | None = result.hint
    return {
        "id": result.id,
        "kind": result.kind,
        "verdict": str(result.verdict),
        "expected": result.expected.in_(language),
        "actual": result.actual.in_(language),
        "details": [detail.in_(language) for detail in result.details],
        "packets": [number for group in result.packets for number in group],
        "hint": None if hint is None else hint.in_(language),
        "points": result.points,
    }


def _escaped(character: str) -> str:
    return character if visible(character) == character else json.dumps(character)[1:-1]
