from __future__ import annotations

from pathlib import Path

from facts import printed
from stories import record, seen, told, wired
from wire import MILLISECOND, START, Talk

from lab.explain import speaking
from lab.explain.talk import talks
from lab.record import FaultFacts, Record, Words


def said(talk: Talk, folder: Path, recorded: object = None, **more: object) -> list[str]:
    (found,) = talks(seen(talk.frames, folder, recorded or record(), **more))
    return told(speaking.sent(found))


def opened() -> Talk:
    talk = wired()
    talk.open()
    return talk


def test_segments_of_one_side_are_one_turn_until_the_other_speaks(tmp_path: Path) -> None:
    talk = opened()
    for text in (b"a", b"b"):
        talk.client.says(text)
        talk.server.acks()
    talk.server.says(b"c")
    talk.client.says(b"d")
    assert said(talk, tmp_path) == [
        "alice sends 2 bytes in 2 segments: `ab` [4,6]",
        "server sends 1 byte in 1 segment: `c` [8]",
        "alice sends 1 byte in 1 segment: `d` [9]",
    ]


def test_what_is_sent_again_is_told_once(tmp_path: Path) -> None:
    talk = opened()
    talk.client.says(b"hello")
    talk.client.says(b"hello", seq=talk.client.seq - 5)
    assert said(talk, tmp_path) == ["alice sends 5 bytes in 1 segment: `hello` [4]"]


def test_bytes_that_come_out_of_order_are_read_in_order(tmp_path: Path) -> None:
    talk = opened()
    at = talk.client.seq
    talk.client.says(b"world", seq=at + 6)
    talk.client.says(b"hello ", seq=at)
    assert said(talk, tmp_path) == ["alice sends 11 bytes in 2 segments: `hello world` [4,5]"]


def test_the_encoding_is_that_of_the_scenario(tmp_path: Path) -> None:
    talk = opened()
    talk.client.says("早上好".encode("gbk")[:3])
    talk.client.says("早上好".encode("gbk")[3:])
    assert said(talk, tmp_path, encoding="gbk") == [
        "alice sends 6 bytes in 2 segments: `早上好`; packet 4 ends inside a character of gbk [4,5]"
    ]
    assert "ends inside" not in said(talk, tmp_path, encoding="latin-1")[0]


def test_what_is_no_text_is_not_said_to_be_cut(tmp_path: Path) -> None:
    talk = opened()
    talk.client.says(b"\xff\xe6")
    talk.client.says(b"\x97\xa9")
    assert said(talk, tmp_path) == ["alice sends 4 bytes in 2 segments: `\\xff早` [4,5]"]


def test_a_long_conversation_is_summed_up(tmp_path: Path) -> None:
    talk = opened()
    for _ in range(speaking.TOLD):
        talk.client.says(b"ask")
        talk.server.says(b"answer")
    lines = said(talk, tmp_path)
    assert len(lines) == speaking.TOLD + 1
    numbers = ",".join(str(n) for n in range(4 + speaking.TOLD, 4 + 2 * speaking.TOLD))
    assert (
        lines[-1]
        == f"then 40 more turns that are not told one by one: 60 bytes from alice, 120 bytes from server [{numbers}]"
    )


def with_output(*lines: str, since: int) -> Record:
    recorded = record()
    service = recorded.programs["service"].model_copy(update={"output": printed(*lines, since=since)})
    return recorded.model_copy(update={"programs": {**recorded.programs, "service": service}})


def test_a_line_tells_once_that_it_was_printed(tmp_path: Path) -> None:
    talk = opened()
    talk.client.says(b"hello")
    talk.server.says(b"ok")
    talk.client.says(b"hello")
    told_by = with_output("got hello", since=START + 4 * MILLISECOND)
    first, _, second = said(talk, tmp_path, told_by)
    assert first.endswith("`hello`; service prints it [4]")
    assert second.endswith("`hello` [6]")


def test_a_line_that_was_there_before_or_says_something_else_tells_nothing(tmp_path: Path) -> None:
    talk = opened()
    talk.client.says(b"hello")
    for told_by in (with_output("hello", since=START), with_output("help", since=START + 4 * MILLISECOND)):
        assert "prints" not in said(talk, tmp_path, told_by)[0]


def lost(*packets: int) -> FaultFacts:
    words = Words(en="TCP", zh="TCP")
    return FaultFacts(name="f", into="server", kind="drop", what=words, met=1, acted=1, lost=True, packets=packets)


def test_what_was_lost_comes_with_another_packet_and_is_printed_only_then(tmp_path: Path) -> None:
    talk = opened()
    talk.client.says(b"hello")
    talk.client.says(b"hello", seq=talk.client.seq - 5)
    for milliseconds, told_of in ((2.5, ""), (4, "; service prints it")):  # a line comes one later, packet 5 at 4
        recorded = with_output("hello", since=START + int(milliseconds * MILLISECOND))
        assert said(talk, tmp_path, recorded.model_copy(update={"faults": (lost(4),)})) == [
            f"alice sends 5 bytes in 1 segment: `hello`; what was lost arrives with packet 5{told_of} [4]"
        ]


def test_what_was_lost_and_not_sent_again(tmp_path: Path) -> None:
    talk = opened()
    talk.client.says(b"hel")
    talk.client.says(b"lo")
    recorded = with_output("hello", since=START + 5 * MILLISECOND)  # by another connection, then
    assert said(talk, tmp_path, recorded.model_copy(update={"faults": (lost(5),)})) == [
        "alice sends 5 bytes in 2 segments: `hello`; not all of it arrives [4,5]"
    ]
