from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from marks import HOSTILE, check, context, flooded, good, graded, hostile, lab_error, mark, missing, nothing, partly

from lab.report.formats.classroom import CLASSROOM
from lab.results import Verdict

RUNNERS = re.compile(r"([a-zA-Z0-9]+,)*[a-zA-Z0-9]+")  # what the reporter takes
TEST = {
    "name": str,
    "status": str,
    "score": (int, float),
    "message": str,
    "test_code": str,
    "filename": str,
    "line_no": int,
    "duration": (int, float),
}


def runners(result: Any, **more: Any) -> dict[str, dict[str, Any]]:
    """Runner -> its result, found as the reporter finds it."""
    files = CLASSROOM.write([mark("ada", result)], context(**more))
    (output,) = files["classroom/ada.output"].decode().splitlines()
    key, _, value = output.partition("=")
    assert key == "runners"
    assert RUNNERS.fullmatch(value)
    lines = files["classroom/ada.env"].decode().splitlines()
    assert all(len(line) < 128 << 10 for line in lines)
    environment = dict(line.split("=", 1) for line in lines)
    names = value.split(",")
    assert len(names) == len(environment) == len(set(names))
    found = {name: json.loads(base64.b64decode(environment[f"{name.upper()}_RESULTS"])) for name in names}
    for one in found.values():
        assert one.keys() == {"version", "status", "max_score", "tests"}
        assert one["version"] == 1
        assert one["status"] in {"pass", "fail", "error"}
        assert one["tests"]
        for test in one["tests"]:
            assert test.keys() == TEST.keys()
            assert all(isinstance(test[key], kind) for key, kind in TEST.items())
    return found


def grade(found: dict[str, dict[str, Any]]) -> tuple[float, float]:
    """The points and the maximum that the reporter sends to Classroom."""
    counted = [one for one in found.values() if one["max_score"]]
    return (
        sum(test["score"] for one in counted for test in one["tests"]),
        sum(one["max_score"] for one in counted),
    )


def shown(one: dict[str, Any]) -> float:
    """The score that the reporter prints of a runner."""
    passes = sum(test["status"] == "pass" for test in one["tests"])
    return float(passes / len(one["tests"]) * one["max_score"])


@pytest.mark.parametrize(
    ("result", "expected"),
    [(good(), (4, 4)), (partly(), (6, 10)), (missing(), (0, 10)), (flooded(), (0, 10)), (lab_error(), (0, 0))],
)
def test_what_is_sent_and_what_is_printed_agree(result: Any, expected: tuple[float, float]):
    found = runners(result)
    assert grade(found) == expected
    for one in found.values():
        assert sum(test["score"] for test in one["tests"]) == pytest.approx(shown(one))


@pytest.mark.parametrize("earned", [0.5, 1 / 3, 0.7, 2.999, 0.01])
def test_partial_credit_is_as_many_tests_as_it_needs(earned: float):
    found = runners(graded(check("a", Verdict.FAILED, 3, earned=earned)))
    (one,) = found.values()
    assert grade(found)[0] == pytest.approx(earned, abs=0.02)
    assert shown(one) == pytest.approx(earned, abs=0.02)


def test_a_bonus_is_shown_and_adds_nothing():
    bonus = list(runners(partly()).values())[-1]
    assert (bonus["status"], bonus["max_score"], bonus["tests"][0]["score"]) == ("pass", 0, 0)


def test_names_of_checks_say_what_happened_since_messages_are_not_printed():
    tests = runners(partly())["c2atonce"]["tests"]
    assert [(test["name"], test["status"]) for test in tests] == [
        ("at-once 1/3", "pass"),
        ("at-once 2/3", "pass"),
        ("at-once 3/3: only 1 accept() again", "fail"),
    ]


def test_a_lab_error_is_an_error_without_a_maximum():
    (one,) = runners(lab_error()).values()
    assert (one["status"], one["max_score"]) == ("error", 0)
    assert "the lab failed" in one["tests"][0]["message"]


def test_names_that_differ_in_signs_only():
    assert list(runners(graded(check("a-b"), check("ab"), check("path")))) == ["c1ab", "c2ab", "c3path"]


def test_a_hidden_check_shows_its_outcome_only():
    assert "SECRET" not in json.dumps(runners(partly()))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_alive_nor_a_command_of_the_workflow(text: str):
    for one in runners(hostile(text)).values():
        for said in (said for test in one["tests"] for said in (test["name"], test["message"])):
            assert said.isprintable()
            assert "##[" not in said
            assert not said.startswith("::")


def test_who_handed_in_nothing_has_no_grade():
    [result] = runners(nothing()).values()
    assert (result["status"], result["max_score"]) == ("error", 0)
    assert [test["message"] for test in result["tests"]] == ["handed in nothing"]
