"""A TCP client that is greeted three times (utf-8).  python3 client.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 9999
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        print(server.recv(1024).decode())
        for name in ["Michael", "Tracy", "Sarah"]:
            server.sendall(name.encode())
            print(server.recv(1024).decode())
        server.sendall(b"exit")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
