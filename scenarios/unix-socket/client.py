"""Says one thing to a server on a UNIX domain socket.  python3 client.py PATH TEXT"""

import socket
import sys


def main():
    path, text = sys.argv[1], sys.argv[2]
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        try:
            server.connect(path)
        except OSError as error:
            sys.exit(f"connect(): {error!r}")
        server.sendall(text.encode())
        print(server.recv(1024).decode())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
