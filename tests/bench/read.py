"""Read one capture as the tables do, and tell how fast and with how much memory, as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from lab import reader

began = time.perf_counter()
conversations = reader.read(Path(sys.argv[1]), keep=reader.Keep.TABLES)
seconds = time.perf_counter() - began
print(
    json.dumps(
        {
            "packets": conversations.packets,
            "connections": len(conversations.connections),
            "packets_per_second": conversations.packets / seconds,
            "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        }
    )
)
