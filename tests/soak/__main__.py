"""`make soak`: the verdicts must be the same in every run of the scenarios, on an idle machine and on a busy one.

The whole set is run 20 times on the machine as it is and 20 times with every core kept busy, several scenarios at
once as `lab run --all` does it. Each check's verdict is compared with that of the first run, and each must be
`passed`. The directories of runs that deviate are kept in results/soak/, the others are removed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from lab import arguments, batch, doctor, interrupts
from lab.__main__ import INTERRUPTED
from lab.batch import Done, Job
from lab.places import ROOT
from lab.text import Text

FOLDER = ROOT / "results" / "soak"
SPIN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    sum(range(100_000))"
CONDITIONS = ("idle", "loaded")
Verdicts = Mapping[str, str]


def main() -> int:
    """1 where any verdict differs from that of the first run, or is another than passed."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20, help="of the whole set, in each condition")
    parser.add_argument("--only", choices=CONDITIONS, help="one condition")
    parser.add_argument("--jobs", type=int, default=batch.most(), help="scenarios at once")
    parser.add_argument("names", nargs="*", metavar="NAME", help="scenarios; else all there are")
    asked = parser.parse_args()
    given = arguments.to_run(asked.names, None, everything=not asked.names)
    scenarios = arguments.loaded(given, everything=False)
    doctor.ensure_images(doctor.ready(say_so, lambda _: True), batch.images_of(scenarios), say_so)
    os.environ["LAB_RUNS"] = str(FOLDER / time.strftime("%Y%m%d-%H%M%S"))
    jobs = [Job(name) for name in given]
    conditions = [asked.only] if asked.only else CONDITIONS
    interrupts.heed()
    try:
        deviating = soak(jobs, conditions, asked.runs, asked.jobs)
    except KeyboardInterrupt:
        return INTERRUPTED
    print(told(len(conditions) * asked.runs, len(jobs), deviating))
    if not deviating:
        shutil.rmtree(os.environ["LAB_RUNS"])
    return 1 if deviating else 0


def soak(jobs: Sequence[Job], conditions: Sequence[str], runs: int, at_once: int) -> int:
    """Run `jobs` again and again in each condition; how many of their runs deviated."""
    first: dict[str, Verdicts] = {}
    deviating = 0
    for condition in conditions:
        with busy(os.cpu_count() or 1) if condition == "loaded" else ExitStack():
            for number in range(1, runs + 1):
                began = time.monotonic()
                all_done = batch.run(jobs, at_once, language="en")
                wrong = [line for done in all_done for line in judged(done, first)]
                seconds = time.monotonic() - began
                print(f"{condition:6}  run {number:2} of {runs}  {seconds:6.1f} s  {'differs' if wrong else 'same'}")
                print("".join(f"        {line}\n" for line in wrong), end="", flush=True)
                deviating += len(wrong)
    return deviating


def judged(done: Done, first: dict[str, Verdicts]) -> Iterator[str]:
    """A line where a run deviates from the first one of its scenario, or did not pass; others are removed."""
    found = verdicts(done)
    expected = first.setdefault(done.job.scenario, found)
    changes = [f"{check} {was} -> {now}" for check, was, now in differences(expected, found)]
    if not changes and done.verdict == "passed":
        assert done.document is not None
        shutil.rmtree(done.document["folder"])
        return
    where = done.document["folder"] if done.document is not None else done.said or f"exit code {done.status}"
    yield f"{done.job.scenario}: {', '.join(changes) or done.verdict}   {where}"


def verdicts(done: Done) -> Verdicts:
    """The verdict of each check; that of the whole is called `run`."""
    checks = [] if done.document is None else done.document["checks"]
    return {"run": str(done.verdict)} | {check["id"]: check["verdict"] for check in checks}


def differences(expected: Verdicts, found: Verdicts) -> Iterable[tuple[str, str, str]]:
    """The checks whose verdicts differ: name, the expected one, the one found."""
    for check in dict.fromkeys([*expected, *found]):
        was, now = expected.get(check, "missing"), found.get(check, "missing")
        if was != now:
            yield check, was, now


def told(runs: int, scenarios: int, deviating: int) -> str:
    """The last line."""
    what = f"{runs} runs of {scenarios} scenarios"
    if not deviating:
        return f"passed   {what}: every verdict the same"
    return f"failed   {what}: {deviating} deviate, kept in {os.environ['LAB_RUNS']}"


@contextmanager
def busy(cores: int) -> Iterator[None]:
    """Every core busy with a process that only counts; it ends also with a parent that was killed."""
    with ExitStack() as stack:
        for _ in range(cores):
            process = stack.enter_context(subprocess.Popen([sys.executable, "-c", SPIN]))
            stack.callback(process.kill)
        yield


def say_so(what: Text) -> None:
    """Tell what takes time before it begins."""
    print(what.en, flush=True)


if __name__ == "__main__":
    sys.exit(main())
