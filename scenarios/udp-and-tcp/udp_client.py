"""Asks so many questions on UDP.  python3 udp_client.py HOST PORT COUNT"""

import socket
import sys


def main():
    host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for number in range(count):
            client.sendto(f"question {number}".encode(), (host, port))
            print(client.recvfrom(1024)[0].decode())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
