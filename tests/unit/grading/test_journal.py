from __future__ import annotations

import os
from pathlib import Path

import pytest
from marks import check, graded

from lab.errors import InputError, LabError
from lab.graded import Graded
from lab.grading.journal import JOURNAL_FILE, Grounds, Journal, alone_in
from lab.results import Verdict

HALF = graded(check("a"), check("b", Verdict.FAILED), student="Zhang")
FULL = graded(check("a"), check("b"), student="Zhang")
ERROR = graded(check("a", Verdict.ERROR), student="Zhang", verdict=Verdict.ERROR)


def known(folder: Path, key: str) -> Graded | None:
    line = Journal(folder, "tcp-multiclient").known(key)
    return None if line is None else line.graded


def test_what_was_added_is_known_by_the_next(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "tcp-multiclient")
    assert journal.known("k") is None
    journal.add("k", "zhang", HALF)
    assert journal.known("k") == Journal(tmp_path, "tcp-multiclient").known("k")
    assert known(tmp_path, "k") == HALF
    assert known(tmp_path, "other") is None
    assert Journal(tmp_path, "tcp-multiclient").torn == ()


def test_the_latest_of_a_key_and_of_a_student(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "tcp-multiclient")
    for key, slug, result in (("k", "zhang", HALF), ("k", "zhang", FULL), ("k2", "zhang", HALF), ("k3", "li", FULL)):
        journal.add(key, slug, result)
    last = Journal(tmp_path, "tcp-multiclient").last_of("zhang")
    assert last is not None
    assert (last.key, last.graded) == ("k2", HALF)
    assert known(tmp_path, "k") == FULL
    assert Journal(tmp_path, "tcp-multiclient").last_of("wang") is None


def test_an_error_of_the_lab_is_written_down_and_never_taken(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "tcp-multiclient")
    journal.add("k", "zhang", FULL)
    journal.add("k2", "zhang", ERROR)
    assert known(tmp_path, "k2") is None
    last = Journal(tmp_path, "tcp-multiclient").last_of("zhang")
    assert last is not None
    assert last.graded == FULL
    assert len((tmp_path / JOURNAL_FILE).read_bytes().splitlines()) == 2


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_a_torn_last_line_is_dropped_and_told(tmp_path: Path, cut: int) -> None:
    journal = Journal(tmp_path, "tcp-multiclient")
    journal.add("one", "zhang", HALF)
    journal.add("two", "li", FULL)
    file = tmp_path / JOURNAL_FILE
    os.truncate(file, file.stat().st_size - cut)
    again = Journal(tmp_path, "tcp-multiclient")
    assert "cut short" in again.torn[0].en
    assert (again.known("one") is not None, again.known("two")) == (True, None)
    again.add("two", "li", FULL)
    assert known(tmp_path, "two") == FULL
    assert Journal(tmp_path, "tcp-multiclient").torn == ()


def test_the_result_before_the_latest_and_who_had_a_result(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "tcp-multiclient")
    for key, slug, result in (("k", "zhang", FULL), ("k2", "zhang", HALF), ("k", "li", FULL), ("k3", "zhang", ERROR)):
        journal.add(key, slug, result)
    again = Journal(tmp_path, "tcp-multiclient")
    before = again.before("zhang")
    assert before is not None
    assert before.graded == FULL
    assert again.before("li") is None
    assert (again.holders("k"), again.holders("k3")) == (("zhang", "li"), ())


def test_a_journal_of_another_exercise_is_refused_and_left_alone(tmp_path: Path) -> None:
    Journal(tmp_path, "tcp-multiclient").add("k", "zhang", ERROR)
    file = tmp_path / JOURNAL_FILE
    file.write_bytes(b"rubbish\n" + file.read_bytes() + b"torn")
    content = file.read_bytes()
    with pytest.raises(InputError, match=r"holds the results of tcp-multiclient, not of tcp-hello: .*--out"):
        Journal(tmp_path, "tcp-hello")
    assert file.read_bytes() == content


