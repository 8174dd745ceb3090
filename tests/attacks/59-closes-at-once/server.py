"""Closes each connection as soon as it is there."""

import socket
import sys

listener = socket.create_server(("", int(sys.argv[1])))
while True:
    connection, _ = listener.accept()
    connection.close()
