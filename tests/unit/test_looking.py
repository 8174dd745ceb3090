from __future__ import annotations

from pathlib import Path

import pytest
from stories import record, wired
from wire import pcap

from lab.conversations import Conversations, Endpoint, Exchange
from lab.errors import InputError
from lab.looking import Look, conversations, no_conversation
from lab.record import FaultFacts, Words
from lab.report.inspect import PAGE

HERE, THERE = Endpoint("10.0.0.1", 1), Endpoint("10.0.0.2", 2)


def exchanges(count: int) -> Conversations:
    made = [Exchange(n, HERE, THERE, 0, n, n, 0, 0, 1, 0, 1, 0, "S0", "D") for n in range(1, count + 1)]
    return Conversations(exchanges=made)


@pytest.mark.parametrize(
    ("count", "en", "zh"),
    [
        (0, "there is no conversation 1; the capture holds none", "没有会话 1；抓包中一个也没有"),
        (1, "there is no conversation 1; there is UDP u1", "没有会话 1；现有 UDP u1"),
        (3, "there is no conversation 1; there is UDP u1-u3", "没有会话 1；现有 UDP u1-u3"),
    ],
)
def test_the_conversations_there_are(count: int, en: str, zh: str) -> None:
    told = no_conversation("1", exchanges(count))
    assert (told.en, told.zh) == (en, zh)


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (PAGE, 1), (PAGE + 1, 2)])
def test_the_table_has_no_page_after_its_last(count: int, pages: int) -> None:
    look = Look(exchanges(count), None, "en")
    look.table(pages, "lab inspect x -c ")
    with pytest.raises(InputError, match=f"there is no page {pages + 1}; the table has {pages} page"):
        look.table(pages + 1, "lab inspect x -c ")


def test_everything_is_on_one_page() -> None:
    with pytest.raises(InputError):
        Look(exchanges(PAGE + 1), None, "en", everything=True).table(2, "")


def test_a_segment_that_came_to_nothing_changes_no_state(tmp_path: Path) -> None:
    talk = wired()
    talk.open()
    (tmp_path / "capture.pcap").write_bytes(pcap(talk.frames))
    words = Words(en="a SYN", zh="一个 SYN")
    fault = FaultFacts(name="f", into="server", kind="drop", what=words, met=1, acted=1, lost=True, packets=(1,))
    for recorded, state in ((record(), "SYN-RECEIVED"), (record(faults=(fault,)), "LISTEN")):
        found = conversations(tmp_path / "capture.pcap", recorded, "1", 1, lambda *_: None, everything=False)
        segments = found.connections[0].segments
        assert segments
        assert segments[0].server_state == state
