"""Empty datagrams, 40000 of them: a packet each, and hardly a byte; then it serves."""

import socket as sockets

with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM) as out:
    out.connect(("alice", 9))
    for _ in range(40000):
        try:
            out.send(b"")
        except OSError:
            pass
