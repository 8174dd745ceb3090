"""Answers every question on UDP.  python3 udp_server.py PORT"""

import socket
import sys


def main():
    port = int(sys.argv[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", port))
        while True:
            question, address = server.recvfrom(1024)
            server.sendto(b"answer to " + question, address)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
