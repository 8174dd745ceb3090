"""The `lab` command. It heeds Ctrl-C before it imports anything that takes time."""

from __future__ import annotations

import gc
import os
import signal
import sys

INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it; of SIGTERM too

GC_THRESHOLD = 50_000  # objects: imports make many and no garbage, a tenth of the time that they take


def main() -> None:
    """Run the verb on the command line and exit with its code; 130 after Ctrl-C or SIGTERM, whenever they come."""
    for number in (signal.SIGINT, signal.SIGTERM):  # nothing needs cleaning up yet
        signal.signal(number, lambda _number, _frame: os._exit(INTERRUPTED))
    gc.set_threshold(GC_THRESHOLD)
    from lab import interrupts, pipes

    pipes.outlive_readers()
    try:
        from lab.cli import main as run_verb

        status = run_verb()
    except KeyboardInterrupt:
        status = INTERRUPTED
    interrupts.ignore()  # what was asked for is done, and its status stands
    sys.exit(status)


if __name__ == "__main__":
    main()
