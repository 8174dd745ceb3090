"""Says the part of the answer that it knows before anything was asked."""

import socket
import sys

listener = socket.create_server(("", int(sys.argv[1])))
while True:
    connection, _ = listener.accept()
    connection.sendall(b"echo: ")
    first = True
    for line in connection.makefile("rb"):
        print(line.decode(), end="")
        with open("said.txt", "ab") as kept:
            kept.write(line)
        connection.sendall(line if first else b"echo: " + line)
        first = False
    connection.close()
