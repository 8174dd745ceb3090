from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from facts import ipv4, printed, program, step
from stories import datagram, record, seen, wired
from wire import SECOND, START, Talk

from lab import diff
from lab.record import Record
from lab.report.sides import Part
from lab.results import Outcome, Result, Verdict
from lab.seen import Seen
from lab.text import Text


def told(parts: tuple[Part, ...], language: str = "en") -> dict[str, list[str]]:
    """Part -> `what: before | after`, lines joined by `/`."""
    return {
        part.name.in_(language): [
            f"{row.what.in_(language)}: {'/'.join(t.in_(language) for t in row.before)} | {'/'.join(t.in_(language) for t in row.after)}"
            for row in part.rows
        ]
        for part in parts
    }


def answered(
    answer: bytes = b"yes", *, port: int = 40112, start: int = START, first: str = "client", again: str = ""
) -> Talk:
    """A question and its answer."""
    talk = wired(ports=(port, 8080), start=start)
    talk.open()
    talk.client.says(b"well?")
    if "client" in again:
        talk.rests(SECOND)
        talk.client.says(b"well?", seq=talk.client.seq - 5)
    talk.server.says(answer)
    if "server" in again:
        talk.rests(SECOND)
        talk.server.says(answer, seq=talk.server.seq - len(answer))
    talk.client.acks()
    if first == "client":
        talk.close()
    else:
        talk.server.fin()
        talk.client.acks()
        talk.client.fin()
        talk.server.acks()
    return talk


def of(talk: Talk, folder: Path, recorded: Record | None = None) -> Seen:
    return seen(talk.frames, folder, recorded or record())


def compared(one: Seen, other: Seen) -> dict[str, list[str]]:
    return told(diff.compare(one, other))


def test_times_packets_and_ephemeral_ports_are_no_difference(tmp_path: Path) -> None:
    other = answered(port=51000, start=START + 5 * SECOND)
    other.frames.insert(0, datagram((68, 67), b"", START, ("0.0.0.0", "224.0.0.1")))
    first = answered()
    first.frames.insert(0, datagram((68, 67), b"", START, ("0.0.0.0", "224.0.0.1")))
    assert compared(of(first, tmp_path), of(other, tmp_path)) == {}


def test_what_was_said_and_who_closed(tmp_path: Path) -> None:
    parts = diff.compare(of(answered(), tmp_path), of(answered(b"no", first="server"), tmp_path))
    assert told(parts) == {
        "TCP alice → server:8080": [
            "close: FIN, client first | FIN, server first",
            "last states: TIME-WAIT / CLOSED | CLOSED / TIME-WAIT",
            "server sent: yes | no",
        ]
    }
    assert told(parts, "zh")["TCP alice → server:8080"][0] == "关闭: FIN，客户端先关 | FIN，服务端先关"


@pytest.mark.parametrize(
    ("again", "whom"), [("client", "by the client"), ("server", "by the server"), ("client, server", "by both ends")]
)
def test_who_had_to_send_again(tmp_path: Path, again: str, whom: str) -> None:
    assert compared(of(answered(), tmp_path), of(answered(again=again), tmp_path)) == {
        "TCP alice → server:8080": [f"sent again: nothing | {whom}"]
    }
    assert compared(of(answered(again=again), tmp_path), of(answered(again=again), tmp_path)) == {}


def test_conversations_are_matched_in_order_and_those_of_one_run_only_are_told(tmp_path: Path) -> None:
    twice = answered()
    again = answered(port=40113, start=START + SECOND)
    twice.frames.extend(again.frames)
    assert compared(of(answered(), tmp_path), of(twice, tmp_path)) == {
        "TCP alice → server:8080, number 2": ["conversation:  | there"]
    }
    assert compared(of(twice, tmp_path), of(answered(), tmp_path)) == {
        "TCP alice → server:8080, number 2": ["conversation: there | "]
    }


