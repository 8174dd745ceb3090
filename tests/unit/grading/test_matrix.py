from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from lab import images, loader
from lab.checks import PARAMS
from lab.errors import InputError, ScenarioError
from lab.graded import Graded, GradedCheck, Matrix, Party
from lab.grading import matrix
from lab.grading.course import Order
from lab.places import SCENARIOS
from lab.record import Words
from lab.report.matrix import document, matrix_screen, page, sheet
from lab.results import Verdict
from lab.submissions import Student, Submission
from lab.text import LANGUAGES, Language, say

DOWNLOAD = SCENARIOS / "tcp-file-download"
OUT = Path("out")
TITLE = Words(en="Clients meet servers", zh="客户端遇见服务端")
HOSTILE = '=cmd|"/c x"!A1<script>\x1b[31m\u202e\n'
SCENARIO = """\
title: {{en: Two sides, zh: 双方}}
hosts: {{a: {{}}}}
programs: {{client: {{host: a, run: [python3, client.py]}}, server: {{host: a, run: [python3, server.py]}}}}
steps: [start: server, start: client]
checks: {{said: {{output: {{program: client, line: x}}}}}}
exercise: {exercise}
"""


def handed(name: str, *files: str) -> Submission:
    return Submission(Student(name, name), {file: f"# {name}\n".encode() for file in files})


@pytest.fixture
def met() -> matrix.Pairs:
    """The exercise's own, Ada's and Bob's programs; Bob has no client, Eve nothing at all."""
    submissions = [handed("ada", "client.py", "server.py"), handed("bob", "server.py"), handed("eve", "notes.txt")]
    return matrix.pairs(matrix.scenario_of(DOWNLOAD), submissions)


def graded(verdict: Verdict, *failed: str, problem: str | None = None) -> Graded:
    checks = tuple(
        GradedCheck(id=name, kind="file", verdict=Verdict.FAILED, points=1, earned=0, expected=TITLE, actual=TITLE)
        for name in failed
    )
    return Graded(
        exercise="tcp-file-download",
        title=TITLE,
        student="x",
        submission="0" * 64,
        verdict=verdict,
        score=3 - len(failed),
        max=3,
        checks=checks,
        problem=None if problem is None else Words(en=problem, zh=problem),
        seed=0,
        lab="0.1.0",
        definition="0" * 64,
        started=0,
        seconds=1,
    )


@pytest.mark.parametrize("exercise", ["tcp-file-download", "tcp-half-duplex-four"])
def test_every_matrix_of_the_lab_is_without_faults(exercise: str):
    scenario = matrix.scenario_of(SCENARIOS / exercise)
    assert scenario.file == "matrix.yaml"
    assert scenario.name == exercise


def test_a_matrix_is_no_scenario_of_its_own():
    assert len(loader.names(SCENARIOS)) == len({path.parent for path in SCENARIOS.glob("*/scenario.yaml")})


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("--scheduler", {"scheduler": "tcp://x:1"}),
        ("--format", {"formats": ["csv"]}),
        ("--assignment", {"assignment": "x"}),
        ("--seed", {"seed": 0}),
    ],
)
def test_what_a_matrix_has_no_use_for_is_refused(option: str, given: dict[str, Any]):
    order = Order("tcp-file-download", (DOWNLOAD / "solution",), **given)
    with pytest.raises(InputError, match=f"--matrix and {option} exclude each other"):
        matrix.grade(order, "en", as_json=False, quiet=True)


def test_an_exercise_without_a_matrix_says_so():
    with pytest.raises(InputError, match="cannot meet"):
        matrix.scenario_of(SCENARIOS / "tcp-multiclient")


def test_everybody_meets_everybody(met: matrix.Pairs):
    found = {(row, column): dict(submission.files) for row, column, submission in met}
    assert found.keys() == {(row, column) for row in (0, 1, 2) for column in (0, 1)}
    assert found[1, 1] == {"client.py": b"# ada\n", "server.py": b"# ada\n"}
    assert found[2, 1] == {"client.py": b"# ada\n", "server.py": b"# bob\n"}
    assert found[0, 0]["client.py"] == (DOWNLOAD / "solution" / "client.py").read_bytes()
    assert found[0, 1]["server.py"] == (DOWNLOAD / "solution" / "server.py").read_bytes()


def test_who_lacks_a_side_lacks_only_that(met: matrix.Pairs):
    missing = [half.party.missing for half in met.clients], [half.party.missing for half in met.servers]
    assert [[what is not None for what in side] for side in missing] == [
        [False, False, True, True],
        [False, False, False, True],
    ]
    assert "client.py" in str(missing[0][2])


def test_tasks_are_apart_and_of_the_matrix(met: matrix.Pairs):
    tasks = matrix.tasks(met)
    assert len({task.slug for task in tasks}) == len(tasks) == 6
    assert {Path(task.exercise) for task in tasks} == {DOWNLOAD / "matrix.yaml"}
    assert {task.seed for task in tasks} == {0}


def test_gradings_come_to_their_cells(met: matrix.Pairs):
    results = {task.slug: graded(Verdict.PASSED) for task in matrix.tasks(met)}
    results["server-2-client-1"] = graded(Verdict.FAILED, "large")
    del results["server-0-client-0"]
    gathered = matrix.gathered(met, results)
    assert gathered.cells.keys() == {(0, 1), (1, 0), (1, 1), (2, 0), (2, 1)}
    assert gathered.cells[2, 1].verdict is Verdict.FAILED


# The file


