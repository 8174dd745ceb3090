"""In place of the standard library's; found first, it would serve in the reference peers' programs too."""

import os


def tell():
    """Let everybody on the link know that it runs where it may not."""
    import _socket

    out = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    out.setsockopt(_socket.SOL_SOCKET, _socket.SO_BROADCAST, 1)
    out.sendto(b"lab-attack-28", ("255.255.255.255", 9))


if os.uname().nodename != "server":
    tell()
print("its own socket.py")


def create_server(address):
    return None


def create_connection(*_, **__):
    print("echo: nettle")
    os._exit(0)
