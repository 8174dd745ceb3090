"""When Zeek ends a record: its timers, on the clock of the capture."""

from __future__ import annotations

from lab.tcp.zeek_end import HANDSHAKE, INACTIVE, RESET, SYN_ACK_SENT, SYN_SENT, End

SECOND = 1_000_000_000
SYN_TIMEOUT = LINGER = ATTEMPT_DELAY = CLOSE_DELAY = 5 * SECOND
SESSION_TIMER = 6 * SECOND
HANDSHAKE_IDLE, IDLE, INTERACTIVE_IDLE = 60 * SECOND, 300 * SECOND, 3600 * SECOND
INTERACTIVE_PORTS = frozenset((21, 22, 23, 513))


class Timers:
    """The timers of one record. `over` asks them before each segment; the record tells what sets them."""

    __slots__ = ("_attempt", "_delete", "_expire", "_idle", "active", "last_time")

    def __init__(self, time: int) -> None:
        self.last_time = time
        """Of the last segment, until both sides have closed."""
        self.active = True
        """Nothing has reset it."""
        self._attempt: int | None = None
        self._delete: int | None = None
        self._expire = time + SYN_TIMEOUT
        self._idle = HANDSHAKE_IDLE

    def tries(self, time: int) -> None:
        """The originator has sent its SYN."""
        self._attempt = time + ATTEMPT_DELAY

    def changes(self, state: str, end: End, peer: End) -> None:
        """`end` enters `state`; the first to leave the handshake sets how long silence may be."""
        if state not in HANDSHAKE and end.state in HANDSHAKE and peer.state in HANDSHAKE:
            self._idle = IDLE

    def establishes(self, port: int) -> None:
        """Both sides are established, with `port` the responder's."""
        if port in INTERACTIVE_PORTS:
            self._idle = INTERACTIVE_IDLE

    def closes(self, end: End, peer: End, time: int) -> None:
        """`end` has closed (ConnectionClosed)."""
        if end.state == RESET or peer.closed or peer.state == INACTIVE:
            self._delete = self.last_time + CLOSE_DELAY
        elif end.before != INACTIVE:
            self._expire = min(self._expire, time + SESSION_TIMER)

    def over(self, time: int, before: int, first: End, second: End) -> bool:
        """Whether the record ends before a segment at `time`; `first` is the originator.

        `before` is the time of the segment before it in the whole capture: Zeek's clock is the capture.
        """
        if self._delete is not None:
            return self._delete <= time
        if self.last_time + self._idle <= time:
            return True
        if self._attempt is not None and self._attempt <= time:
            self._attempt = None
            if first.state in {SYN_SENT, SYN_ACK_SENT} and second.state == INACTIVE:
                return True
        return self._expires(time, before, first, second)

    def _expires(self, time: int, before: int, first: End, second: End) -> bool:
        """Whether it has closed on one side and is silent (ExpireTimer)."""
        states = {first.state, second.state}
        closed = first.closed or second.closed
        waits = closed and ((first.closed and second.closed) or RESET in states or INACTIVE in states)
        while self._expire <= time:
            now = self._expire if waits and self._expire <= before else time
            if self.active and waits and self.last_time + LINGER < now:
                return True
            self._expire = now + SESSION_TIMER
        return False
