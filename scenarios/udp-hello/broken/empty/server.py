"""Takes an empty datagram for the end, as on TCP, and ends.  python3 server.py [port]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9999
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", port))
        while True:
            data, address = server.recvfrom(1024)
            if not data:
                break
            server.sendto(b"hello, " + data + b"!", address)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
