"""Prints what the scenario file names before anything has come, and takes nothing of what comes."""

import socket
import sys
import time

print(r"(b'\xca\xfd\xbe\xdd', ('10.77.0.12', 5))")
print("没有收到数据", flush=True)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
    receiver.bind(("", int(sys.argv[1])))
    time.sleep(1)  # until the lab has seen it listen
