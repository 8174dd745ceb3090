"""One file as large as it gets, 64 MiB at most; the signal that ends who writes on is ignored."""

import signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open("huge", "wb", buffering=0) as file:
    taken = 0
    try:
        while taken < 64 << 20:
            taken += file.write(b"\1" * (1 << 18))
    except OSError as error:
        print("as far as it goes:", error.strerror)
if taken >= 64 << 20:
    print("ESCAPED one file of 64 MiB")
