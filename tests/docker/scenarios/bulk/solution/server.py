import socket
import sys

with socket.create_server(("", int(sys.argv[1]))) as listening:
    connection, peer = listening.accept()
    room, total = bytearray(1 << 20), 0
    while taken := connection.recv_into(room):
        total += taken
    print(total)
