"""An outcome as JSON for programs (`--json`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lab.grade import rounded
from lab.record import StepFacts
from lab.report.judged import Judged
from lab.report.wording import PHASES
from lab.results import Outcome
from lab.text import Language
from lab.visible import visible


def outcome_document(outcome: Outcome, language: Language, steps: Sequence[StepFacts] = ()) -> dict[str, Any]:
    """The document that `--json` prints, its strings in `language`.

    Keys: scenario, run, seed, verdict, steps, checks, limits_hit, capture (path), packets, dropped, folder,
    seconds. Each check: id, kind, verdict, expected, actual, details, packets (flat, in order), hint (null
    unless it failed), points, earned, bonus, hidden. Each step: index, verb, outcome, what, actual (null
    unless it failed).
    """
    return {
        "scenario": outcome.scenario,
        "run": outcome.run,
        "seed": outcome.seed,
        "verdict": str(outcome.verdict),
        "steps": [_step(step, language) for step in steps],
        "checks": [check_document(result, language) for result in outcome.results],
        "limits_hit": [limit.model_dump(exclude={"time"}) for limit in outcome.limits],
        "capture": str(outcome.capture),
        "packets": outcome.packets,
        "dropped": outcome.dropped,
        "folder": str(outcome.folder),
        "seconds": {phase: round(outcome.seconds.get(phase, 0.0), 6) for phase in PHASES},
    }


def dumps(document: object) -> str:
    """`document` as JSON that is `harmless` on a terminal too."""
    lines = json.dumps(document, ensure_ascii=False, indent=2).split("\n")
    return "".join(harmless(line) + "\n" for line in lines)


def harmless(line: str) -> str:
    """A line of JSON in which what `visible` would escape is escaped as JSON does."""
    return line if line.isprintable() else "".join(map(_escaped, line))


def check_document(result: Judged, language: Language) -> dict[str, Any]:
    """A check in the document, its strings in `language`."""
    hint = result.hint
    return {
        "id": result.id,
        "kind": result.kind,
        "verdict": str(result.verdict),
        "expected": result.expected.in_(language),
        "actual": result.actual.in_(language),
        "details": [detail.in_(language) for detail in result.details],
        "packets": [number for group in result.packets for number in group],
        "hint": None if hint is None else hint.in_(language),
        "points": rounded(result.points),
        "earned": rounded(result.earned),
        "bonus": result.bonus,
        "hidden": result.hidden,
    }


def _step(step: StepFacts, language: Language) -> dict[str, Any]:
    return {
        "index": step.index,
        "verb": step.verb,
        "outcome": step.outcome,
        "what": step.what.text.in_(language),
        "actual": None if step.actual is None else step.actual.text.in_(language),
    }


def _escaped(character: str) -> str:
    return character if visible(character) == character else json.dumps(character)[1:-1]
