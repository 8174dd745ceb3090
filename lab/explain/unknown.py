"""What no packet of a capture can tell, said once for the whole story."""

from __future__ import annotations

from collections.abc import Iterator

from lab.conversations import Connection, Exchange
from lab.seen import Seen, Sentence
from lab.text import Text, say


def traced(seen: Seen) -> Iterator[Sentence]:
    """Without the calls of the programs nobody knows what they waited for and what they were given.

    Segments are no record of send() and recv(): TCP is a stream of bytes (RFC 9293, 2.2).
    """
    if seen.calls or not (seen.conversations.connections or seen.conversations.exchanges):
        return
    if seen.record is None:
        yield _of_all(
            seen,
            say(
                "unknown: which programs these were and what they called; a capture has packets only",
                "未知：是哪些程序，调用了什么；抓包里只有数据包",
            ),
        )
        return
    if seen.conversations.connections:
        what = say("when accept() returned and what each recv() gave", "accept() 何时返回，每次 recv() 得到什么")
    else:
        what = say("what each recvfrom() gave", "每次 recvfrom() 得到什么")
    yield _of_all(
        seen, say("unknown: {what}; the system calls were not traced", "未知：{what}；没有跟踪系统调用", what=what)
    )


def kept(seen: Seen) -> Iterator[Sentence]:
    """Of a large capture the segments are not kept, so what was sent in them is not told."""
    if any(each.segments is None for each in seen.conversations.connections):
        yield _of_all(
            seen,
            say(
                "unknown: what was said over TCP; the capture is too large to keep every segment",
                "未知：TCP 上说了什么；抓包太大，没有保留每个报文段",
            ),
        )


def damaged(seen: Seen) -> Iterator[Sentence]:
    """What came after the place where a capture file is damaged."""
    if (damage := seen.conversations.damage) is not None and (
        seen.conversations.connections or seen.conversations.exchanges
    ):
        yield _of_all(
            seen, say("unknown: the rest; the file is damaged: {how}", "未知：其余内容；文件已损坏：{how}", how=damage)
        )


def _of_all(seen: Seen, text: Text) -> Sentence:
    conversations: list[Connection | Exchange] = [*seen.conversations.connections, *seen.conversations.exchanges]
    times = [each.start for each in conversations] + [each.time for each in seen.conversations.messages[:1]]
    return Sentence(text, (), (), None, min(times))
