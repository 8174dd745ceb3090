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
                    FIN-WAIT-1 ── gets FIN ─┐  CLOSE-WAIT
     gets ACK of FIN │                      ▼      │ sends FIN
                     ▼                   CLOSING   ▼
                    FIN-WAIT-2              │  LAST-ACK
            gets FIN │      gets ACK of FIN │      │ gets ACK of FIN
                     ▼                      ▼      ▼
                     └────────────▶ TIME-WAIT    CLOSED

    A RST, sent or got, leads to CLOSED from everywhere.

Each end is taken to get a segment at the moment it was captured, unless it is known to have come to nothing. What the
table does not name changes nothing: a segment sent again, or one that makes no sense.
"""

from __future__ import annotations

# What an end sends or gets. Plain strings, for members of an Enum hash slowly.
SENDS_SYN, SENDS_FIN, SENDS_RST = "sends SYN", "sends FIN", "sends RST"
GETS_SYN, GETS_SYN_ACK, GETS_FIN, GETS_RST = "gets SYN", "gets SYN-ACK", "gets FIN", "gets RST"
GETS_ACK_OF_SYN, GETS_ACK_OF_FIN = "gets ACK of SYN", "gets ACK of FIN"

CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED = "CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED"
FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING = "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING"
LAST_ACK, TIME_WAIT = "LAST-ACK", "TIME-WAIT"

TRANSITIONS: dict[tuple[str, str], str] = {
    (CLOSED, SENDS_SYN): SYN_SENT,
    (LISTEN, SENDS_SYN): SYN_SENT,
    (LISTEN, GETS_SYN): SYN_RECEIVED,
    (SYN_SENT, GETS_SYN): SYN_RECEIVED,
    (SYN_SENT, GETS_SYN_ACK): ESTABLISHED,
    (SYN_RECEIVED, GETS_ACK_OF_SYN): ESTABLISHED,
    (SYN_RECEIVED, SENDS_FIN): FIN_WAIT_1,
    (ESTABLISHED, SENDS_FIN): FIN_WAIT_1,
    (ESTABLISHED, GETS_FIN): CLOSE_WAIT,
    (FIN_WAIT_1, GETS_ACK_OF_FIN): FIN_WAIT_2,
    (FIN_WAIT_1, GETS_FIN): CLOSING,
    (FIN_WAIT_2, GETS_FIN): TIME_WAIT,
    (CLOSING, GETS_ACK_OF_FIN): TIME_WAIT,
    (CLOSE_WAIT, SENDS_FIN): LAST_ACK,
    (LAST_ACK, GETS_ACK_OF_FIN): CLOSED,
}


def after(state: str, event: str) -> str:
    """The state that `event` leads to from `state`."""
    return CLOSED if event in {SENDS_RST, GETS_RST} else TRANSITIONS.get((state, event), state)
