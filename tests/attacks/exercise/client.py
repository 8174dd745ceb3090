"""The reference peer: waits a moment, says words, wants each of them back, waits for the server to close.

How long it may take is said by the scenario, whose deadlines count the time in which programs could run. The moment is
counted in turns, which come late on a busy machine: to its server as well.
"""

import select
import socket
import sys

TURNS, TURN = 25, 0.01  # seconds: a quarter of one for a server to say what nobody asked for
MOST = 200  # bytes of an answer


def answer(connection):
    """One line, or what there is of it."""
    got = b""
    while not got.endswith(b"\n") and len(got) < MOST:
        piece = connection.recv(MOST)
        if not piece:
            break
        got += piece
    return got


host, port, *words = sys.argv[1:]
with socket.create_connection((host, int(port))) as connection:
    for _ in range(TURNS):
        if select.select([connection], [], [], TURN)[0]:
            break
    for word in words:
        connection.sendall(word.encode() + b"\n")
        got = answer(connection)
        print(got.decode("utf-8", "replace"), end="")
        if got != b"echo: " + word.encode() + b"\n":
            sys.exit("\nno such answer was asked for")
    connection.shutdown(socket.SHUT_WR)
    if connection.recv(MOST):
        sys.exit("more than was asked for")
