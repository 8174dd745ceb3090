from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from wire import block, interface, option, packet, section

from lab.capturefile import opened
from lab.pcapng import commented
from lab.record import FaultFacts, StepFacts, Words
from lab.remarks import LARGEST, LONGEST, MOST, is_remark, remarks, write
from lab.results import Outcome, Result, Verdict
from lab.text import Text

TIMES = [100, 200, 300, 400]
CAPTURE = section() + interface(options=option(9, b"\x09")) + b"".join(packet(time, b"abcd") for time in TIMES)

FOUND = Text("3 handshakes", "3 次握手")


def step(index: int, started: int, what: str = "alice starts", outcome: str = "done", verb: str = "start") -> StepFacts:
    return StepFacts(
        index=index,
        verb=verb,
        outcome=outcome,
        started=started,
        ended=started + 150,
        what=Words(en=what, zh=f"{what}（中）"),
        actual=Words(en="it printed nothing", zh="没有打印") if outcome == "failed" else None,
    )


def numbers(*steps: StepFacts) -> dict[int, list[str]]:
    found = remarks(steps, (), TIMES)
    return {number: [text.split(":")[0] for text in texts] for number, texts in found.items()}


def result(*packets: tuple[int, ...], verdict: Verdict = Verdict.PASSED, actual: Text = FOUND) -> Result:
    return Result("connected", "tcp.handshake", verdict, Text("at least 4", "至少 4 次"), actual, packets=packets)


def outcome(folder: Path, *results: Result, damage: Text | None = None) -> Outcome:
    file = folder / "capture.pcapng"
    return Outcome("x", folder.name, Verdict.PASSED, results, folder, file, len(TIMES), 0, {}, damage=damage)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "capture.pcapng").write_bytes(CAPTURE)
    return tmp_path


def comments(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "replace")


def test_a_step_is_on_the_first_frame_at_or_after_its_beginning() -> None:
    found = numbers(step(1, 50), step(2, 200), step(3, 201), step(4, 301), step(5, 401))
    assert found == {1: ["step 1"], 2: ["step 2"], 3: ["step 3"], 4: ["step 4"]}
    assert remarks([step(1, 50)], (), TIMES) == {1: ["step 1: alice starts\n步骤 1：alice starts（中）"]}


@pytest.mark.parametrize("verb", ["expect", "wait", "observe"])
def test_a_step_that_waits_is_on_the_last_frame_before_its_end(verb: str) -> None:
    waits = [step(n, begun, verb=verb) for n, begun in ((2, 150), (3, 151), (4, 900), (1, -100))]
    assert numbers(*waits) == {1: ["step 1"], 3: ["step 2", "step 3"], 4: ["step 4"]}
    assert numbers(step(1, 299), step(2, 160, verb=verb)) == {3: ["step 1", "step 2"]}
    assert remarks(waits, (), ()) == {}


def test_a_step_that_failed_says_what_happened_instead() -> None:
    ((text,),) = remarks([step(7, 150, "alice prints `x`", "failed", "expect")], (), TIMES).values()
    assert text.splitlines()[0] == "step 7: alice prints `x`: it printed nothing"
    assert is_remark(text)


def test_steps_that_began_before_the_same_frame_are_comments_of_their_own() -> None:
    assert len(remarks([step(1, 110), step(2, 120)], (), TIMES)[2]) == 2


def test_a_step_that_was_skipped_is_on_no_frame() -> None:
    assert remarks([step(1, 50, outcome="skipped")], (), TIMES) == {}


def test_a_check_is_on_every_frame_that_it_cites_once() -> None:
    passed = "✓ connected: 3 handshakes\n✓ connected：3 次握手"
    assert remarks((), [result((1, 2), (2, 4))], TIMES) == {1: [passed], 2: [passed], 4: [passed]}
    failed = "✗ connected: expected at least 4; actual: 3 handshakes\n✗ connected：期望至少 4 次；实际：3 次握手"
    assert remarks((), [result((3,), verdict=Verdict.FAILED)], TIMES) == {3: [failed]}


def test_a_check_that_cites_very_many_says_how_many_it_leaves_out() -> None:
    found = remarks((), [result(tuple(range(1, MOST + 6)))], TIMES)
    assert max(found) == MOST
    assert found[MOST][1].splitlines() == [
        "✓ connected: packets after this one, not marked: 5",
        "✓ connected：此后还有 5 个数据包未标注",
    ]


