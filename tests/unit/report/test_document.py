from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lab.report.document import dumps, outcome_document
from lab.results import Outcome
from lab.visible import visible


def test_the_document_of_a_passed_run(passed: Outcome) -> None:
    document = outcome_document(passed, "en")
    assert document["scenario"] == "tcp-multiclient"
    assert document["run"] == "20261120-124748-ab12"
    assert document["verdict"] == "passed"
    assert document["capture"] == "runs/tcp-multiclient/20261120-124748-ab12/capture.pcapng"
    assert document["seconds"] == {"setup": 0.9, "exchange": 0.02, "checks": 0.1, "cleanup": 0.5}
    assert document["checks"][0] == {
        "id": "connected",
        "kind": "tcp.handshake",
        "verdict": "passed",
        "expected": "3 complete handshakes to server:8080",
        "actual": "3 complete handshakes to server:8080",
        "details": [],
        "packets": [5, 6, 7, 8, 9, 10, 11, 12, 13],
        "hint": None,
        "points": 1,
        "earned": 1,
        "bonus": False,
        "hidden": False,
    }


def test_its_strings_are_in_the_chosen_language(failed: Outcome) -> None:
    check = outcome_document(failed, "zh")["checks"][1]
    assert check["actual"] == "只有 1 个"
    assert check["hint"].startswith("第一个客户端")
    assert check["details"][0].startswith("alice 在第 14 个包")


def test_phases_that_never_came_took_no_time(passed: Outcome) -> None:
    seconds = outcome_document(replace(passed, seconds={"setup": 1.0}), "en")["seconds"]
    assert seconds == {"setup": 1.0, "exchange": 0.0, "checks": 0.0, "cleanup": 0.0}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_text_is_harmless_and_says_the_same(text: str) -> None:
    written = dumps({"text": text})
    assert all(visible(line) == line for line in written.split("\n"))
    assert json.loads(written) == {"text": text}


def test_json_text_keeps_chinese_readable() -> None:
    assert "你好" in dumps(["你好"])
