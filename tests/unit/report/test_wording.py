from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.conversations import Endpoint
from lab.record import Record
from lab.report.wording import ago, clock, duration, endpoint_name, packet_groups, plural, ranges, seconds, unmapped


@pytest.mark.parametrize(
    ("nanoseconds", "shown"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (20_000, "20 µs"),
        (4_130_000, "4.1 ms"),
        (1_230_000_000, "1.23 s"),
        (-20_000, "-20 µs"),
    ],
)
def test_duration(nanoseconds: int, shown: str) -> None:
    assert duration(nanoseconds) == shown


@pytest.mark.parametrize(
    ("value", "en", "zh"),
    [
        (-3600, "just now", "刚刚"),
        (59.9, "just now", "刚刚"),
        (60, "1 min ago", "1 分钟前"),
        (3599, "59 min ago", "59 分钟前"),
        (3600, "1 h ago", "1 小时前"),
        (86399, "23 h ago", "23 小时前"),
        (86400 * 3, "3 d ago", "3 天前"),
    ],
)
def test_ago(value: float, en: str, zh: str) -> None:
    assert (ago(value).en, ago(value).zh) == (en, zh)


def test_clock_and_seconds() -> None:
    assert clock(17_000_000) == "0.017"
    assert [seconds(0.02), seconds(0.9), seconds(12.34)] == ["0.02", "0.9", "12.3"]


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [((), ""), ((5,), "5"), ((7, 5, 6), "5-7"), ((5, 6, 14, 14), "5-6,14"), (range(1, 99, 2), "1,3,5,7,9,11…")],
)
def test_ranges(numbers: tuple[int, ...], shown: str) -> None:
    assert ranges(numbers) == shown


@given(st.sets(st.integers(min_value=1, max_value=12)))
def test_ranges_tell_each_number_once(numbers: set[int]) -> None:
    told = []
    for part in filter(None, ranges(numbers).split(",")):
        first, _, last = part.partition("-")
        told += range(int(first), int(last or first) + 1)
    assert told == sorted(numbers)


def test_many_groups_are_counted_not_hidden() -> None:
    groups = packet_groups([(n,) for n in range(1, 1_300)])
    assert groups is not None
    assert groups.en == "packets 1 2 3 4 5 6 7 8 and 1,291 more groups"
    assert groups.zh == "数据包 1 2 3 4 5 6 7 8 等，另有 1,291 组"
    assert packet_groups([(), ()]) is None


def test_one_packet_is_told_as_one() -> None:
    assert str(packet_groups([(), (7,)])) == "packet 7"
    assert str(packet_groups([(7, 8)])) == "packets 7-8"


def test_plural() -> None:
    assert plural(1, "packet", "packets", "个数据包").en == "1 packet"
    assert plural(1_000, "packet", "packets", "个数据包").en == "1,000 packets"
    assert plural(2, "packet", "packets", "个数据包").zh == "2 个数据包"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("10.77.4.11", "alice:1"),
        ("::ffff:10.77.4.11", "alice:1"),
        ("fd77:4::10", "server:1"),
        ("192.0.2.1", "192.0.2.1:1"),
        ("2001:db8::1", "[2001:db8::1]:1"),
    ],
)
def test_endpoints_have_the_name_of_their_host(record: Record, address: str, name: str) -> None:
    assert endpoint_name(Endpoint(address, 1), record) == name


def test_without_a_record_an_endpoint_is_its_address() -> None:
    assert endpoint_name(Endpoint("10.77.4.11", 1), None) == "10.77.4.11:1"


def test_what_only_looks_mapped_stays() -> None:
    assert unmapped("::ffff:nonsense") == "::ffff:nonsense"
