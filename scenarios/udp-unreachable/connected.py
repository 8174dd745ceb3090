"""Sends a datagram on a connected UDP socket and waits for an answer.  python3 connected.py HOST PORT TEXT"""

import socket
import sys


def main():
    host, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.connect((host, port))
        print(f"send(): {client.send(text.encode())} bytes")
        try:
            client.recv(1024)
        except ConnectionRefusedError as error:
            print(f"recv(): {error!r}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
