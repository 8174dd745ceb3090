"""Sends one datagram, to all hosts if the address is theirs.  python3 shout.py ADDRESS PORT TEXT [broadcast]"""

import socket
import sys


def main():
    host, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        if "broadcast" in sys.argv[4:]:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        try:
            print(f"sendto(): {client.sendto(text.encode(), (host, port))} bytes")
        except OSError as error:
            print(f"sendto(): {error!r}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
