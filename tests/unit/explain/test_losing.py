from __future__ import annotations

from pathlib import Path

from stories import record, seen, told, wired
from wire import MILLISECOND, SECOND, Talk

from lab.explain import losing
from lab.explain.talk import talks
from lab.reader import Keep
from lab.record import FaultFacts, Words

RULES = (losing.on_the_wire, losing.again, losing.out_of_order, losing.shut, losing.missing)


def said(talk: Talk, folder: Path, faults: tuple[FaultFacts, ...] = (), **more: object) -> list[str]:
    (found,) = talks(seen(talk.frames, folder, record().model_copy(update={"faults": faults}), **more))
    return [each for rule in RULES for each in told(rule(found))]


def opened() -> Talk:
    talk = wired()
    talk.open()
    return talk


def test_an_undisturbed_conversation_lost_nothing(tmp_path: Path) -> None:
    talk = opened()
    talk.client.says(b"hello")
    talk.server.acks()
    talk.close()
    assert said(talk, tmp_path) == []


def lost() -> Talk:
    talk = opened()
    talk.client.says(b"hello")
    talk.rests(SECOND)
    talk.client.says(b"hello", seq=talk.client.seq - 5)
    return talk


def test_what_was_sent_again_and_why(tmp_path: Path) -> None:
    assert said(lost(), tmp_path) == [
        "alice sends 1 segment again: no acknowledgement came in time (RFC 6298); unknown: whether the first was lost on the way [5]"
    ]
    talk = lost()
    talk.server.acks()
    talk.client.says(b"hello", seq=talk.client.seq - 5)
    assert (
        "alice sends 2 segments again: no acknowledgement came in time (RFC 6298); needlessly"
        in said(talk, tmp_path)[0]
    )


def test_what_a_fault_made_of_a_segment_is_told_and_not_unknown(tmp_path: Path) -> None:
    words = Words(en="TCP", zh="TCP")
    fault = FaultFacts(name="hole", into="server", kind="drop", what=words, met=1, acted=1, lost=True, packets=(4,))
    assert said(lost(), tmp_path, (fault,)) == [
        "the fault hole acts on 1 segment of alice on the way into server: never arrives [4]",
        "alice sends 1 segment again: no acknowledgement came in time (RFC 6298) [5]",
    ]


def test_where_segments_were_not_kept_they_are_counted(tmp_path: Path) -> None:
    assert said(lost(), tmp_path, keep=Keep.MESSAGES) == ["1 segment sent again by alice"]


def test_segments_out_of_order(tmp_path: Path) -> None:
    talk = opened()
    at = talk.client.seq
    talk.client.says(b"world", seq=at + 5)
    talk.time -= MILLISECOND // 2
    talk.client.says(b"hello", seq=at)
    assert said(talk, tmp_path) == [
        "1 segment of alice came out of order: TCP puts the bytes in order, recv() does not show it [5]"
    ]


def test_a_window_that_is_shut(tmp_path: Path) -> None:
    talk = opened()
    talk.client.says(b"hello")
    talk.server.acks(window=0)
    assert said(talk, tmp_path) == [
        "server announces a window of 0 (1 time): its buffer is full, its program does not read, and alice has to wait (RFC 9293, 3.8.6); it never opens again [5]"
    ]
    talk.rests(SECOND)
    talk.server.acks()
    assert said(talk, tmp_path)[0].endswith("; it opens after 1.00 s [5,6]")


def test_bytes_that_the_capture_does_not_hold(tmp_path: Path) -> None:
    talk = opened()
    talk.client.says(b"hello", lost=True)
    talk.client.says(b"world")
    assert said(talk, tmp_path) == [
        "bytes of alice are not in the capture; unknown: whether they were lost or only not captured [4]"
    ]
