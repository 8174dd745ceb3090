"""Escape sequences in what it prints, what it answers and what it calls its files."""

import os
import socket
import sys

BAD = (
    b"\x1b[31mred\x1b[0m \x1b]0;owned\x07 \x1b]8;;http://198.51.100.7/\x1b\\click\x1b]8;;\x1b\\ \x9b31m \xc2\x9b31m "
    b"\x1b[2J\x1b[H \x1bP$q\x1b\\ \x07\x08\x08\x0b\x0c\r\x7f \xe2\x80\xaeright to left\xe2\x80\xac \xe2\x80\x8b\xef\xbb\xbf"
)
os.write(1, BAD + b"\n" + BAD + b"\r")
os.write(2, BAD + b"\n")
for name in (b"\x1b[31mred", b"\x1b]0;owned\x07", b"new\nline", b"\xe2\x80\xaetxt.exe"):
    with open(name, "wb") as file:
        file.write(BAD)
with open("said.txt", "wb") as file:
    file.write(BAD)
listener = socket.create_server(("", int(sys.argv[1])))
for _ in range(2):
    connection, _ = listener.accept()
    connection.recv(100)
    connection.sendall(BAD + b"\n")
    connection.close()
sys.exit(BAD.decode("latin-1"))
