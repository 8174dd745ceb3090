"""What programs asked of the kernel about their sockets, and which packets that caused or waited for.

calls.jsonl ─load→ SocketCall ─beside→ Beside: the call, its conversation, the packets it caused, those that woke it
"""

from __future__ import annotations

from lab.trace.call import SocketCall, load, save

__all__ = ["SocketCall", "load", "save"]
