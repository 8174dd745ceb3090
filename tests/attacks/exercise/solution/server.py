"""Answers each line with `echo: ` and the line, and keeps what was said in said.txt."""

import socket
import sys
import threading


def serve(connection):
    with connection, connection.makefile("rb") as lines:
        for line in lines:
            text = line.decode("utf-8", "replace")
            print(text, end="")
            with open("said.txt", "a", encoding="utf-8") as kept:
                kept.write(text)
            connection.sendall(b"echo: " + line)


def main():
    listener = socket.create_server(("", int(sys.argv[1])))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


main()
