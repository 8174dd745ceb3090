"""One side of a connection in Zeek's terms: TCP_Endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field

from lab.tcp.reassembly import Reassembly
from lab.tcp.segment import MASK, delta

# What one side did: TCP_ENDPOINT_* of Zeek. Plain strings, for members of an Enum hash slowly.
INACTIVE, PARTIAL, SYN_SENT, SYN_ACK_SENT = "inactive", "partial", "SYN sent", "SYN-ACK sent"
ESTABLISHED, CLOSED, RESET = "established", "closed", "reset"
HANDSHAKE = frozenset((INACTIVE, SYN_SENT, SYN_ACK_SENT))
UNHEARD = frozenset((INACTIVE, PARTIAL))


@dataclass(slots=True)
class End:
    """One side. Sequence numbers are counted from `start`, without wrapping."""

    state: str = INACTIVE
    before: str = INACTIVE
    """The state before this one."""
    start: int = 0
    last: int = 0
    """One past the highest sequence number it sent."""
    acked: int = 0
    """What the other side acknowledged."""
    fins: int = 0
    closed: bool = False
    """Its close has been seen and all its data delivered (did_close)."""
    once: set[str] = field(default_factory=set)
    """Letters of the history that it has written."""
    control: dict[str, int] = field(default_factory=dict)
    """The sequence number of its last SYN, FIN and RST, by their letters."""
    counts: dict[str, int] = field(default_factory=dict)
    """How often what is written at 1, 10, 100, … was seen."""
    data: Reassembly = field(default_factory=Reassembly)

    def begin(self, start: int, last: int) -> None:
        """Count sequence numbers from `start`."""
        self.start, self.last, self.acked = start, last, 0

    def relative(self, seq: int, last: int) -> int:
        """`seq` counted from `start`, near to `last`."""
        return last + delta(seq, (self.start + last) & MASK)

    @property
    def no_data_acked(self) -> bool:
        """None of its data has been acknowledged."""
        return self.acked in {0, 1}

    @property
    def clean(self) -> bool:
        """Established, or closed from there."""
        return self.state == ESTABLISHED or (self.state == CLOSED and self.before == ESTABLISHED)
