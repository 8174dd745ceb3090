"""Floods the peer with datagrams, 32 MiB, and then serves: what counts is what of it comes through."""

import socket as sockets

with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM) as out:
    out.connect(("alice", 9))
    for _ in range((32 << 20) // 1400):
        try:
            out.send(b"\1" * 1400)
        except OSError:
            pass
