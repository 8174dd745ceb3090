"""What had to be sent again, came out of order, is missing, or could not be sent for want of a window."""

from __future__ import annotations

from collections.abc import Iterator

from lab.conversations import Mark, Role, Segment
from lab.explain.talk import OTHER, ROLES, Talk
from lab.report.wording import FATES, duration, fates, plural
from lab.seen import Sentence
from lab.text import Text, join, say

AGAIN = {
    Mark.RETRANSMISSION: say("no acknowledgement came in time (RFC 6298)", "确认没有及时到达（RFC 6298）"),
    Mark.FAST_RETRANSMISSION: say(
        "duplicate ACKs asked for it (fast retransmit, RFC 5681, 3.2)", "重复 ACK 要求重传（快速重传，RFC 5681，3.2）"
    ),
    Mark.SPURIOUS_RETRANSMISSION: say("needlessly, for it had been acknowledged", "并无必要，因为它已被确认"),
}


def on_the_wire(talk: Talk) -> Iterator[Sentence]:
    """What faults of the scenario made of its segments, after the capture had seen them."""
    record = talk.seen.record
    for fault in () if record is None else record.faults:
        there = set(fault.packets)
        for role in ROLES:
            told = [s.number for s in talk.segments if s.sender == role and s.number in there]
            if told:
                yield talk.sentence(
                    say(
                        "the fault {name} acts on {n} of {who} on the way into {into}: {fate}",
                        "故障 {name} 作用于 {who} 发往 {into} 的{n}：{fate}",
                        name=fault.name,
                        n=_some(len(told)),
                        who=talk.name(role),
                        into=fault.into,
                        fate=FATES[fault.kind],
                    ),
                    told,
                )


def again(talk: Talk) -> Iterator[Sentence]:
    """Segments that were sent again; which copy was lost is not told: Wireshark's kinds are guesses by time."""
    for role in ROLES:
        told = [s for s in talk.segments if s.sender == role and s.marks & AGAIN.keys() and "SYN" not in s.flags]
        if told:
            known = talk.seen.record is not None and any(s.number in fates(talk.seen.record) for s in talk.segments)
            text = say(
                "{who} sends {n} again: {why}",
                "{who} 重发了{n}：{why}",
                who=talk.name(role),
                n=plural(len(told), "segment", "segments", "个报文段"),
                why=join(say("; ", "；"), [AGAIN[m] for m in AGAIN if any(m in s.marks for s in told)]),
            )
            unknown = say("; unknown: whether the first was lost on the way", "；未知：前一份是否在途中丢失")
            yield talk.sentence(text if known else text + unknown, [s.number for s in told])
        elif not talk.segments and (count := talk.connection.side(role).retransmissions):
            yield _counted(talk, say("{n} sent again by {who}", "{who} 重发了{n}", n=_some(count), who=talk.name(role)))


def out_of_order(talk: Talk) -> Iterator[Sentence]:
    """Segments that came after later ones; the receiver puts them in order, unseen (RFC 9293, 3.10.7.4)."""
    for role in ROLES:
        told = _marked(talk, role, Mark.OUT_OF_ORDER)
        if told:
            yield talk.sentence(
                say(
                    "{n} of {who} came out of order: TCP puts the bytes in order, recv() does not show it",
                    "{who} 的{n}乱序：TCP 会把字节排好，recv() 看不出来",
                    n=_some(len(told)),
                    who=talk.name(role),
                ),
                [s.number for s in told],
            )


def shut(talk: Talk) -> Iterator[Sentence]:
    """A window of 0: the receive buffer is full, so the program there does not read fast enough (RFC 9293, 3.8.6)."""
    for role in ROLES:
        told = _marked(talk, role, Mark.ZERO_WINDOW)
        if not told:
            continue
        later = (s for s in talk.segments if s.sender == role and s.number > told[0].number and s.window)
        opened = next(later, None)
        span = (
            say("; it never opens again", "；此后再未打开")
            if opened is None
            else say("; it opens after {span}", "；{span} 后打开", span=duration(opened.time - told[0].time))
        )
        yield talk.sentence(
            say(
                "{who} announces a window of 0 ({n}): its buffer is full, its program does not read, and {other} has "
                "to wait (RFC 9293, 3.8.6){span}",
                "{who} 通告零窗口（{n}）：缓冲区已满，程序没有读取，{other} 必须等待（RFC 9293，3.8.6）{span}",
                who=talk.name(role),
                n=plural(len(told), "time", "times", "次"),
                other=talk.name(OTHER[role]),
                span=span,
            ),
            [s.number for s in told] + ([] if opened is None else [opened.number]),
        )


def missing(talk: Talk) -> Iterator[Sentence]:
    """Bytes that the capture does not hold."""
    for role in ROLES:
        stream = talk.connection.side(role).stream
        told = _marked(talk, role, Mark.LOST_BEFORE)
        if stream is not None and stream.gap and told:
            yield talk.sentence(
                say(
                    "bytes of {who} are not in the capture; unknown: whether they were lost or only not captured",
                    "抓包中缺少 {who} 的一些字节；未知：是丢失了还是只是没有抓到",
                    who=talk.name(role),
                ),
                [s.number for s in told],
            )


def _marked(talk: Talk, role: Role, mark: Mark) -> list[Segment]:
    return [s for s in talk.segments if s.sender == role and mark in s.marks]


def _some(count: int) -> Text:
    return plural(count, "segment", "segments", "个报文段")


def _counted(talk: Talk, text: Text) -> Sentence:
    """A sentence of what was only counted."""
    return talk.sentence(text, (), talk.connection.end)
