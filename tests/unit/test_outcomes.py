from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lab.errors import RecordError
from lab.outcomes import RESULT_FILE, load_outcome, save_outcome
from lab.results import Outcome, Result, Verdict
from lab.text import Text

SHAKEN = Text("3 complete handshakes to server:8080", "与 server:8080 完成 3 次握手")


@pytest.fixture
def outcome() -> Outcome:
    result = Result("connected", "tcp.handshake", Verdict.PASSED, SHAKEN, SHAKEN, packets=((5, 6, 7),))
    return Outcome("hello", "1", Verdict.PASSED, (result,), Path(), Path("capture.pcapng"), 34, 0, {"setup": 0.9})


def test_an_outcome_is_read_as_it_was_saved(outcome: Outcome, tmp_path: Path) -> None:
    here = replace(outcome, folder=tmp_path, capture=tmp_path / "capture.pcapng")
    save_outcome(here, tmp_path)
    assert load_outcome(tmp_path) == here


def test_a_run_directory_may_be_moved(outcome: Outcome, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    save_outcome(replace(outcome, folder=here, capture=here / "capture.pcapng"), here)
    shutil.move(here, there)
    assert load_outcome(there).capture == there / "capture.pcapng"
    assert load_outcome(there).folder == there


def test_both_languages_are_saved(outcome: Outcome, tmp_path: Path) -> None:
    save_outcome(outcome, tmp_path)
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


def test_a_result_of_a_newer_lab(outcome: Outcome, tmp_path: Path) -> None:
    save_outcome(outcome, tmp_path)
    saved = json.loads((tmp_path / RESULT_FILE).read_text())
    (tmp_path / RESULT_FILE).write_text(json.dumps({**saved, "format": 99}))
    with pytest.raises(RecordError, match="newer lab"):
        load_outcome(tmp_path)
