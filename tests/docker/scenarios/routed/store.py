import socket
import sys

with socket.create_server(("", int(sys.argv[1]))) as listening:
    connection, peer = listening.accept()
    with connection:
        connection.sendall(b"stored for " + connection.recv(100) + b" of " + peer[0].encode())
