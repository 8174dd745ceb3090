"""Spins until the limit of processor time ends it; its child waits for that, and spins then."""

import os
import time

parent = os.getpid()
if os.fork() == 0:
    while os.getppid() == parent:
        time.sleep(0.01)
while True:
    pass
