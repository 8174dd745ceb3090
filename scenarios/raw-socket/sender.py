"""Sends a datagram as all programs do.  python3 sender.py HOST PORT TEXT"""

import socket
import sys


def main():
    host, port, data = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        print(f"sendto(): {client.sendto(data, (host, port))} bytes")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
