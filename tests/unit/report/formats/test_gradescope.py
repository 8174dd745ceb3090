from __future__ import annotations

import json
import re
from typing import Any

import pytest
from marks import (
    HOSTILE,
    check,
    context,
    flooded,
    good,
    graded,
    hostile,
    lab_error,
    mark,
    missing,
    nothing,
    partly,
    words,
)

from lab.report.formats.gradescope import GRADESCOPE, OUTPUT
from lab.results import Verdict

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
STATUS = {"passed", "failed"}
VISIBILITY = {"hidden", "after_due_date", "after_published", "visible"}
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
TEST = {"score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "visibility"}
TOP = {"score", "execution_time", "output", "output_format", "visibility", "stdout_visibility", "tests"}


def results(result: Any, **more: Any) -> dict[str, Any]:
    files = GRADESCOPE.write([mark("ada", result)], context(**more))
    document: dict[str, Any] = json.loads(files["gradescope/ada.json"])
    assert document.keys() <= TOP
    assert isinstance(document["execution_time"], int | float)
    assert {document["visibility"], document["stdout_visibility"]} <= VISIBILITY
    for test in document.get("tests", []):
        assert test.keys() == TEST
        assert test["status"] in STATUS
        assert {test["name_format"], test["output_format"]} <= FORMATS
        assert all(isinstance(test[key], int | float) for key in ("score", "max_score"))
        assert isinstance(test["number"], str)
        assert len(test["output"]) <= OUTPUT
    return document


def test_a_file_a_student():
    assert GRADESCOPE.per == "student"
    assert list(GRADESCOPE.write([mark("a", good()), mark("b", good())], context())) == [
        "gradescope/a.json",
        "gradescope/b.json",
    ]


def test_scores_statuses_and_numbers():
    document = results(partly())
    assert document["score"] == 7
    assert [(t["number"], t["name"], t["status"], t["score"], t["max_score"]) for t in document["tests"]] == [
        ("1", "connected", "passed", 4, 4),
        ("2", "at-once", "failed", 2, 3),
        ("3", "closed", "failed", 0, 2),
        ("4", "secret", "failed", 0, 1),
        ("5", "fast", "passed", 1, 0),  # a bonus lifts the score over the maximum
    ]


def test_what_a_test_tells():
    assert results(partly())["tests"][1]["output"].splitlines() == [
        "expected: 3 complete handshakes",
        "failed: only 1",
        "bob came late",
        "packets 5-7",
        "hint: accept() again",
    ]
    assert "再次调用" in results(partly(), language="zh")["tests"][1]["output"]


def test_a_students_own_language():
    files = GRADESCOPE.write([mark("ada", partly(), language="zh")], context())
    assert "再次调用" in files["gradescope/ada.json"].decode()


def test_a_hidden_check_shows_its_outcome_only():
    document = results(partly())
    assert "SECRET" not in json.dumps(document)
    assert document["tests"][3]["output"].splitlines()[1] == "failed: 0 of 1 points"


def test_a_lab_error_is_no_grade():
    document = results(lab_error())
    assert "score" not in document
    assert "tests" not in document
    assert "the lab failed" in document["output"]


def test_nothing_to_run_scores_zero_and_says_why():
    document = results(missing())
    assert (document["score"], document["tests"]) == (0, [])
    assert "server.py is missing" in document["output"]


def test_a_fatal_limit_leaves_no_points_in_the_tests():
    document = results(flooded())
    assert document["score"] == sum(test["score"] for test in document["tests"]) == 0
    assert "(64)" in document["output"]


@pytest.mark.parametrize("length", [OUTPUT - 40, OUTPUT, 3 * OUTPUT])
def test_outputs_are_cut_in_the_middle(length: int):
    long = check("at-once", Verdict.FAILED, actual=words("a" + "b" * length + "c"), packets=(), hint=None)
    output = results(graded(long))["tests"][0]["output"]
    assert len(output) <= OUTPUT
    assert output.endswith("c")
    assert output.startswith("expected:")
    left_out = re.search("… (\\d+) characters left out …", output)
    whole = len(f"expected: 3 complete handshakes\nfailed: a{'b' * length}c")
    assert left_out is not None
    assert whole - int(left_out[1]) == len(output) - len(left_out[0]) - 2


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_alive(text: str):
    document = results(hostile(text))
    for said in (document["output"], *(t["output"] for t in document["tests"])):
        assert not CONTROL.search(said)


def test_who_handed_in_nothing_has_no_grade():
    document = results(nothing())
    assert "score" not in document
    assert "tests" not in document
    assert document["output"] == "handed in nothing"
