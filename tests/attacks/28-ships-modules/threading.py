"""Loaded by every interpreter that finds it."""

import os


def tell():
    """Let everybody on the link know that it runs where it may not."""
    import _socket

    out = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    out.setsockopt(_socket.SOL_SOCKET, _socket.SO_BROADCAST, 1)
    out.sendto(b"lab-attack-28", ("255.255.255.255", 9))


if os.uname().nodename != "server" or os.getuid() == 0:
    tell()
