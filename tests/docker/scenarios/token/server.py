"""Answer everyone with a random word; a broadcast is answered by no one, but ends it."""

import secrets
import socket
import sys

word = secrets.token_hex(8)
print(word)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiving:
    receiving.bind(("", int(sys.argv[1])))
    while (said := receiving.recvfrom(100))[0] != b"end":
        receiving.sendto(word.encode(), said[1])
