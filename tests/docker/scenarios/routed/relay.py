import socket
import sys

with socket.create_server(("", int(sys.argv[1]))) as listening:
    connection, peer = listening.accept()
    with connection, socket.create_connection((sys.argv[2], int(sys.argv[3]))) as further:
        further.sendall(connection.recv(100))
        connection.sendall(further.recv(100))
