"""Every row of the table of attacks: the marks that it must get, and nothing that it was after."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from lab.engine import Engine
from tests.attacks import judging
from tests.attacks.building import HERE
from tests.attacks.grading import Class, graded
from tests.attacks.table import ATTACKS, HONEST, Attack

ROWS = 60
OF_THE_RESULTS = {"results.json", "results.csv", "index.html", "feedback", "captures", "bundles", "journal.jsonl"}
OF_THE_FORMATS = {"gradescope", "prairielearn", "classroom", "junit.xml", "tap"}
LOCK = ".grading"  # empty, and of the command itself


@pytest.fixture(scope="session")
def classroom(engine: Engine, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Class:
    """The graded class; the worker that comes first grades it for all."""
    assert engine
    base = tmp_path_factory.getbasetemp()
    return graded((base if worker_id == "master" else base.parent) / "attacks")


def test_every_row_of_the_table_has_a_submission() -> None:
    assert {attack.number for attack in ATTACKS} == set(range(1, ROWS + 1))


def test_no_two_submissions_share_a_name() -> None:
    assert len({attack.handed_in_by for attack in (*ATTACKS, *HONEST)}) == len(ATTACKS) + len(HONEST)


def test_every_program_is_handed_in() -> None:
    programs = {path.name for path in HERE.iterdir() if path.name[:2].isdigit()}
    assert programs == {attack.key for attack in ATTACKS if attack.makes is None}


def test_no_program_serves_two_rows() -> None:
    texts = [(folder / "server.py").read_bytes() for folder in HERE.iterdir() if folder.name[:2].isdigit()]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.key)
def test_an_attack_gets_what_it_deserves(classroom: Class, attack: Attack) -> None:
    assert judging.faults(classroom, attack) == []


@pytest.mark.parametrize("attack", HONEST, ids=lambda attack: attack.handed_in_by)
def test_an_honest_submission_among_them_gets_full_marks(classroom: Class, attack: Attack) -> None:
    assert judging.faults(classroom, attack) == []


def test_nothing_was_heard_left_or_came_alive(classroom: Class) -> None:
    assert judging.of_the_class(classroom) == []


def test_both_languages_have_the_same_marks(classroom: Class) -> None:
    en, zh = (
        [(s["student"], s["score"], s["verdict"]) for s in classroom.documents[k]["submissions"]] for k in ("en", "zh")
    )
    assert en == zh


def test_nobody_is_missing_from_the_sheet(classroom: Class) -> None:
    with (classroom.out / "results.csv").open(encoding="utf-8-sig", newline="") as sheet:
        rows = list(csv.reader(sheet))
    assert len(rows) == 1 + len(ATTACKS) + len(HONEST)
    assert len({len(row) for row in rows}) == 1


def test_the_output_folder_holds_the_results_only(classroom: Class) -> None:
    assert {path.name for path in classroom.out.iterdir()} <= OF_THE_RESULTS | OF_THE_FORMATS | {LOCK}
    assert (classroom.out / LOCK).stat().st_size == 0
    assert {path.name for path in Path(classroom.folder).iterdir()} <= {
        "class", "class.json", "config", "lock", "out", "runs", "terminal.en", "terminal.zh", "tmp",
    }  # fmt: skip
