"""What stands at the arrow of a packet, whoever draws it: flags and numbers, and what the analysis says of it."""

from __future__ import annotations

from lab.conversations import Mark, Segment
from lab.errors import InputError
from lab.text import Language, Text, say

MARKS = {
    Mark.RETRANSMISSION: Text("retransmission", "重传"),
    Mark.FAST_RETRANSMISSION: Text("fast retransmission", "快速重传"),
    Mark.SPURIOUS_RETRANSMISSION: Text("spurious retransmission", "伪重传"),
    Mark.OUT_OF_ORDER: Text("out of order", "乱序"),
    Mark.DUPLICATE_ACK: Text("duplicate ACK", "重复 ACK"),
    Mark.ZERO_WINDOW: Text("zero window", "零窗口"),
    Mark.WINDOW_UPDATE: Text("window update", "窗口更新"),
    Mark.ZERO_WINDOW_PROBE: Text("zero window probe", "零窗口探测"),
    Mark.KEEP_ALIVE: Text("keep-alive", "保活"),
    Mark.KEEP_ALIVE_ACK: Text("keep-alive ACK", "保活 ACK"),
    Mark.LOST_BEFORE: Text("a segment before it is missing", "前一报文段未捕获"),
    Mark.PORT_REUSED: Text("port reused", "端口重用"),
}


def segment_label(segment: Segment) -> str:
    """A segment's flags and numbers: seq where it takes up sequence space, win where it is announced or shut."""
    parts = [segment.flags]
    flags = segment.flags.split()
    opening, reset = "SYN" in flags, "RST" in flags
    if segment.length or segment.ack is None or opening or reset or "FIN" in flags:
        parts.append(f"seq {segment.seq}")
    if segment.ack is not None:
        parts.append(f"ack {segment.ack}")
    if opening or (segment.window == 0 and not reset):
        parts.append(f"win {segment.window}")
    if opening and segment.options is not None and segment.options.mss is not None:
        parts.append(f"mss {segment.options.mss}")
    if segment.length:
        parts.append(f"len {segment.length}")
    return "  ".join(parts)


def segment_marks(segment: Segment, language: Language) -> str:
    """What the analysis says of a segment."""
    return ", ".join(MARKS[mark].in_(language) for mark in Mark if mark in segment.marks)


def prove_encoding(encoding: str) -> None:
    """Make sure that `encoding` can decode any bytes, escaping those that it has no character for.

    Raises `InputError` where it cannot.
    """
    try:
        bytes(range(256)).decode(encoding, "backslashreplace")
    except (LookupError, UnicodeError, ValueError) as error:
        raise InputError(
            say("no text encoding is called `{name}`", "没有名为 `{name}` 的文本编码", name=encoding)
        ) from error
