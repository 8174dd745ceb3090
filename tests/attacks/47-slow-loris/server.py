"""Answers the right thing, a byte every 150 ms, and never the end of the line."""

import socket
import sys
import time

listener = socket.create_server(("", int(sys.argv[1])))
for _ in range(2):
    connection, _ = listener.accept()
    answer = b"echo: " + connection.recv(100).rstrip() + b"." * 100
    for byte in answer:
        try:
            connection.sendall(bytes([byte]))
        except OSError:
            break
        time.sleep(0.15)
