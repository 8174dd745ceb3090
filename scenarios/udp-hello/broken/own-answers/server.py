"""Answers everybody who ever wrote to it.  python3 server.py [port]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9999
    known = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", port))
        while True:
            data, address = server.recvfrom(1024)
            known.add(address)
            for each in known:
                server.sendto(b"hello, " + data + b"!", each)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
