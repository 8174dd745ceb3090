from __future__ import annotations

import pytest

from lab.explain.encoded import SHOWN, cuts, quoted


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-16-le", "big5"])
def test_the_ends_that_lie_inside_a_character(encoding: str) -> None:
    data = "早上".encode(encoding)
    size = len(data) // 2
    assert cuts(data, range(len(data) + 1), encoding) == set(range(1, size)) | set(range(size + 1, len(data)))


def test_single_bytes_are_never_cut() -> None:
    assert cuts(b"abc", range(4), "ascii") == cuts(b"\xe6\x97", range(3), "latin-1") == frozenset()


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\xe6\xff", b"\xe6\x97\xa9\xff"])
def test_of_what_is_no_text_nobody_knows(data: bytes) -> None:
    assert cuts(data, [1], "utf-8") == frozenset()


def test_a_last_character_that_never_becomes_whole_is_cut() -> None:
    assert cuts("早上".encode()[:-1], [3, 5], "utf-8") == {5}


def test_long_text_is_shortened_and_no_text_is_escaped() -> None:
    assert quoted(b"x" * SHOWN, "utf-8").en == f"`{'x' * SHOWN}`"
    assert quoted(b"x" * (SHOWN + 1), "utf-8").zh == f"`{'x' * SHOWN}` …"
    assert quoted(b"\xff\x1b", "utf-8").en == "`\\xff\\x1b`"
