"""From a saved run to its outcome: packets to conversations, checks to results; needs no engine."""

from __future__ import annotations

import time
from pathlib import Path

from lab import grade, reader
from lab.checks.facts import RunFacts
from lab.record import Record
from lab.report.document import save_outcome
from lab.report.junit import junit
from lab.results import Outcome
from lab.scenario import Scenario

JUNIT_FILE = "junit.xml"


def assess(scenario: Scenario, record: Record, folder: Path) -> Outcome:
    """Check the run of `folder` by `scenario`.

    Raises `CaptureFileError` where its capture is missing or is none.
    """
    began = time.monotonic()
    capture = folder / record.capture.file
    conversations = reader.read(capture)
    results = grade.grade(scenario, RunFacts(record, conversations, capture, scenario.folder))
    seconds = {
        "setup": record.seconds.setup,
        "exchange": record.seconds.exchange,
        "checks": time.monotonic() - began,
        "cleanup": record.seconds.cleanup,
    }
    return Outcome(
        scenario=scenario.name,
        run=record.run,
        verdict=grade.verdict_of(results),
        results=results,
        folder=folder,
        capture=capture,
        packets=conversations.packets,
        dropped=sum(n.dropped + max(0, n.received - n.captured) for n in record.capture.networks.values()),
        seconds=seconds,
        unread=max(0, record.capture.packets - conversations.packets),
        damage=conversations.damage,
        cut=tuple(name for name, program in record.programs.items() if program.output_cut),
        submission=record.submission,
        exercise=scenario.exercise is not None,
    )


def save(outcome: Outcome, record: Record) -> None:
    """Write result.json and junit.xml into the run directory."""
    save_outcome(outcome, outcome.folder)
    (outcome.folder / JUNIT_FILE).write_bytes(junit(outcome, started=record.started))
