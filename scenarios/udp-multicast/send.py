"""Sends one datagram to one host.  python3 send.py HOST PORT TEXT"""

import socket
import sys


def main():
    host, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(text.encode(), (host, port))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