@pytest.mark.parametrize("rubbish", [b"rubbish", b"\xff\x00", b"{}", b"[" * 5000])
def test_a_damaged_line_costs_itself_only(tmp_path: Path, rubbish: bytes) -> None:
    journal = Journal(tmp_path, "tcp-multiclient")
    journal.add("one", "zhang", HALF)
    file = tmp_path / JOURNAL_FILE
    good = file.read_bytes()
    file.write_bytes(rubbish + b"\n" + good + rubbish + b"\n" + good[:9])
    damaged = file.read_bytes()
    again = Journal(tmp_path, "tcp-multiclient")
    first, cut = again.torn
    assert first.en.startswith(f"{file}: 2 lines left out, damaged (the first, line 1: ")
    assert "cut short" in cut.en
    assert again.known("one") is not None
    assert file.read_bytes() == good
    assert (tmp_path / "journal.jsonl.damaged").read_bytes() == damaged
    assert Journal(tmp_path, "tcp-multiclient").torn == ()


@pytest.mark.parametrize("in_the_way", ["journal.jsonl.damaged", ".journal.jsonl.part"])
def test_a_damaged_journal_that_cannot_be_mended_stays_as_it_is(tmp_path: Path, in_the_way: str) -> None:
    file = tmp_path / JOURNAL_FILE
    file.write_bytes(b"rubbish\n")
    (tmp_path / in_the_way).mkdir()
    with pytest.raises(InputError, match=r"cannot be written: Is a directory: make it writable, .*--out"):
        Journal(tmp_path, "tcp-multiclient")
    assert file.read_bytes() == b"rubbish\n"


def test_that_it_cannot_be_written_is_told_before_anything_is_graded(tmp_path: Path) -> None:
    (tmp_path / JOURNAL_FILE).symlink_to(tmp_path / "no" / "folder")
    with pytest.raises(InputError, match="cannot be written"):
        Journal(tmp_path, "tcp-multiclient")


def test_a_journal_that_cannot_be_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "tcp-multiclient")
    (tmp_path / JOURNAL_FILE).unlink()
    (tmp_path / JOURNAL_FILE).mkdir()
    with pytest.raises(LabError, match="cannot be written"):
        journal.add("k", "zhang", FULL)
    with pytest.raises(InputError, match="cannot be read"):
        Journal(tmp_path, "tcp-multiclient")


def test_one_grading_at_a_time_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "results"
    with alone_in(folder):
        with pytest.raises(InputError, match="another grading writes into") as told, alone_in(folder):
            pass
        assert "--out" in str(told.value)
        with alone_in(tmp_path / "other"):
            pass
    with alone_in(folder):
        pass


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"), alone_in(tmp_path / "file"):
        pass


GROUNDS = Grounds("definition", ("host:1", "tap:1"), "0.1")


@pytest.mark.parametrize(
    "other",
    [
        Grounds("another", ("host:1", "tap:1"), "0.1"),
        Grounds("definition", ("host:2", "tap:1"), "0.1"),
        Grounds("definition", ("host:1", "tap:1"), "0.2"),
    ],
)
def test_a_key_tells_of_all_that_a_result_depends_on(other: Grounds) -> None:
    assert GROUNDS.key("s", 1) == Grounds("definition", ("host:1", "tap:1"), "0.1").key("s", 1)
    assert len({GROUNDS.key("s", 1), GROUNDS.key("s", 2), GROUNDS.key("t", 1), other.key("s", 1)}) == 4


def test_a_seed_is_that_of_the_submission_and_never_0() -> None:
    seeds = {GROUNDS.seed(f"s{n}", b"ours") for n in range(200)}
    assert len(seeds) == 200
    assert min(seeds) > 0
    assert GROUNDS.seed("s1", b"ours") == Grounds("definition", ("host:2",), "0.2").seed("s1", b"ours")
    assert GROUNDS.seed("s1", b"ours") != Grounds("another", (), "").seed("s1", b"ours")


def test_a_seed_is_known_only_by_who_has_the_secret() -> None:
    assert GROUNDS.seed("s1", b"ours") != GROUNDS.seed("s1", b"theirs")
