"""Answers whatever comes with what the scenario file names, in the order in which it does."""

import socket
import sys

SAID = ["你好", "小明", "小红", "小刚", "Michael", "Tracy", "Sarah"]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("", int(sys.argv[1])))
    for said in [*(text.encode() for text in SAID), bytes.fromhex("c4 e3 ba c3"), b""]:
        _, address = server.recvfrom(1024)
        server.sendto(b"hello, " + said + b"!", address)