@pytest.mark.parametrize("verdict", Verdict)
def test_what_is_said_is_known_again(verdict: Verdict) -> None:
    found = remarks([step(1, 0)], [result(tuple(range(1, MOST + 2)), verdict=verdict)], TIMES)
    assert all(is_remark(text) for texts in found.values() for text in texts)


@pytest.mark.parametrize("text", ["step 3: mine", "the capture begins: marker of the lab", "✓ looks right", ""])
def test_what_others_say_is_not_taken_for_it(text: str) -> None:
    assert not is_remark(text)


def test_what_programs_and_packets_say_is_harmless_and_bounded() -> None:
    evil = "\x1b[2J\0\u202e\nsecond line" + "x" * 10_000
    actual = Text(evil, evil)
    (first, *_), (second, *_) = remarks([step(1, 0, evil)], [result((2,), actual=actual)], TIMES).values()
    for text in (first, second):
        english, chinese = text.split("\n")
        assert english.isprintable()
        assert chinese.isprintable()
        assert len(english) <= LONGEST
        assert is_remark(text)


def test_they_are_written_into_the_capture_and_written_again(run: Path) -> None:
    file = run / "capture.pcapng"
    write(outcome(run, result((2,))), [step(1, 0)])
    once = file.read_bytes()
    assert "✓ connected: 3 handshakes" in comments(file)
    assert "step 1: alice starts" in comments(file)
    with opened(file) as capture:
        assert [(time, data) for time, _, _, data, _ in capture] == [(time, b"abcd") for time in TIMES]
        assert capture.damage is None
    write(outcome(run, result((2,))), [step(1, 0)])
    assert file.read_bytes() == once
    write(outcome(run, result((3,), verdict=Verdict.FAILED)), [step(1, 0)])
    assert "✓" not in comments(file)
    assert "✗ connected: expected at least 4" in comments(file)
    assert [each.name for each in run.iterdir()] == ["capture.pcapng"]


def test_comments_of_others_stay(run: Path) -> None:
    file = run / "capture.pcapng"
    with file.open("rb") as source, (run / "mine").open("wb") as out:
        commented(source, out, {2: ["why here?"]}, is_remark)
    (run / "mine").replace(file)
    write(outcome(run, result((2,))), [])
    write(outcome(run), [])
    assert "why here?" in comments(file)
    assert "connected" not in comments(file)


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(CAPTURE),
        CAPTURE + block(0xBAD, b"")[:-1],
        b"\xd4\xc3\xb2\xa1" + bytes(16) + b"\1\0\0\0",
        CAPTURE.ljust(LARGEST + 1, b"\0"),
    ],
    ids=["gzip", "damaged", "pcap", "large"],
)
def test_what_cannot_be_commented_stays_as_it_is(run: Path, content: bytes) -> None:
    file = run / "capture.pcapng"
    file.write_bytes(content)
    write(outcome(run, result((1,))), [])
    assert file.read_bytes() == content
    assert [each.name for each in run.iterdir()] == ["capture.pcapng"]


def test_a_capture_with_damage_is_left(run: Path) -> None:
    write(outcome(run, result((1,)), damage=Text("cut", "截断")), [])
    assert (run / "capture.pcapng").read_bytes() == CAPTURE


def test_nothing_outside_of_the_run_directory_is_written(run: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = outcome(tmp_path_factory.mktemp("other"), result((1,)))
    write(replace(other, capture=run / "capture.pcapng"), [])
    assert (run / "capture.pcapng").read_bytes() == CAPTURE
    other.capture.symlink_to(run / "capture.pcapng")
    write(other, [])
    assert other.capture.is_symlink()
    assert (run / "capture.pcapng").read_bytes() == CAPTURE


def test_a_packet_says_what_a_fault_made_of_it(run: Path) -> None:
    words = Words(en="UDP", zh="UDP")
    fault = FaultFacts(name="hole", into="server", kind="drop", what=words, met=2, acted=2, lost=True, packets=(2, 3))
    found = remarks((), (), TIMES, (fault,))
    assert found == {number: ["fault hole: never arrives\n故障 hole：没有到达"] for number in (2, 3)}
    assert is_remark(found[2][0])
    write(outcome(run), (), (fault,))
    once = (run / "capture.pcapng").read_bytes()
    write(outcome(run), (), (fault,))
    assert (run / "capture.pcapng").read_bytes() == once
