"""Answers one message on TCP.  python3 tcp_server.py PORT"""

import socket
import sys


def main():
    port = int(sys.argv[1])
    with socket.create_server(("", port)) as server:
        client, _ = server.accept()
        with client:
            client.sendall(f"hello, {client.recv(1024).decode()}!".encode())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
