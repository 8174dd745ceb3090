"""Fills the queue of the server and the window of the first connection; two more attempts are ignored."""

import socket

SERVER = ("server", 7071)

big = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
big.sendto(b"x" * 4000, ("server", 7072))
first = socket.create_connection(SERVER)
first.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
second = socket.create_connection(SERVER)
ignored = socket.socket()
ignored.setblocking(False)
ignored.connect_ex((socket.gethostbyname("server"), SERVER[1]))
first.setblocking(False)
sent = 0
try:
    while True:
        sent += first.send(b"y" * 4096)
except BlockingIOError:
    print("full")
late = socket.socket()
late.settimeout(3.5)
try:
    late.connect(SERVER)
except TimeoutError:
    late.close()
    print("timed out")
input()
ignored.close()
first.close()
print("sent", sent)
input()
try:
    second.recv(1)
except ConnectionResetError:
    print("reset")
refused = socket.socket()
try:
    refused.connect(("server", 7999))
except ConnectionRefusedError:
    print("refused")
print("数据".encode("gbk").decode("utf-8", "replace"))
