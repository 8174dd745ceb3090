"""Clients of students meet servers of students, on real containers; and every matrix of the lab its own programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import Command, ended

from lab.engine import Engine
from lab.grading.matrix import FILE
from lab.places import SCENARIOS

MATRICES = sorted(file.parent.name for file in SCENARIOS.glob(f"*/{FILE}"))
HALF_DUPLEX = SCENARIOS / "tcp-half-duplex-four" / "solution"


@pytest.fixture
def lab(engine: Engine, tmp_path: Path) -> Command:
    assert engine
    return Command(tmp_path / "runs")


@pytest.mark.parametrize("name", MATRICES)
def test_the_programs_of_an_exercise_meet(lab: Command, name: str) -> None:
    with lab.start("run", SCENARIOS / name / FILE, "--json") as process:
        said = ended(process, 60)
    assert said.document["verdict"] == "passed", said.out
    assert said.document["dropped"] == 0


@pytest.mark.timeout(200)
def test_two_by_two(lab: Command, tmp_path: Path) -> None:
    for name, encoding in (("ada", "gbk"), ("bob", "utf-8")):
        (tmp_path / "class" / name).mkdir(parents=True)
        for file in HALF_DUPLEX.iterdir():
            (tmp_path / "class" / name / file.name).write_text(
                file.read_text(encoding="utf-8").replace("gbk", encoding), encoding="utf-8"
            )
    (tmp_path / "class" / "bob" / "send_server.py").unlink()
    grade = ("grade", "tcp-half-duplex-four", tmp_path / "class", "--matrix", "--out", tmp_path / "out", "--json")
    key = {"LAB_KEY": str(tmp_path / "key.pem")}
    with lab.start(*grade, **key) as process:
        said = ended(process, 110)
    assert said.status == 0, said.err
    found = {(cell["server"], cell["client"]): cell for cell in said.document["cells"]}
    assert {at: cell["verdict"] for at, cell in found.items()} == {
        ("solution", "solution"): "passed",
        ("solution", "ada"): "passed",
        ("solution", "bob"): "failed",
        ("ada", "solution"): "passed",
        ("ada", "ada"): "passed",
        ("ada", "bob"): "failed",
        **dict.fromkeys([("bob", "solution"), ("bob", "ada"), ("bob", "bob")], "missing"),
    }
    assert found["ada", "bob"]["failed"] == ["to-the-server", "to-the-client"]
    assert "send_server.py" in found["bob", "ada"]["problem"]
    assert "to-the-client" in (tmp_path / "out" / "matrix.html").read_text(encoding="utf-8")
    assert len((tmp_path / "out" / "matrix.csv").read_text(encoding="utf-8").splitlines()) == 10

    with lab.start(*grade, PATH="/nowhere", **key) as process:  # all of it from the journal
        again = ended(process, 30)
    assert again.document == said.document
