"""`lab run`: one scenario in this process, or several, each in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from lab import arguments, batch, doctor, interrupts, kept, plan, runner, runs
from lab.assess import assess, save
from lab.batch import Done, Job
from lab.errors import ScenarioError
from lab.pipes import told_apart
from lab.places import RUNS
from lab.report.batch import BatchReporter
from lab.report.document import dumps, outcome_document
from lab.report.terminal import TerminalReporter
from lab.results import Outcome
from lab.scenario import Scenario
from lab.text import Language, Text
from lab.usage import agreed


def one(name: str, submission: Path | None, began: float, language: Language, *, as_json: bool, quiet: bool) -> Outcome:
    """Run a scenario and tell of it; its outcome. `began` is the monotonic time when the command did."""
    scenario = arguments.scenario(name)
    planned = plan.make(scenario, arguments.submission(submission))
    interrupts.heed()
    with told_apart(document=as_json) as told, TerminalReporter(language, stream=told, quiet=quiet) as reporter:
        reporter.started(scenario)
        engine = doctor.ready(reporter.doing, _asked_by(reporter))
        with runs.new_folder(RUNS, scenario.name, kept.files_of(scenario)) as folder:
            record = runner.run(engine, planned, folder, reporter, began)
            reporter.checking()
            outcome = assess(scenario, record, folder)
            save(outcome, record)
        reporter.finished(outcome)
    if as_json:
        sys.stdout.write(dumps(outcome_document(outcome, language, record.steps)))
    return outcome


def several(
    given: list[str],
    scenarios: list[Scenario | ScenarioError],
    at_once: int | None,
    language: Language,
    *,
    as_json: bool,
    quiet: bool,
) -> list[Done]:
    """Make the engine and the images ready, run scenarios as they were `given`, and tell of them; how each ended."""
    jobs = [Job(name) for name in given]
    interrupts.heed()
    with told_apart(document=as_json) as told:
        with TerminalReporter(language, stream=told, quiet=quiet) as preparing:
            engine = doctor.ready(preparing.doing, _asked_by(preparing))
            doctor.ensure_images(engine, batch.images_of(scenarios), preparing.doing)
        with BatchReporter(language, jobs, stream=told, quiet=quiet) as reporter:
            done = batch.run(
                jobs,
                at_once or batch.most(),
                began=reporter.began,
                ended=reporter.ended,
                language=language,
                expected=arguments.took,
            )
    if as_json:
        sys.stdout.write(dumps(batch.document(done, reporter.seconds)))
    return done


def _asked_by(reporter: TerminalReporter) -> Callable[[Text], bool]:
    """Asks whether something may be mended, on a terminal that `reporter` has given back."""

    def may_mend(what: Text) -> bool:
        reporter.close()
        return agreed(what)

    return may_mend
