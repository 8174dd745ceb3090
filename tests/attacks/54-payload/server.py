"""Answers with invalid UTF-8, NUL and surrogates, and keeps them."""

import socket
import sys

JUNK = b"\xff\xfe\0\xc3\x28 \xed\xa0\x80\xed\xbf\xbf \xf4\x90\x80\x80 \xe4\xbd \0"
with open("said.txt", "wb") as file:
    file.write(JUNK)
listener = socket.create_server(("", int(sys.argv[1])))
for _ in range(2):
    connection, _ = listener.accept()
    connection.recv(100)
    connection.sendall(JUNK + b"\n")
    connection.close()
