import errno
import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
    connection.sendall(b"client")
    print(connection.recv(100).decode())
try:
    socket.create_connection((sys.argv[3], 7012))
except OSError as error:
    print(errno.errorcode[error.errno])
