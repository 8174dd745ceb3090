"""Sends two datagrams with sendto(), and asks the socket what it has heard.  python3 unconnected.py HOST PORT TEXT"""

import socket
import sys


def main():
    host, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for count in (1, 2):
            sent = client.sendto(f"{text} {count}".encode(), (host, port))
            print(f"sendto() {count}: {sent} bytes")
            sys.stdin.readline()
        print("error of the socket:", client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
