from __future__ import annotations

from itertools import permutations

import pytest

from lab.fragments import MOST_OF_ONE, MOST_WAITING, Fragments, Key

PIECES = {0: b"abcd", 4: b"efgh", 8: b"ij"}


def key(identification: int) -> Key:
    return b"\1\1\1\1", b"\2\2\2\2", identification, 17


def joined(fragments: Fragments, identification: int, offset: int, piece: bytes, *, more: bool) -> bytes | None:
    found = fragments.joined(key(identification), offset, piece, 0, more=more)
    return found and found[0]


def test_the_frames_that_a_datagram_came_in() -> None:
    fragments = Fragments()
    assert fragments.joined(key(1), 4, PIECES[4], 7, more=True) is None
    assert fragments.joined(key(2), 0, b"ab", 8, more=True) is None
    assert fragments.joined(key(1), 0, PIECES[0], 9, more=True) is None
    assert fragments.joined(key(1), 8, PIECES[8], 12, more=False) == (b"abcdefghij", (7, 9, 12))


@pytest.mark.parametrize("order", list(permutations(PIECES)))
def test_they_come_together_in_any_order_with_the_last_to_come(order: tuple[int, ...]) -> None:
    fragments = Fragments()
    found = [joined(fragments, 1, offset, PIECES[offset], more=offset < 8) for offset in order]
    assert found == [None, None, b"abcdefghij"]


def test_where_they_overlap_the_earlier_offset_wins() -> None:
    fragments = Fragments()
    assert joined(fragments, 1, 2, b"XYef", more=False) is None
    assert joined(fragments, 1, 0, b"abcd", more=True) == b"abcdef"


def test_those_of_different_datagrams_are_kept_apart() -> None:
    fragments = Fragments()
    for n in (1, 2):
        assert joined(fragments, n, 0, b"%d" % n, more=True) is None
    assert [joined(fragments, n, 1, b"!", more=False) for n in (2, 1)] == [b"2!", b"1!"]


def test_of_too_many_that_wait_the_first_is_given_up() -> None:
    fragments = Fragments()
    for n in range(MOST_WAITING + 1):
        joined(fragments, n, 0, b"a", more=True)
    assert joined(fragments, 1, 1, b"b", more=False) == b"ab"
    assert joined(fragments, 0, 1, b"b", more=False) is None


def test_a_datagram_in_too_many_pieces_is_given_up() -> None:
    fragments = Fragments()
    for n in range(MOST_OF_ONE + 1):
        joined(fragments, 1, 1 + n, b"a", more=True)
    assert joined(fragments, 1, 0, b"a", more=False) == b"a"
