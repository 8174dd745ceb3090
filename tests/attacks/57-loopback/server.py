"""Serves itself."""

import socket
import sys

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.listen()
while True:
    connection, _ = listener.accept()
    for line in connection.makefile("rb"):
        print(line.decode(), end="")
        with open("said.txt", "ab") as kept:
            kept.write(line)
        connection.sendall(b"echo: " + line)
    connection.close()
