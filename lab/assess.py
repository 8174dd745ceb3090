"""From a saved run to its outcome: packets to conversations, checks to results; needs no engine."""

from __future__ import annotations

import time
from pathlib import Path

from lab import grade, reader, remarks
from lab.checks.facts import RunFacts
from lab.explain import explain
from lab.outcomes import save_outcome
from lab.record import Record
from lab.report.junit import junit
from lab.report.page import save_page
from lab.report.summary import PAGE_FILE
from lab.results import Outcome
from lab.scenario import Scenario
from lab.seen import of_record
from lab.text import Language

JUNIT_FILE = "junit.xml"


def assess(scenario: Scenario, record: Record, folder: Path) -> Outcome:
    """Check the run of `folder` by `scenario`.

    Raises `CaptureFileError` where its capture is missing or is none.
    """
    began = time.monotonic()
    capture = folder / record.capture.file
    conversations = reader.read(capture, unheard=record.unheard)
    worth = None if scenario.exercise is None else scenario.exercise.worth
    results = grade.scaled(grade.grade(scenario, RunFacts(record, conversations, capture, scenario.folder)), worth)
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
        limits=record.limits,
        submission=record.submission,
        exercise=scenario.exercise is not None,
        seed=record.seed,
    )


def save(outcome: Outcome, record: Record, language: Language = "en") -> None:
    """Write result.json, junit.xml and report.html into the run directory, and remarks on packets into its capture.

    `language` is the page's at first.
    """
    save_outcome(outcome, outcome.folder)
    (outcome.folder / JUNIT_FILE).write_bytes(junit(outcome, started=record.started))
    remarks.write(outcome, record.steps, record.faults)
    seen = of_record(record, outcome.folder, outcome)
    save_page(seen, outcome.folder / PAGE_FILE, language, explain(seen))
