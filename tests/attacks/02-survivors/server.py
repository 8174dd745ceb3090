"""Serves from a daemon of its own session, with four more that only stay; the program itself is over."""

import os
import socket
import sys
import time


def daemon(work):
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    try:
        work()
    finally:
        os._exit(0)


def stay():
    os.execvp("python3", ["python3", "-c", "import time; time.sleep(40)", "lab-attack-survivor"])


def serve():
    listener = socket.create_server(("", int(sys.argv[1])))
    for _ in range(2):
        connection, _ = listener.accept()
        for line in connection.makefile("rb"):
            connection.sendall(b"echo: " + line)
        connection.close()


for _ in range(4):
    daemon(stay)
daemon(serve)
