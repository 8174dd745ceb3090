from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import RecordError
from lab.report.document import RESULT_FILE, dumps, load_outcome, outcome_document, save_outcome
from lab.report.visible import visible
from lab.results import Outcome


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


def test_an_outcome_is_read_as_it_was_saved(failed: Outcome, tmp_path: Path) -> None:
    outcome = replace(failed, folder=tmp_path, capture=tmp_path / "capture.pcapng")
    save_outcome(outcome, tmp_path)
    assert load_outcome(tmp_path) == outcome


def test_a_run_directory_may_be_moved(passed: Outcome, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    save_outcome(replace(passed, folder=here, capture=here / "capture.pcapng"), here)
    shutil.move(here, there)
    assert load_outcome(there).capture == there / "capture.pcapng"
    assert load_outcome(there).folder == there


def test_both_languages_are_saved(passed: Outcome, tmp_path: Path) -> None:
    save_outcome(passed, tmp_path)
    check = json.loads((tmp_path / RESULT_FILE).read_text())["outcome"]["results"][0]
    assert check["actual"] == {"en": "3 complete handshakes to server:8080", "zh": "与 server:8080 完成 3 次握手"}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 1}', b"\xff\xfe", b'{"format": 1, "outcome": {"run": 1}}']
)
def test_damage_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / RESULT_FILE).write_bytes(content)
    with pytest.raises(RecordError, match=r"result\.json is damaged: "):
        load_outcome(tmp_path)


def test_a_directory_without_a_result(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read: No such file"):
        load_outcome(tmp_path)


def test_a_result_of_a_newer_lab(passed: Outcome, tmp_path: Path) -> None:
    save_outcome(passed, tmp_path)
    saved = json.loads((tmp_path / RESULT_FILE).read_text())
    (tmp_path / RESULT_FILE).write_text(json.dumps({**saved, "format": 99}))
    with pytest.raises(RecordError, match="newer lab"):
        load_outcome(tmp_path)
