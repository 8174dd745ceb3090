"""Answers each datagram, and tells how many ports they came from.  python3 server.py [port]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9999
    seen = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", port))
        while True:
            data, address = server.recvfrom(1024)
            seen.append(address)
            print(f"{len(seen)} datagrams from {len(set(seen))} ports; this one from {address[1]}", flush=True)
            server.sendto(data, address)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