def test_datagrams(tmp_path: Path) -> None:
    ends = (ipv4("alice"), ipv4("server"))
    one = seen([datagram((40000, 53), b"a", START, ends)], tmp_path, record())
    other = seen([datagram((40001, 53), b, START, ends) for b in (b"a", b"b")], tmp_path, record())
    assert compared(one, other) == {"UDP alice → server:53": ["datagrams: → 1 ← 0 | → 2 ← 0", "client sent:  | b"]}


def result(verdict: Verdict, actual: str = "found 1") -> Result:
    return Result("at-once", "tcp.overlap", verdict, Text("3 at once", "同时 3 个"), Text(actual, actual))


def judged(tmp_path: Path, *results: Result) -> Seen:
    outcome = Outcome("test", "1", results[0].verdict if results else Verdict.PASSED, results, Path(), Path(), 0, 0, {})
    return replace(seen([], tmp_path, record()), outcome=outcome)


@pytest.mark.parametrize(
    ("one", "other", "row"),
    [
        (result(Verdict.PASSED), result(Verdict.FAILED), "at-once: passed | failed/expected 3 at once/actual found 1"),
        (result(Verdict.SKIPPED, "x failed"), result(Verdict.PASSED), "at-once: skipped: x failed | passed"),
        (
            result(Verdict.FAILED, "found 1"),
            result(Verdict.FAILED, "found 2"),
            "at-once: failed/expected 3 at once/actual found 1 | failed/expected 3 at once/actual found 2",
        ),
    ],
)
def test_checks_that_came_to_something_else(tmp_path: Path, one: Result, other: Result, row: str) -> None:
    assert compared(judged(tmp_path, one), judged(tmp_path, other)) == {"checks": [row]}


def test_checks_that_differ_in_every_run_only(tmp_path: Path) -> None:
    for verdict, one, other in (
        (Verdict.PASSED, "open for 4.1 ms", "open for 12.0 ms, twice"),
        (Verdict.FAILED, "alice:40112 came after 4.1 ms at packet 12", "alice:51000 came after 1.20 s at packet 7"),
    ):
        assert compared(judged(tmp_path, result(verdict, one)), judged(tmp_path, result(verdict, other))) == {}


def test_a_run_that_was_not_judged_has_no_checks_to_compare(tmp_path: Path) -> None:
    one, other = judged(tmp_path, result(Verdict.FAILED)), seen([], tmp_path, record())
    assert compared(one, other) == compared(other, one) == {}


def test_checks_and_steps_of_different_things_are_not_listed(tmp_path: Path) -> None:
    one, other = judged(tmp_path, result(Verdict.PASSED)), judged(tmp_path)
    assert "checks" in compared(one, other)
    assert other.record is not None
    renamed = replace(other, record=other.record.model_copy(update={"scenario": "another"}))
    assert "checks" not in compared(one, renamed)
    assert "checks" not in compared(one, replace(other, record=None))


def test_a_check_that_one_run_does_not_have(tmp_path: Path) -> None:
    assert compared(judged(tmp_path), judged(tmp_path, result(Verdict.PASSED))) == {"checks": ["at-once:  | passed"]}


def test_steps_that_failed(tmp_path: Path) -> None:
    one = seen([], tmp_path, record(steps=(step(),)))
    other = seen([], tmp_path, record(steps=(step("failed", actual="nothing came"),)))
    assert compared(one, other) == {"steps": ["step 1: done: a step | failed: a step/nothing came"]}
    assert compared(one, seen([], tmp_path, record(steps=(step(what="another"),)))) == {}


def with_program(tmp_path: Path, *lines: str, stream: str = "out", **facts: Any) -> Seen:
    return seen([], tmp_path, record({"echo": program("server", output=printed(*lines, stream=stream), **facts)}))


def test_output_is_compared_by_lines_with_hosts_for_addresses_and_without_ports_and_moments(tmp_path: Path) -> None:
    one = with_program(tmp_path, "from ('10.77.4.11', 40112) at 10:11:12", "hello", exit=0)
    other = with_program(tmp_path, "from ('10.77.4.11', 51000) at 23:59:00.5", "good bye", exit=0)
    assert compared(one, one) == {}
    assert compared(one, other) == {"program echo": ["printed: hello | good bye"]}


