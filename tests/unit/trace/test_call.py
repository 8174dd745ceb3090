from __future__ import annotations

from pathlib import Path

import pytest

from lab.conversations import Endpoint
from lab.errors import RecordError
from lab.trace import SocketCall, load, save
from lab.trace.call import CALLS_FILE


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    calls = [
        SocketCall(
            number=1,
            program="server",
            process=8,
            thread=9,
            name="bind",
            started=7,
            arguments="('', 8080)",
            local=Endpoint("0.0.0.0", 8080),
        )
    ]
    save(calls, tmp_path)
    assert load(tmp_path) == calls


def test_none_where_nothing_was_traced(tmp_path: Path) -> None:
    assert load(tmp_path) == []


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    (tmp_path / CALLS_FILE).write_text("{}\n")
    with pytest.raises(RecordError, match=r"calls\.jsonl:1 is damaged"):
        load(tmp_path)
