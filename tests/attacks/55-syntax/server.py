import socket
import sys

listener = socket.create_server(("", int(sys.argv[1]))
while True:
    connection, _ = listener.accept()
