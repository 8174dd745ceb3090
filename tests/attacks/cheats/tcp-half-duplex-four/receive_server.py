"""Prints what the scenario file names before anybody has connected, and throws away what it receives."""

import socket
import sys

print("数据", flush=True)
with socket.socket() as listener:
    listener.bind(("", int(sys.argv[1])))
    listener.listen()
    client, _ = listener.accept()
    with client:
        while client.recv(1024):
            pass
