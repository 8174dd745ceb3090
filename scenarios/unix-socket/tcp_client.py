"""Says one thing to a server on TCP.  python3 tcp_client.py HOST PORT TEXT"""

import socket
import sys


def main():
    host, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with socket.create_connection((host, port)) as server:
        server.sendall(text.encode())
        print(server.recv(1024).decode())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
