"""Forks as often as it may, 400 times at most; each child lives for a minute."""

import os
import time

made = 0
for _ in range(400):
    try:
        child = os.fork()
    except OSError:
        continue
    if child == 0:
        time.sleep(60)
        os._exit(0)
    made += 1
if made == 400:
    print("ESCAPED 400 processes at once")
