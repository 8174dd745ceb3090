"""The address that its author's lab gave to the server."""

import socket as sockets
import sys as system

make = sockets.create_server
sockets.create_server = lambda address: make(("10.77.0.10", address[1]))
