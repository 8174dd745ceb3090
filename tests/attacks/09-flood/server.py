"""Floods stdout and stderr with 28 MB, as a chat server did whose loop never waited; it serves meanwhile."""

import sys
import threading
import time


def flood(stream):
    until = time.monotonic() + 2
    for _ in range(14 << 4):
        stream.write("nobody said anything\n" * 3072)
        if time.monotonic() > until:
            return


for stream in (sys.stdout, sys.stderr):
    threading.Thread(target=flood, args=(stream,), daemon=True).start()
for _ in range(64):  # what it prints of clients comes after the first mebibyte
    print("nobody said anything\n" * 3072, end="")
