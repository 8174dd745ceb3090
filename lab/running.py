"""`lab run`: one scenario in this process, or several, each in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable

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
from lab.runner import Following
from lab.scenario import Scenario
from lab.text import Language, Text
from lab.usage import agreed


def one(
    job: Job,
    began: float,
    language: Language,
    following: Following = Following.ON_REQUEST,
    *,
    as_json: bool,
    quiet: bool,
) -> Outcome:
    """Run a scenario and tell of it; its outcome. `began` is the monotonic time when the command did.

    Where its packets are followed from the start, they are told too.
    """
    scenario = arguments.scenario(job.name, job.seed)
    handed = arguments.submission(job.submission, scenario)
    submission = None if job.submission is None else str(job.submission)
    planned = plan.make(scenario, handed, submission, plan.traced(scenario, everything=job.trace))
    interrupts.heed()
    packets = following is Following.FROM_START
    with (
        told_apart(document=as_json) as told,
        TerminalReporter(language, stream=told, quiet=quiet, packets=packets) as reporter,
    ):
        reporter.started(scenario, submission)
        engine = doctor.ready(reporter.doing, asked_by(reporter))
        with runs.new_folder(RUNS, scenario.name, kept.files_of(scenario)) as folder:
            record = runner.run(engine, planned, folder, reporter, began, following)
            reporter.checking()
            outcome = assess(scenario, record, folder)
            save(outcome, record, language)
        reporter.finished(outcome)
    if as_json:
        sys.stdout.write(dumps(outcome_document(outcome, language, record.steps)))
    return outcome


def several(
    jobs: list[Job],
    scenarios: list[Scenario | ScenarioError],
    at_once: int | None,
    language: Language,
    *,
    as_json: bool,
    quiet: bool,
) -> list[Done]:
    """Make the engine and the images ready, run the `jobs`, and tell of them; how each ended."""
    interrupts.heed()
    with told_apart(document=as_json) as told:
        with TerminalReporter(language, stream=told, quiet=quiet) as preparing:
            engine = doctor.ready(preparing.doing, asked_by(preparing))
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


def asked_by(reporter: TerminalReporter) -> Callable[[Text], bool]:
    """Asks whether something may be mended, on a terminal that `reporter` has given back."""

    def may_mend(what: Text) -> bool:
        reporter.close()
        return agreed(what)

    return may_mend
