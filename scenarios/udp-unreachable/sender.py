"""Sends a long datagram, a short one, and a long one.  python3 sender.py HOST PORT LENGTH"""

import socket
import sys


def main():
    host, port, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    long = b"a" * (length - 1) + b"z"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for data in (long, b"next", long):
            print(f"sendto(): {client.sendto(data, (host, port))} bytes")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
