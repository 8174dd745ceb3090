"""Calls everybody on the link, 20000 times, and then serves."""

import socket as sockets

with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM) as out:
    out.setsockopt(sockets.SOL_SOCKET, sockets.SO_BROADCAST, 1)
    for _ in range(20000):
        try:
            out.sendto(b"lab-attack-46", ("255.255.255.255", 9))
        except OSError:
            pass
