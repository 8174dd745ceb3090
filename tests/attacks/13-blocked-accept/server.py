"""Waits for a client that never comes, at another port, while its clients wait for it."""

import socket
import sys

here = socket.create_server(("", int(sys.argv[1])))
elsewhere = socket.create_server(("", 0))
elsewhere.accept()
