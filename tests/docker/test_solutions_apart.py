"""A submission that reads every file that it can reach finds nothing that tells how its exercise is done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from driving import Ran

from lab.places import SCENARIOS
from lab.scenario import as_posix

EXERCISES = sorted(folder.parent.name for folder in SCENARIOS.glob("*/solution"))
LOOKS = """\
def look(wanted):
    import hashlib, os, sys
    of_the_image = ("/proc", "/sys", "/dev", "/usr")
    seen = 0
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in of_the_image]
        for path in (os.path.join(folder, name) for name in files):
            try:
                with open(path, "rb") as file:
                    content = file.read(1 << 20)
            except OSError:
                continue
            seen += os.path.samefile(path, __file__)
            if hashlib.sha256(content).hexdigest() in wanted:
                print("FOUND", path, file=sys.stderr)
    if not seen:
        print("FOUND nothing, not even itself", file=sys.stderr)


look({wanted})
"""


def telling(exercise: Path) -> set[str]:
    """The digests of its solution, of its broken programs, and of what it begins with."""
    files = (file for place in ("solution", "broken", "starter") for file in (exercise / place).rglob("*"))
    return {hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()}


@pytest.mark.timeout(200, func_only=True)  # the steps may all have to reach their deadlines
@pytest.mark.parametrize("name", EXERCISES)
def test_it_finds_neither_solution_nor_broken_nor_starter(run: Callable[..., Ran], name: str, tmp_path: Path) -> None:
    exercise = SCENARIOS / name
    looks = LOOKS.replace("{wanted}", repr(telling(exercise)))
    handed = tmp_path / "handed-in"
    handed.mkdir()
    for file in (exercise / "solution").iterdir():  # it goes on as the solution does, so that all its programs run
        (handed / file.name).write_text(looks + file.read_text(encoding="utf-8"), encoding="utf-8")
    ran = run(exercise, submission=handed)
    assert ran.scenario.exercise is not None
    files = {as_posix(file) for file in ran.scenario.exercise.files}
    theirs = {name for name, program in ran.scenario.programs.items() if files & set(program.run)}
    assert theirs <= ran.record.programs.keys()
    assert {name: found for name in theirs if (found := [x for x in ran.said(name, "err") if "FOUND" in x])} == {}
