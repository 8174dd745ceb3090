"""One segment as the tracker sees it, its flags and options, and arithmetic on sequence numbers."""

from __future__ import annotations

from dataclasses import dataclass

from lab.conversations import TcpOptions

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80
FLAG_NAMES = ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (PSH, "PSH"), (URG, "URG"), (ACK, "ACK"))
CONGESTION_NAMES = ((ECE, "ECE"), (CWR, "CWR"))

MASK = 0xFFFFFFFF
_HALF = 0x80000000

END, NO_OPERATION, MSS, WINDOW_SCALE, SACK_PERMITTED, SACK, TIMESTAMPS = 0, 1, 2, 3, 4, 5, 8
OPTION_HEADER = MSS_LENGTH = 2
LARGEST_SCALE = 14  # RFC 7323, 2.3


def delta(a: int, b: int) -> int:
    """How far the sequence number `a` is after `b`, negative before it (RFC 1982 with 32 bits)."""
    return ((a - b + _HALF) & MASK) - _HALF


def flag_names(flags: int) -> str:
    """As in `SYN ACK`, `PSH ACK`; `none` where no flag is set."""
    names = [name for bit, name in FLAG_NAMES if flags & bit]
    if flags & SYN == 0:  # on a SYN they negotiate ECN, and would hide what it is
        names += [name for bit, name in CONGESTION_NAMES if flags & bit]
    return " ".join(names) or "none"


@dataclass(slots=True)
class Seen:
    """A segment with all that the analyses ask of it; `seq`, `ack` and `window` as in the header."""

    number: int
    time: int
    seq: int
    ack: int
    flags: int
    window: int
    length: int
    """Of the payload, by the IP header."""
    payload: bytes
    """As much of it as was captured."""
    options: bytes

    @property
    def advance(self) -> int:
        """How many sequence numbers it takes."""
        return self.length + (1 if self.flags & SYN else 0) + (1 if self.flags & FIN else 0)


def options_of(data: bytes) -> dict[int, bytes]:
    """The options in a TCP header, by kind; reading ends at the first that makes no sense."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data) and data[at] != END:
        if data[at] == NO_OPERATION:
            at += 1
            continue
        length = data[at + 1] if at + 1 < len(data) else 0
        if length < OPTION_HEADER or at + length > len(data):
            break
        found[data[at]] = data[at + 2 : at + length]
        at += length
    return found


def syn_options(data: bytes) -> TcpOptions:
    """The options that a SYN negotiates."""
    found = options_of(data)
    mss, scale = found.get(MSS, b""), found.get(WINDOW_SCALE, b"")
    return TcpOptions(
        mss=int.from_bytes(mss, "big") if len(mss) == MSS_LENGTH else None,
        window_scale=min(scale[0], LARGEST_SCALE) if len(scale) == 1 else None,
        sack_permitted=SACK_PERMITTED in found,
        timestamps=TIMESTAMPS in found,
    )


def sack_blocks(data: bytes) -> tuple[tuple[int, int], ...]:
    """The left and right edges of the SACK option (RFC 2018, 3)."""
    found = options_of(data).get(SACK, b"")
    words = [int.from_bytes(found[at : at + 4], "big") for at in range(0, len(found) // 8 * 8, 4)]
    return tuple(zip(words[::2], words[1::2], strict=True))
