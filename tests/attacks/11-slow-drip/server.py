"""A character every 20 ms and never a whole line, for two minutes; it never listens."""

import sys
import time

for _ in range(6000):
    sys.stdout.write(".")
    sys.stdout.flush()
    time.sleep(0.02)
