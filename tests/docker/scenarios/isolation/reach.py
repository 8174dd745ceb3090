"""Try every target at once; say what the kernel says, and whether it said so at once (within a second)."""

import errno
import socket
import time
from concurrent.futures import ThreadPoolExecutor

WITHIN = 4


def reach(line):
    transport, address, port = line.split()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    began = time.monotonic()
    with socket.socket(family, kind) as out:
        out.settimeout(WITHIN)
        try:
            out.connect(socket.getaddrinfo(address, int(port), family, kind)[0][4])
            out.send(b"from inside the lab")
            outcome = out.recv(100).decode() or "end"
        except TimeoutError:
            outcome = "nothing"
        except OSError as error:
            outcome = errno.errorcode[error.errno]
    return f"{line} {outcome} {'at once' if time.monotonic() - began < 1 else 'late'}"


with open("targets") as file, ThreadPoolExecutor(64) as pool:
    for told in pool.map(reach, file.read().splitlines()):
        print(told)
