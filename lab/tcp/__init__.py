"""TCP: segments to connections, without I/O.

::

    Tracker ──finds──▶ Tracked ──tells──▶ Analysis     Wireshark: completeness, tcp.analysis.*
       │ (port reuse)     │               Lifecycle    RFC 9293: states, handshake, who closed
       ▼                  ▼               ZeekRecord   Zeek: originator, conn_state, history, bytes
    finish()           finished()         Bytes        the streams

Events in (`Tracker.segment`), state out (`Tracker.finish`). Each analysis is a module that follows one source by
its own terms; they share the numbers of `Sender`.
"""

from __future__ import annotations

from lab.tcp.tracker import Tracker

__all__ = ["Tracker"]
