"""Leaves all work to the modules beside it."""

import socket
import sys
import threading

listener = socket.create_server(("", int(sys.argv[1])))
threading.serve(listener)
