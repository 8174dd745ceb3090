"""Stops itself when the first client has spoken, with a child that would wake it much later."""

import os
import signal
import socket
import sys
import time

listener = socket.create_server(("", int(sys.argv[1])))
connection, _ = listener.accept()
connection.recv(100)
parent = os.getpid()
if os.fork() == 0:
    time.sleep(20)
    os.kill(parent, signal.SIGCONT)
    os._exit(0)
os.kill(parent, signal.SIGSTOP)
