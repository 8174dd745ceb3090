"""Ends with a core of 16 MiB, if it may."""

import os
import resource

held = b"lab-attack-52" * (16 << 16)
try:
    resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))
    print("ESCAPED may dump", flush=True)
except (OSError, ValueError):
    print("may not dump", flush=True)
os.abort()
