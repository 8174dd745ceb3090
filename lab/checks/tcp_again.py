"""That segments were sent again, and after how long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from lab.checks.facts import RunFacts, segments
from lab.checks.parameters import Count, Counted, Ends
from lab.checks.wording import LIST, SECOND, SIDES, Noun, Wanted, between, duration, instead, packet_list, qualified
from lab.conversations import RESENT, Connection, Mark, Segment
from lab.ends import Zh
from lab.results import Finding
from lab.text import Text, join, same, say
from lab.values import Seconds, Wrong, _as_tuple

Sort = Literal["syn", "syn-ack", "data", "fin"]

SORTS: Mapping[Sort, Text] = {
    "syn": say("a SYN", " SYN"),
    "syn-ack": say("a SYN-ACK", " SYN-ACK"),
    "data": say("data", "数据"),
    "fin": say("a FIN", " FIN"),
}
RETRANSMISSIONS = Noun("retransmission", "retransmissions", "次重传")
PROBES = frozenset({Mark.KEEP_ALIVE, Mark.ZERO_WINDOW_PROBE})
DOUBLE = 2


class RetransmissionsParams(Ends, Counted):
    """So many segments were sent again; with `intervals` or `doubling`, of segments that waited so long each time.

    It counts the union of what Wireshark calls retransmission, fast retransmission and spurious
    retransmission, because which of the three it is depends on timing.

    A sender whose timer runs out doubles it (RFC 6298, 5.5). Linux begins with 1 s for a SYN and, on a network
    as fast as the lab's, with some 200 ms for data. Two things of Linux are beside that rule: the first repetition of
    data is a tail loss probe after a few ms (RFC 8985), and since version 6.5 the first four of a SYN come a second
    apart each (`tcp_syn_linear_timeouts`; 0 makes it double from the first on). `doubling` finds the intervals that
    double wherever they are.
    """

    zh: ClassVar[str] = (
        "有若干报文段被重传；给出 `intervals` 或 `doubling` 时，只统计按这样的间隔重传的报文段。\n\n"
        "统计 Wireshark 所说的重传、快速重传与虚假重传之和：属于三者中的哪一种取决于时间，不宜作为判据。\n\n"
        "重传定时器每次到时后加倍（RFC 6298 第 5.5 节）。Linux 对 SYN 从 1 秒开始，在实验室这样快的网络上对数据约从"
        " 200 毫秒开始。Linux 有两处与此不同：数据的第一次重传是几毫秒后的尾部丢失探测（RFC 8985）；"
        "自 6.5 版起，SYN 的前四次重传各隔 1 秒（`tcp_syn_linear_timeouts`，设为 0 则从第一次起加倍）。"
        "`doubling` 会找出加倍的那些间隔，无论从哪里开始。"
    )
    example: ClassVar[str] = "{to: {host: server, port: 8080}, of: data, doubling: 2, at_least: 3}"

    sent_by: Annotated[
        Literal["client", "server"] | None, Field(description="only those of one side"), Zh("只统计某一方的")
    ] = None
    of: Annotated[Sort | None, Field(description="only those of such segments"), Zh("只统计这类报文段的")] = None
    intervals: Annotated[
        tuple[Seconds, ...] | None,
        BeforeValidator(_as_tuple, json_schema_input_type=tuple[Seconds, ...]),
        Field(min_length=1, description="the seconds between the sendings of a segment, from the first sending on"),
        Zh("同一报文段各次发送之间的秒数，从第一次发送算起"),
    ] = None
    doubling: Annotated[
        Count | None,
        Field(ge=1, description="how many times in a row at least an interval is twice the one before it"),
        Zh("间隔至少连续多少次为前一个的两倍"),
    ] = None
    tolerance: Annotated[
        float,
        Field(gt=0, lt=1, description="how far an interval may be off, as a part of what it should be"),
        Zh("间隔允许的偏差，占应有值的比例"),
    ] = 0.25

    @model_validator(mode="after")
    def _one_rule(self) -> RetransmissionsParams:
        if self.intervals is not None and self.doubling is not None:
            raise Wrong(say("give `intervals` or `doubling`, not both", "`intervals` 与 `doubling` 只能给出一个"))
        return self


@dataclass(frozen=True, slots=True)
class Series:
    """All the sendings of what has one sequence number, the first of them and those that repeat it."""

    connection: Connection
    sort: Sort
    sent: Sequence[Segment]

    @property
    def again(self) -> list[int]:
        """The packets that repeat it."""
        return [s.number for s in self.sent if s.marks & RESENT]

    @property
    def intervals(self) -> list[int]:
        """The nanoseconds between one sending and the next."""
        return [b.time - a.time for a, b in pairwise(self.sent)]


def retransmissions(run: RunFacts, params: RetransmissionsParams) -> Finding:
    """Count the segments that were sent again."""
    candidates = run.selected(params)
    every = [series for c in candidates for series in _all_series(c)]
    asked = [s for s in every if params.of in (None, s.sort) and params.sent_by in (None, s.sent[0].sender)]
    fitting = [s for s in asked if _in_time(params, s.intervals)]
    names = run.clients(candidates)
    which = qualified(_asked(params))
    ends = between(params.from_, params.to)
    noun = Noun(RETRANSMISSIONS.one, RETRANSMISSIONS.more, f"{RETRANSMISSIONS.zh}{which.zh}")
    return Wanted(params.bounds, noun, Text(ends.en + which.en, ends.zh)).finding(
        sum(len(s.again) for s in fitting),
        details=[_told(s, names[s.connection.index]) for s in asked] + instead(run, params, candidates),
        packets=[tuple(s.again) for s in fitting],
    )


def _all_series(connection: Connection) -> Iterator[Series]:
    """What was sent more than once, in the order of the first sendings."""
    sent: dict[tuple[str, Sort, int], list[Segment]] = {}
    for segment in segments(connection):
        sort = _sort(segment)
        if sort is not None and not segment.marks & PROBES:
            sent.setdefault((segment.sender, sort, segment.seq), []).append(segment)
    for (_, sort, _), (first, *others) in sent.items():
        again = [s for s in others if s.marks & RESENT]
        if again or first.marks & RESENT:
            yield Series(connection, sort, [first, *again])


def _sort(segment: Segment) -> Sort | None:
    """What of a segment would be sent again; None where nothing would."""
    flags = segment.flags.split()
    if "SYN" in flags:
        return "syn-ack" if "ACK" in flags else "syn"
    if segment.length:
        return "data"
    return "fin" if "FIN" in flags else None


def _in_time(params: RetransmissionsParams, intervals: Sequence[int]) -> bool:
    """Whether a segment was sent again after the times that are asked for."""
    if params.intervals is not None:
        wanted = [seconds * SECOND for seconds in params.intervals]
        return len(intervals) >= len(wanted) and all(
            _near(interval, length, params.tolerance) for interval, length in zip(intervals, wanted, strict=False)
        )
    row = longest = 0
    for before, after in pairwise(intervals):
        row = row + 1 if _near(after, DOUBLE * before, params.tolerance) else 0
        longest = max(longest, row)
    return longest >= (params.doubling or 0)


def _near(interval: float, wanted: float, tolerance: float) -> bool:
    return abs(interval - wanted) <= tolerance * wanted


def _asked(params: RetransmissionsParams) -> list[Text]:
    asked = [] if params.of is None else [say("of {what}", "重传的是{what}", what=SORTS[params.of])]
    if params.sent_by is not None:
        asked.append(say("by {side}", "由{side}发送", side=SIDES[params.sent_by]))
    if params.intervals is not None:
        apart = ", ".join(f"{seconds:g}" for seconds in params.intervals)
        asked.append(say("after {apart} s", "间隔 {apart} 秒", apart=apart))
    if params.doubling is not None:
        n = params.doubling
        asked.append(say("intervals double {n} times in a row", "间隔连续加倍 {n} 次", n=n))
    return asked


def _told(series: Series, client: str) -> Text:
    return say(
        "{sender} sent {what} again at {packets}, after {apart}, on the connection of {client}",
        "{sender}在{packets}重传{what}，间隔 {apart}（{client} 的连接）",
        sender=SIDES[series.sent[0].sender],
        what=SORTS[series.sort],
        packets=packet_list(series.again),
        apart=join(LIST, [same(duration(each)) for each in series.intervals]),
        client=client,
    )
