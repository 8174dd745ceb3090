from __future__ import annotations

import json
from typing import Any

import pytest
from marks import HOSTILE, check, context, flooded, good, graded, hostile, lab_error, mark, missing, partly, words

from lab.report.formats.prairielearn import PRAIRIELEARN, SIZE
from lab.results import Verdict


def results(result: Any, **more: Any) -> dict[str, Any]:
    (content,) = PRAIRIELEARN.write([mark("ada", result)], context(**more)).values()
    assert len(content) <= SIZE
    document: dict[str, Any] = json.loads(content)
    if document["gradable"]:
        assert 0 <= document["score"] <= 1
    else:
        assert document["format_errors"]
        assert "score" not in document
    for test in document.get("tests", []):
        assert all(isinstance(test[key], int | float) for key in ("points", "max_points"))
    return document


@pytest.mark.parametrize(("result", "score"), [(good(), 1), (partly(), 0.7), (flooded(), 0)])
def test_the_score_is_a_share(result: Any, score: float):
    assert results(result)["score"] == score


def test_a_bonus_does_not_lift_it_over_one():
    assert results(graded(check(), check("fast", bonus=True)))["score"] == 1


def test_an_exercise_of_bonuses_only():
    assert results(graded(check("fast", bonus=True)))["score"] == 1


def test_every_test_has_points():
    tests = results(partly())["tests"]
    assert [(t["name"], t["points"], t["max_points"]) for t in tests] == [
        ("connected", 4, 4),
        ("at-once", 2, 3),
        ("closed", 0, 2),
        ("secret", 0, 1),
        ("fast", 1, 1),
    ]
    assert tests[1]["description"] == "3 complete handshakes"
    assert tests[1]["message"] == "only 1"
    assert "hint: accept() again" in tests[1]["output"]


def test_a_hidden_check_shows_its_outcome_only():
    assert "SECRET" not in json.dumps(results(partly()))


@pytest.mark.parametrize(("result", "why"), [(lab_error(), "the lab failed"), (missing(), "server.py is missing")])
def test_what_cannot_be_graded_says_so(result: Any, why: str):
    document = results(result)
    assert document["gradable"] is False
    assert why in document["format_errors"][0]


@pytest.mark.parametrize("character", ["x", "好", "😀"])
def test_outputs_shrink_until_the_file_fits(character: str):
    long = words(character * 90_000)
    checks = [check(f"c{n}", Verdict.FAILED, expected=long, actual=long, details=(long,)) for n in range(40)]
    document = results(graded(*checks))
    assert len(document["tests"]) == 40
    assert "left out" in document["tests"][0]["output"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_alive(text: str):
    for said in json.dumps(results(hostile(text)), ensure_ascii=False).split("\\n"):
        assert said.isprintable()
