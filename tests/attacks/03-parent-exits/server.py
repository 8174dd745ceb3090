"""The child serves; its parent ends when the first client has been served."""

import os
import socket
import sys
import time

listener = socket.create_server(("", int(sys.argv[1])))
over, tell = os.pipe()
parent = os.getpid()
if os.fork():
    os.read(over, 1)
    os._exit(0)
while True:
    connection, _ = listener.accept()
    for line in connection.makefile("rb"):
        print(line.decode(), end="")
        with open("said.txt", "ab") as kept:
            kept.write(line)
        connection.sendall(b"echo: " + line)
    os.write(tell, b".")
    while os.getppid() == parent:
        time.sleep(0.001)
    connection.close()
