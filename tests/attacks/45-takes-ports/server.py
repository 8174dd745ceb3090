"""Binds every port it can, that of the exercise among them, and answers at none of them."""

import socket
import sys
import time

held = []
for port in [int(sys.argv[1]), *range(7000, 7400), *range(1024, 1400)]:
    try:
        taken = socket.socket()
        held.append(taken)
        taken.bind(("", port))
        taken.listen()
    except OSError:
        continue
print("holds", len(held), "ports")
time.sleep(600)