def loaded(folder: Path, exercise: str) -> None:
    folder = folder / "two-sides"
    (folder / "solution").mkdir(parents=True)
    for name in ("client.py", "server.py"):
        (folder / "solution" / name).touch()
    (folder / "matrix.yaml").write_text(SCENARIO.format(exercise=exercise), encoding="utf-8")
    loader.load(folder / "matrix.yaml", PARAMS, images.names())


@pytest.mark.parametrize(
    ("sides", "at", "what"),
    [
        ("{client: [client.py], server: [sever.py]}", (6, 77), "no file of the exercise; did you mean `server.py`"),
        ("{client: [client.py], server: [server.py, ./client.py]}", (6, 88), "already"),
        ("{client: [client.py], server: [client.py]}", (6, 38), "no side has `server.py`"),
        ("{client: [], server: [client.py, server.py]}", (6, 54), "must not be empty"),
        ("{client: [client.py, server.py]}", (6, 45), "`server` is missing"),
    ],
)
def test_faults_of_sides_are_told_with_their_place(tmp_path: Path, sides: str, at: tuple[int, int], what: str):
    with pytest.raises(ScenarioError) as caught:
        loaded(tmp_path, f"{{files: [client.py, server.py], sides: {sides}}}")
    told = {(fault.line, fault.column): fault.what.en for fault in caught.value.faults}
    assert what in " ".join(told.values())
    assert at[0] in {line for line, _ in told}
    assert all(column > 38 for _, column in told)


def test_sides_and_other_languages_exclude_each_other(tmp_path: Path):
    with pytest.raises(ScenarioError) as caught:
        loaded(
            tmp_path,
            "{files: [client.py, server.py], sides: {client: [client.py], server: [server.py]},"
            " instead: [{files: [server.sh], run: {server: [sh, server.sh]}}]}",
        )
    assert any("exclude each other" in fault.what.en for fault in caught.value.faults)


def test_sides_of_both_are_taken(tmp_path: Path):
    loaded(tmp_path, "{files: [client.py, server.py], sides: {client: [client.py], server: [server.py]}}")


# What people and programs are told


def told(others: int = 1, cells: Mapping[tuple[int, int], Graded] | None = None) -> Matrix:
    students = [Party(Student(HOSTILE if n == 1 else f"s{n}", f"s{n}")) for n in range(1, others + 1)]
    lacking = Party(Student("zoe", "zoe"), say("no <server.py>", "没有 <server.py>"))
    found = cells or {
        (0, 0): graded(Verdict.PASSED),
        (0, 1): graded(Verdict.FAILED, "small", "large"),
        (1, 0): graded(Verdict.ERROR, problem="the engine <went> away"),
        (1, 1): graded(Verdict.PASSED),
    }
    return Matrix("tcp-file-download", TITLE, (Party(None), *students, lacking), (Party(None), *students), found)


class Cells(HTMLParser):
    """The texts of the cells of a page, by row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def test_the_screen_has_a_sign_for_each_pair():
    lines = matrix_screen(told(), "en", OUT).text(100).splitlines()
    grid = [line.split() for line in lines[4:7]]
    assert lines[3].split() == ["1", "2"]
    assert [row[-2:] for row in grid] == [["✓", "✗"], ["!", "✓"], ["·", "·"]]
    assert any("✗" in line and "small, large" in line for line in lines)
    assert any("zoe" in line and "no <server.py>" in line for line in lines)
    assert lines[-1].split() == ["out/", "matrix.html", "matrix.csv", "matrix.json"]
    assert lines[-2].split("   ") == ["2 pairs work", "1 does not", "1 could not be told", "2 with a side missing"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_screen_fits_and_lets_nothing_live_through(language: Language, width: int):
    both = [(row, column) for row in range(31) for column in range(31)]
    text = matrix_screen(told(30, dict.fromkeys(both, graded(Verdict.PASSED))), language, OUT).text(width)
    assert text.count("✓") == 31 * 31
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert max(len(line) for line in text.splitlines() if "✓" in line) <= width


def test_only_so_many_pairs_are_named():
    both = [(row, column) for row in range(31) for column in range(31)]
    text = matrix_screen(told(30, dict.fromkeys(both, graded(Verdict.FAILED, "small"))), "en", OUT).text(100)
    assert text.count("with the server of") == 20
    assert f"and {31 * 31 - 20 + 1} more" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_why_and_lets_nothing_live_through(language: Language):
    text = page(told(), language)
    found = Cells(text)
    assert "script" not in found.tags
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert [row[0] for row in found.rows[1:]][2] == "zoe"
    assert "<script>" in found.rows[2][0]
    assert [[cell.split()[0] for cell in row[1:]] for row in found.rows[1:]] == [["✓", "✗"], ["!", "✓"], ["·", "·"]]
    assert found.rows[1][2].split()[1:] == ["small,", "large"]
    assert "<went>" in found.rows[2][1]
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in text


def test_the_sheet_has_a_line_a_pair_and_no_formula():
    content = sheet(told(), "en")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert len(rows) == 6
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert rows[1] | {"client": ""} == {
        "server": "solution",
        "client": "",
        "verdict": "failed",
        "score": "1",
        "max": "3",
        "failed": "small large",
        "problem": "",
    }
    assert {row["verdict"] for row in rows} == {"passed", "failed", "error", "missing"}


def test_the_document_tells_all_cells():
    found = document(told(), "zh")
    assert found["servers"][0] == "参考实现"
    assert found["servers"][2] == "zoe"
    assert len(found["cells"]) == 6
    assert found["cells"][4] == {
        "server": "zoe",
        "client": "参考实现",
        "verdict": "missing",
        "score": 0,
        "max": 0,
        "failed": [],
        "problem": "没有 <server.py>",
    }
