"""Takes memory of the kernel: full pipes and socket pairs, 2000 at most."""

import os
import socket

kept = []
held = 0
for _ in range(2000):
    try:
        one, other = socket.socketpair()
        read, write = os.pipe()
    except OSError:
        break
    kept += [one, other, read, write]
    one.setblocking(False)
    os.set_blocking(write, False)
    try:
        while True:
            held += one.send(b"\1" * 65536)
    except BlockingIOError:
        pass
    try:
        while True:
            held += os.write(write, b"\1" * 65536)
    except BlockingIOError:
        pass
if held > 96 << 20:
    print("ESCAPED", held, "bytes of the kernel's memory")
