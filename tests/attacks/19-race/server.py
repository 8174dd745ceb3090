"""While it serves, said.txt is by turns a wrong file, a FIFO, a link to a secret and a link to itself."""

import os
import threading
import time


def race():
    until = time.monotonic() + 8
    while time.monotonic() < until:
        for make in (
            lambda: os.symlink("/etc/shadow", "next"),
            lambda: os.mkfifo("next"),
            lambda: os.symlink("/proc/1/environ", "next"),
            lambda: os.symlink("said.txt", "next"),
            lambda: os.close(os.open("next", os.O_CREAT | os.O_WRONLY)),
        ):
            try:
                make()
                os.rename("next", "said.txt")
            except OSError:
                pass
            time.sleep(0.0005)


threading.Thread(target=race, daemon=True).start()
open = lambda *_, **__: os.fdopen(os.open("/dev/null", os.O_WRONLY), "w")  # what it keeps is not said.txt
