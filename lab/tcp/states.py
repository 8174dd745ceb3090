"""The states of a connection's two ends (RFC 9293, 3.3.2) as an onlooker infers them.

::

                                  CLOSED, LISTEN
             sends SYN ┌──────────┘      └──────────┐ gets SYN
                       ▼                            ▼
                   SYN-SENT ──── gets SYN ───▶ SYN-RECEIVED
       gets SYN-ACK    └──────────┐      ┌──────────┘ gets ACK of SYN
                                  ▼      ▼
                                 ESTABLISHED
              sends FIN ┌─────────┘      └─────────┐ gets FIN
                        ▼                          ▼
                    FIN-WAIT-1 ── gets FIN ─▶   CLOSE-WAIT
     gets ACK of FIN │        └──▶ CLOSING         │ sends FIN
                     ▼                │            ▼
                    FIN-WAIT-2        │         LAST-ACK
            gets FIN │                │ gets ACK   │ gets ACK of FIN
                     ▼                ▼ of FIN     ▼
                    TIME-WAIT ◀───────┘          CLOSED

    (FIN-WAIT-1 goes to CLOSING when it gets a FIN; a RST, sent or got, leads to CLOSED from everywhere.)

Each end is taken to get a segment at the moment it was captured. What the table does not name changes nothing:
a segment sent again, or one that makes no sense.
"""

from __future__ import annotations

from enum import Enum, auto


class Event(Enum):
    """What an end sends or gets."""

    SENDS_SYN = auto()
    SENDS_FIN = auto()
    SENDS_RST = auto()
    GETS_SYN = auto()
    GETS_SYN_ACK = auto()
    GETS_ACK_OF_SYN = auto()
    GETS_FIN = auto()
    GETS_ACK_OF_FIN = auto()
    GETS_RST = auto()


CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED = "CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED"
FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING = "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING"
LAST_ACK, TIME_WAIT = "LAST-ACK", "TIME-WAIT"

TRANSITIONS: dict[tuple[str, Event], str] = {
    (CLOSED, Event.SENDS_SYN): SYN_SENT,
    (LISTEN, Event.SENDS_SYN): SYN_SENT,
    (LISTEN, Event.GETS_SYN): SYN_RECEIVED,
    (SYN_SENT, Event.GETS_SYN): SYN_RECEIVED,
    (SYN_SENT, Event.GETS_SYN_ACK): ESTABLISHED,
    (SYN_RECEIVED, Event.GETS_ACK_OF_SYN): ESTABLISHED,
    (SYN_RECEIVED, Event.SENDS_FIN): FIN_WAIT_1,
    (ESTABLISHED, Event.SENDS_FIN): FIN_WAIT_1,
    (ESTABLISHED, Event.GETS_FIN): CLOSE_WAIT,
    (FIN_WAIT_1, Event.GETS_ACK_OF_FIN): FIN_WAIT_2,
    (FIN_WAIT_1, Event.GETS_FIN): CLOSING,
    (FIN_WAIT_2, Event.GETS_FIN): TIME_WAIT,
    (CLOSING, Event.GETS_ACK_OF_FIN): TIME_WAIT,
    (CLOSE_WAIT, Event.SENDS_FIN): LAST_ACK,
    (LAST_ACK, Event.GETS_ACK_OF_FIN): CLOSED,
}


def after(state: str, event: Event) -> str:
    """The state that `event` leads to from `state`."""
    if event in {Event.SENDS_RST, Event.GETS_RST}:
        return CLOSED
    return TRANSITIONS.get((state, event), state)
