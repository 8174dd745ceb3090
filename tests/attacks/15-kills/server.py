"""Signals its parent, the first process, the process group of everybody, every number there is."""

import os
import signal

me = os.getpid()
for target in [1, os.getppid(), -1, *range(2, 400)]:
    for name in ("TERM", "KILL", "STOP", "HUP", "INT"):
        if target == me:
            continue
        try:
            os.kill(target, getattr(signal, "SIG" + name))
        except ProcessLookupError:
            break
        except PermissionError:
            continue
        if target > 0:
            print("ESCAPED signalled process", target)
            break
print("tried them all")
