"""Submissions a minute: a class by `lab grade`, the raw engine calls that it cannot do without, and one by one."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lab import batch
from tests.bench import settings

BY_HAND = 10  # at most so many of them one after the other
WARM = 2
SOLUTION = Path("scenarios") / settings.SCENARIO / "solution" / "server.py"


def measure(lab: list[str], count: int, rounds: int) -> None:
    """Print the rates of `count` submissions, and the medians of the ratios of `rounds` of measuring all in turn."""
    at_once = batch.most()
    print(f"(d) {count} submissions of {settings.SCENARIO}, {at_once} at a time, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        handed_in = submissions(Path(folder) / "class", count)
        few = submissions(Path(folder) / "few", WARM)
        grade = [*lab, "grade", settings.SCENARIO, "--again", "--jobs", str(at_once), "-q", "--out", f"{folder}/out"]
        floor = [sys.executable, "-m", "tests.bench.floor", str(settings.write(Path(folder) / "settings.json"))]
        shares = [count // at_once + (n < count % at_once) for n in range(at_once)]
        run = [*lab, "run", settings.SCENARIO, "-q", "--submission"]
        by_hand = sorted(handed_in.iterdir())[:BY_HAND]
        timed([[*grade, str(few)]])  # images, caches
        found = [
            (
                count / timed([[*grade, str(handed_in)]]),
                count / timed([[*floor, str(share)] for share in shares if share]),
                len(by_hand) / sum(timed([[*run, str(path)]]) for path in by_hand),
            )
            for _ in range(rounds)
        ]
    for place, label in enumerate(("lab grade", "floor: the same requests, no lab", "lab run, one after the other")):
        print(f"  {label:<34} {statistics.median(rates[place] for rates in found) * 60:6.1f} submissions a minute")
    of_floor, of_serial = (statistics.median(rates[0] / rates[other] for rates in found) for other in (1, 2))
    print(f"  {'of the floor':<34} {of_floor:6.2f}   of one after the other {of_serial:6.2f}")


def submissions(folder: Path, count: int) -> Path:
    """The solution many times, each with a line of its own, so that none is known from another."""
    folder.mkdir()
    for number in range(count):
        place = folder / f"student-{number:02}"
        place.mkdir()
        (place / "server.py").write_bytes(SOLUTION.read_bytes() + f"\n# student {number}\n".encode())
    return folder


def timed(commands: list[list[str]]) -> float:
    """Seconds of commands that run side by side; one that fails ends the benchmark with what it said."""
    began = time.perf_counter()
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for command in commands
    ]
    said = [process.communicate()[0] for process in running]
    seconds = time.perf_counter() - began
    for process, out in zip(running, said, strict=True):
        if process.returncode:
            sys.exit(f"{process.args} failed:\n{out}")
    return seconds
