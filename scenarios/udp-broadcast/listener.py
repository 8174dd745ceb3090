"""Prints every datagram that comes to a port.  python3 listener.py PORT"""

import socket
import sys


def main():
    port = int(sys.argv[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", port))  # all addresses: the broadcast address too
        while True:
            data, (host, _) = server.recvfrom(1024)
            print(f"{host}: {data.decode()}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
