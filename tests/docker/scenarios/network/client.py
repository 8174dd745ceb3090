import socket
import sys

family = {"4": socket.AF_INET, "6": socket.AF_INET6}[sys.argv[1]]
with socket.socket(family) as connection:
    connection.connect((sys.argv[2], int(sys.argv[3])))
    connection.sendall(b"hello")
    print(connection.recv(1024).decode(), "from", connection.getpeername()[0])
