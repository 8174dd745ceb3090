from __future__ import annotations

import json
from typing import Any

import pytest
from marks import HOSTILE, context, flooded, good, hostile, lab_error, mark, partly

from lab.report.document import dumps
from lab.report.formats.document import JSON, class_document


def submission(result: Any) -> dict[str, Any]:
    found: dict[str, Any] = class_document("x", [mark("ada", result, id="42")], "en")["submissions"][0]
    return found


def test_the_keys_of_the_document():
    document = class_document("tcp-multiclient", [mark("ada", good())], "en")
    assert document.keys() == {"exercise", "submissions"}
    keys = ["student", "score", "max", "verdict", "checks", "limits_hit", "bundle"]
    assert [key for key in document["submissions"][0] if key in keys] == keys


def test_a_submission():
    told = submission(partly())
    assert (told["student"], told["id"], told["score"], told["max"], told["verdict"]) == ("ada", "42", 7, 10, "failed")
    assert told["bundle"] == "bundles/ada.json"
    assert told["checks"][1] == {
        "id": "at-once",
        "kind": "tcp.handshake",
        "verdict": "failed",
        "expected": "3 complete handshakes",
        "actual": "only 1",
        "details": ["bob came late"],
        "packets": [5, 6, 7],
        "hint": "accept() again",
        "points": 3,
        "earned": 2,
        "bonus": False,
        "hidden": False,
    }


def test_it_is_the_teachers():
    assert submission(partly())["checks"][3]["expected"] == "SECRET"


def test_limits():
    assert submission(flooded())["limits_hit"] == [
        {"what": "processes", "host": "server", "program": None, "limit": 64, "ended": True}
    ]


def test_a_lab_error_has_no_score():
    told = submission(lab_error())
    assert (told["score"], told["verdict"], told["problem"]) == (None, "error", "the capture is not whole")


def test_the_file_is_the_document_that_is_printed():
    marks = [mark("ada", partly())]
    assert JSON.write(marks, context())["results.json"].decode() == dumps(
        class_document("tcp-multiclient", marks, "en")
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_alive_on_a_terminal_and_all_is_read_back(text: str):
    content = JSON.write([mark(text, hostile(text), "x")], context())["results.json"].decode()
    assert all(line.isprintable() for line in content.splitlines())
    student = json.loads(content)["submissions"][0]["student"]
    assert student.encode("utf-16", "surrogatepass") == text.encode("utf-16", "surrogatepass")
