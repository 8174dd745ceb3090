"""Answers one message on a UNIX domain socket.  python3 server.py PATH"""

import os
import socket
import struct
import sys


def main():
    path = sys.argv[1]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)  # makes a file
        server.listen()
        print("listening on", server.getsockname())
        client, address = server.accept()
        with client:
            pid, user, _ = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            print(f"address of the client: {address!r}")
            print("a process of this machine:", os.path.exists(f"/proc/{pid}"), "of my user:", user == os.getuid())
            text = client.recv(1024).decode()
            print("received:", text)
            client.sendall(f"hello, {text}!".encode())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
