from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.report.page.times import CUT, CUT_SHARE, DIGIT, Times

S, MS = 1_000_000_000, 1_000_000


def test_time_is_in_proportion_where_no_wait_is_longer_than_the_rest() -> None:
    times = Times([0, 10, 20, 30, 40], 100, 500)
    assert times.cuts == []
    assert [times.x(t) for t in (0, 10, 25, 40)] == [100, 200, 350, 500]


def test_waits_are_cut_short_so_that_the_rest_can_be_told_apart() -> None:
    busy = [2 * S + each * MS for each in range(3)]
    times = Times([0, *busy, 5 * S], 0, 240)
    assert times.cuts == [(0, busy[0]), (busy[-1], 5 * S)]
    assert [times.x(t) for t in (0, *busy, 5 * S)] == pytest.approx([0, CUT, 120, 240 - CUT, 240])
    assert times.x(S) == CUT / 2, "in the middle of a wait"


@pytest.mark.parametrize("count", [2, 3, 5, 40])
def test_waits_of_one_length_are_not_cut(count: int) -> None:
    assert Times(range(0, count * S, S), 0, 800, 12).cuts == []


def test_two_moments_and_one_are_not_cut() -> None:
    assert Times([0, 7], 0, 100).cuts == []
    assert Times([7], 20, 100).x(7) == 20
    assert Times([7, 9], 20, 100).x(-1) == 20
    assert Times([7, 9], 20, 100).x(12) == 100


def test_numbers_are_round_and_where_there_is_room() -> None:
    assert [told for _, told in Times(range(0, 10 * S, S), 0, 400).ticks(0, S)] == ["0", "2", "4", "6", "8"]
    few = Times([0, 3 * S, 3 * S + 4 * MS, 3 * S + 8 * MS], 0, 240)
    assert [told for _, told in few.ticks(0, S)] == ["0", "3", "3.005"]
    places = [(x, DIGIT * len(told) / 2) for x, told in few.ticks(-(10**12), S)]
    assert all(x + half < y - other for (x, half), (y, other) in pairwise(places)), "also where they are long"
    tight = Times([*range(0, 100 * MS, MS), 3 * S, 3 * S + 1], 0, 300)
    assert [told for _, told in tight.ticks(0, S)][-1] == "3"


def test_a_wait_is_seen_in_the_drawing() -> None:
    drawn = "".join(Times([0, S, S + 1, S + 2], 0, 240).axis(0, S, 5, 50))
    assert drawn.count('class="cut"') == 1
    assert 'y="5"' in drawn
    assert 'height="45"' in drawn


@given(moments=st.lists(st.integers(0, 10**12), min_size=1, max_size=40))
def test_order_is_kept_within_the_room(moments: list[int]) -> None:
    times = Times(moments, 100, 400)
    places = [times.x(moment) for moment in sorted(moments)]
    assert all(a <= b + 1e-6 for a, b in pairwise(places))
    assert 100 <= places[0] <= places[-1] <= 400 + 1e-6
    assert len(times.cuts) <= 300 / CUT_SHARE
    assert all(100 <= x <= 400 + 1e-6 for x, _ in times.ticks(0, S))
