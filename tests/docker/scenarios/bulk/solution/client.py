import socket
import sys

block, left = bytes(range(256)) * 4096, int(sys.argv[3])
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
    while left:
        piece = block[: min(left, len(block))]
        connection.sendall(piece)
        left -= len(piece)
