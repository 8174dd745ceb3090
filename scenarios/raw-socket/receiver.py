"""Prints every datagram that the kernel hands over.  python3 receiver.py PORT"""

import socket
import sys


def main():
    port = int(sys.argv[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", port))
        while True:
            data, (host, _) = server.recvfrom(1024)
            print(f"{host}: {data.decode()}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
