"""Connects to a server as often as it can, and holds the connections.  python3 connect.py [host] [port] [at most]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    most = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    held, ports = [], []
    try:
        while len(ports) < most:
            held.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            held[-1].connect((host, port))  # no bind(): the system chooses a port
            ports.append(held[-1].getsockname()[1])
    except OSError as error:
        print(f"no more: {error.strerror}")
    print(f"{len(ports)} connections:", *ports)


if __name__ == "__main__":
    main()
