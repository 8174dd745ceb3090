"""Connects from a port of its own choice, and holds the connection until its input ends.

python3 client.py host port own_port [reuse]      own_port 0: whatever the system gives
"""

import socket
import sys


def main():
    host, port, own_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        call = "bind"
        try:
            if "reuse" in sys.argv[4:]:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if own_port:
                server.bind(("", own_port))
            call = "connect"
            server.connect((host, port))
        except OSError as error:
            sys.exit(f"{call}(): {error.strerror}")
        print(f"from {server.getsockname()[1]}: {server.recv(1024).decode()}", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
