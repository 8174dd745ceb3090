"""A class graded by the command, on real containers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from driving import Command, ended

from lab.engine import Engine
from lab.places import SCENARIOS
from lab.runs import FOLDER_LABEL, RUN_LABEL

EXERCISE = SCENARIOS / "tcp-multiclient"
SCORES = {"an": 10, "bo": 1, "cai": 9, "duo": 0, "er": 0, "fan": 10}
WITHIN = 240


@pytest.fixture
def class_(tmp_path: Path) -> Path:
    """The solution, two broken programs, a file that is missing, a syntax error, and a zip."""
    folder = tmp_path / "class"
    for name, source in {"an": "solution", "bo": "broken/at-once", "cai": "broken/orderly"}.items():
        shutil.copytree(EXERCISE / source, folder / name)
    for name, file, text in (("duo", "notes.txt", "sorry"), ("er", "server.py", "def serve(:\n")):
        (folder / name).mkdir()
        (folder / name / file).write_text(text)
    with zipfile.ZipFile(folder / "fan.zip", "w") as packed:
        packed.writestr("homework/server.py", (EXERCISE / "solution/server.py").read_bytes() + b"\n# mine\n")
    return folder


@pytest.fixture
def grade(lab: Command, engine: Engine, class_: Path, tmp_path: Path) -> Iterator[Grade]:
    """`lab grade` of the class; nothing may be left of it."""
    graded = Grade(lab, class_, tmp_path / "out", tmp_path / "key.pem")
    yield graded
    assert left(engine, graded.out) == []
    assert not (graded.out / ".work").exists()


class Grade:
    def __init__(self, lab: Command, class_: Path, out: Path, key: Path) -> None:
        self._lab, self._class, self.out, self._key = lab, class_, out, key

    def start(self, *options: str) -> subprocess.Popen[str]:
        arguments = ("grade", "tcp-multiclient", self._class, "--out", self.out, "-j", "2", *options)
        return self._lab.start(*arguments, LAB_KEY=str(self._key))

    def __call__(self, *options: str) -> Any:
        with self.start("--json", *options) as process:
            said = ended(process, WITHIN)
        assert said.status == 0, said.err
        return {each["student"].removesuffix(".zip"): each for each in said.document["submissions"]}

    @property
    def lines(self) -> list[str]:
        """The students in the journal, in the order in which they were graded."""
        journal = self.out / "journal.jsonl"
        if not journal.exists():
            return []
        return [
            json.loads(line)["slug"] for line in journal.read_text().splitlines(keepends=True) if line.endswith("\n")
        ]

    def until_graded(self, count: int, process: subprocess.Popen[str]) -> None:
        clock = threading.Event()
        while len(self.lines) < count:
            assert process.poll() is None, process.communicate()
            clock.wait(0.05)


def left(engine: Engine, out: Path) -> list[str]:
    return [c.name for c in engine.containers(RUN_LABEL) if c.labels[FOLDER_LABEL].startswith(f"{out}/")]


@pytest.mark.timeout(2 * WITHIN, func_only=True)
def test_a_class_killed_in_the_middle_goes_on_and_grades_nothing_twice(grade: Grade, engine: Engine) -> None:
    with grade.start() as process:
        grade.until_graded(2, process)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    before = grade.lines
    assert 2 <= len(before) < 6
    results = grade()
    assert {name: each["score"] for name, each in results.items()} == SCORES
    assert grade.lines[: len(before)] == before
    assert sorted(grade.lines) == sorted(set(grade.lines))
    assert len(grade.lines) == 6
    assert "server.py" in results["duo"]["problem"]
    for name, each in results.items():
        assert (grade.out / each["bundle"]).is_file()
        assert (grade.out / "captures" / f"{Path(each['bundle']).stem}.pcapng").is_file() == (name != "duo")
    again = grade()
    assert len(grade.lines) == 6
    assert again == results


@pytest.mark.timeout(2 * WITHIN, func_only=True)
def test_again_gives_the_same_scores(grade: Grade, class_: Path) -> None:
    for name in ("an", "bo", "er"):  # one of each sort is enough
        shutil.rmtree(class_ / name)
    first = grade()
    second = grade("--again")
    assert len(grade.lines) == 2 * len(first) == 6
    assert {n: (e["score"], e["seed"]) for n, e in first.items()} == {
        n: (e["score"], e["seed"]) for n, e in second.items()
    }


def test_ctrl_c_leaves_nothing_behind_and_keeps_what_was_graded(grade: Grade, engine: Engine) -> None:
    with grade.start() as process:
        grade.until_graded(1, process)
        clock = threading.Event()
        while not left(engine, grade.out):
            clock.wait(0.02)
        process.send_signal(signal.SIGINT)
        said = ended(process, 60)
    assert said.status == 130
    assert "the same command goes on from here" in said.out
    assert left(engine, grade.out) == []
    assert 1 <= len(grade.lines) < len(SCORES)
