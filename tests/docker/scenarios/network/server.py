import socket
import sys

with socket.create_server(("", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True) as listening:
    while True:
        connection, peer = listening.accept()
        with connection:
            while data := connection.recv(1024):
                connection.sendall(data.upper())
