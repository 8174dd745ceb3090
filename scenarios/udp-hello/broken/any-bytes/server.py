"""Takes every datagram for utf-8, and dies of one that is not.  python3 server.py [port]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9999
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", port))
        while True:
            data, address = server.recvfrom(1024)
            server.sendto(f"hello, {data.decode()}!".encode(), address)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
