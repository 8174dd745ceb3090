"""Throws away what it receives, and prints what the scenario file names."""

import socket

with socket.create_connection(("bob", 12824)) as server:
    while server.recv(1024):
        pass
print("TCP数据")
