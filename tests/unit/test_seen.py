from __future__ import annotations

from pathlib import Path

import pytest
from stories import record, wired
from wire import START, pcap

from lab import outcomes, seen, trace
from lab import record as records
from lab.errors import CaptureFileError, RecordError
from lab.reader import Keep
from lab.record import FaultFacts, Words
from lab.results import Outcome, Verdict
from lab.trace.beside import Beside
from lab.trace.call import SocketCall


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run directory with a connection."""
    talk = wired()
    talk.open()
    (tmp_path / "capture.pcapng").write_bytes(pcap(talk.frames))
    records.save(record(encoding="gbk"), tmp_path)
    return tmp_path


def test_a_run_that_was_judged(folder: Path) -> None:
    outcome = Outcome("test", "1", Verdict.PASSED, (), folder, folder / "capture.pcapng", 3, 0, {})
    outcomes.save_outcome(outcome, folder)
    found = seen.of_run(folder)
    assert (found.capture, found.encoding, found.outcome) == (folder / "capture.pcapng", "gbk", outcome)
    assert found.record is not None
    assert [each.segments is not None for each in found.conversations.connections] == [True]
    assert found.calls == ()


def test_a_run_without_an_outcome_is_seen_all_the_same(folder: Path) -> None:
    assert seen.of_run(folder).outcome is None
    (folder / outcomes.RESULT_FILE).write_text("{")
    assert seen.of_run(folder).outcome is None


def test_the_calls_of_a_run_that_was_traced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call = SocketCall(number=1, program="client", process=1, thread=1, name="socket", started=START)
    trace.save([call], folder)
    monkeypatch.setattr(seen, "beside", lambda recorded, conversations, calls: [Beside(each) for each in calls])
    assert [each.call for each in seen.of_run(folder).calls] == [call]


@pytest.mark.parametrize(("kind", "lost"), [("drop", True), ("corrupt", False)])
def test_packets_that_came_to_nothing_change_no_state(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, lost: bool
) -> None:
    segments = seen.of_run(folder).conversations.connections[0].segments
    assert segments
    assert segments[0].server_state == "SYN-RECEIVED"
    words = Words(en="a SYN", zh="一个 SYN")
    fault = FaultFacts(
        name="f", into="server", kind=kind, what=words, met=1, acted=1, lost=lost, packets=(segments[0].number,)
    )
    recorded = records.load(folder).model_copy(update={"faults": (fault,)})
    monkeypatch.setattr(records, "load", lambda _: recorded)
    segments = seen.of_run(folder).conversations.connections[0].segments
    assert segments
    assert segments[0].server_state == "LISTEN"


def test_what_is_no_run_or_no_capture(folder: Path, tmp_path: Path) -> None:
    (folder / "capture.pcapng").write_bytes(b"no capture")
    with pytest.raises(CaptureFileError):
        seen.of_run(folder)
    with pytest.raises(CaptureFileError):
        seen.of_file(tmp_path / "missing")
    (folder / records.RECORD_FILE).unlink()
    with pytest.raises(RecordError):
        seen.of_run(folder)


def test_of_a_large_capture_segments_are_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = folder / "capture.pcapng"
    assert seen.of_file(file).conversations.connections[0].segments
    assert seen.of_file(file, keep=Keep.TABLES).conversations.connections[0].segments is None
    monkeypatch.setattr(seen, "WHOLE", 10)
    assert seen.of_file(file).conversations.connections[0].segments is None
    assert seen.of_run(folder).conversations.connections[0].segments is None
    assert seen.of_run(folder, keep=Keep.ALL).conversations.connections[0].segments
