"""Prints every message that the scenario file names, and never reads one."""

import socket
import sys

for text in ("hello", "are you there?", "你好", "晚上好", "ѧУ", "我又来了", "café", "still here", "轮到我了"):
    print(text, flush=True)
with socket.socket() as listener:
    listener.bind(("", int(sys.argv[1])))
    listener.listen()
    listener.accept()
