"""An exercise of two checks, written for a test, and gradings of it made by hand."""

from __future__ import annotations

from pathlib import Path

from lab import loader
from lab.checks import PARAMS
from lab.graded import Graded, GradedCheck
from lab.grading import selftest
from lab.record import Words
from lab.results import Verdict
from lab.scenario import Scenario

TITLE = Words(en="Sums", zh="求和")
SCENARIO = """\
title: {en: Sums, zh: 求和}
vary: {port: [8080, 9090]}
networks: {lan: {ipv4: 10.77.0.0/24, ipv6: "fd77::/64"}}
hosts: {a: {networks: {lan: {ipv4: 10.77.0.9, ipv6: "fd77::9"}}}}
programs: {p: {host: a, run: [python3, p.py, "${port}"]}}
steps: [start: p]
checks:
  says: {output: {program: p, line: hello}, points: 2}
  asks: {output: {program: p, line: who}, points: 1}
exercise: {files: [p.py], starter: 1}
"""
P, F, S = Verdict.PASSED, Verdict.FAILED, Verdict.SKIPPED
RIGHT = {"says": P, "asks": P}


def written(folder: Path, text: str = SCENARIO) -> Scenario:
    folder = folder / "sums"
    for name, content in {
        "scenario.yaml": text,
        "solution/p.py": "right",
        "starter/p.py": "",
        "broken/says/p.py": "no hello",
        "broken/asks/p.py": "no who",
        "broken/asks/notes.txt": "beside it",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return selftest.exercise(loader.load(folder, PARAMS))


def graded(verdicts: dict[str, Verdict], **other: object) -> Graded:
    points = {"says": 2.0, "asks": 1.0}
    checks = tuple(
        GradedCheck(
            id=name,
            kind="output",
            verdict=verdict,
            points=points.get(name, 0),
            earned=points.get(name, 0) if verdict is P else 0,
            expected=TITLE,
            actual=TITLE,
        )
        for name, verdict in verdicts.items()
    )
    score = sum(check.earned for check in checks)
    facts: dict[str, object] = {
        "exercise": "sums",
        "title": TITLE,
        "student": "x",
        "submission": "0" * 64,
        "verdict": P if set(verdicts.values()) <= {P} else F,
        "score": score,
        "max": 3,
        "checks": checks,
        "seed": 0,
        "lab": "0.1.0",
        "definition": "0" * 64,
        "started": 0,
        "seconds": 1,
    }
    return Graded.model_validate(facts | other)


def error(why: str = "the engine went away") -> Graded:
    return graded({}, verdict=Verdict.ERROR, problem=Words(en=why, zh=why), score=0)
