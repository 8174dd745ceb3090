"""Tries a TCP connection, to all hosts if the address is theirs.  python3 connect.py ADDRESS PORT"""

import socket
import sys


def main():
    host, port = sys.argv[1], int(sys.argv[2])
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        try:
            client.connect((host, port))
            print("connect(): connected")
        except OSError as error:
            print(f"connect(): {error!r}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