def test_which_of_several_clients_comes_first_is_no_difference_but_what_one_says_is(tmp_path: Path) -> None:
    lines = ["10.77.4.11: a", "10.77.4.12: b", "10.77.4.11: c"]
    one = with_program(tmp_path, *lines, exit=0)
    assert compared(one, with_program(tmp_path, lines[1], lines[0], lines[2], exit=0)) == {}
    assert compared(one, with_program(tmp_path, lines[2], lines[1], lines[0], exit=0))


@pytest.mark.parametrize(
    ("facts", "ended"),
    [
        ({"exit": 1}, "exit 1"),
        ({"exit": 137, "signal": "SIGKILL"}, "ended by SIGKILL"),
        ({"stopped_by_lab": True, "signal": "SIGKILL"}, "still running when the steps were over"),
        ({"failure": "no such file"}, "could not be started: no such file"),
        ({}, "never started"),
    ],
)
def test_how_programs_ended(tmp_path: Path, facts: dict[str, Any], ended: str) -> None:
    assert compared(with_program(tmp_path, exit=0), with_program(tmp_path, **facts)) == {
        "program echo": [f"ended: exit 0 | {ended}"]
    }


def test_what_goes_to_stderr_is_told_apart(tmp_path: Path) -> None:
    assert compared(with_program(tmp_path, exit=0), with_program(tmp_path, "oops", stream="err", exit=0)) == {
        "program echo": ["stderr:  | oops"]
    }


def test_many_differences_are_counted(tmp_path: Path) -> None:
    lines = [f"line {n}" for n in range(3 * diff.MOST)]
    changed = [line if n % 2 else f"other {n}" for n, line in enumerate(lines)]
    rows = compared(with_program(tmp_path, *lines), with_program(tmp_path, *changed))["program echo"]
    assert len(rows) == diff.MOST + 1
    assert rows[-1] == "printed: and 10 more places | and 10 more places"
    (row,) = compared(with_program(tmp_path), with_program(tmp_path, *lines))["program echo"]
    assert row.endswith("line 19/… 40 more lines")
    (row,) = compared(with_program(tmp_path), with_program(tmp_path, *lines[: diff.MOST]))["program echo"]
    assert row.endswith("line 19")
    many = [f"line {n}" for n in range(diff.LONGEST + 1)]
    assert compared(with_program(tmp_path), with_program(tmp_path, *many))["program echo"] == [
        "printed: 0 lines | 2,001 lines"
    ]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("('10.77.4.11', 40112)", "('alice', …)"),
        ("fd77:4::10 and 192.0.2.1", "server and 192.0.2.1"),
        ("port 8080, 12345, 61000 or 40112", "port 8080, 12345, 61000 or …"),
        ("Sat Nov 21 10:11:12 2026", "…"),
        ("at 2026-11-21 10:11:12.345 it came", "at … it came"),
        ("10.77.4.11: hi, 10.77.4.12.", "alice: hi, bob."),
        ("10.77.4.11:40112", "alice:…"),
        ("no:address and 1.2.3.4.5", "no:address and 1.2.3.4.5"),
    ],
)
def test_what_of_a_text_is_the_same_in_every_run(text: str, same: str) -> None:
    assert diff.stable(text, record()) == same


def test_what_stands_over_a_side(tmp_path: Path) -> None:
    assert diff.head(seen([], tmp_path)).en == "capture.pcap"
    assert diff.head(seen([], tmp_path, record())).zh == "test/1：未评判"
    broken = record().model_copy(update={"submission": "/somewhere/scenarios/x/broken/at-once"})
    shown = replace(judged(tmp_path, result(Verdict.FAILED)), record=broken)
    assert diff.head(shown).en == "test/1 (broken/at-once): failed"
