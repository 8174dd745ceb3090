"""Does everything right, and closes nothing."""

import socket
import sys

listener = socket.create_server(("", int(sys.argv[1])))
connections = []
while True:
    connection, _ = listener.accept()
    connections.append(connection)
    for line in connection.makefile("rb"):
        print(line.decode(), end="")
        with open("said.txt", "ab") as kept:
            kept.write(line)
        connection.sendall(b"echo: " + line)
