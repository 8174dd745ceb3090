"""Prints what comes to a port, and is a member of no group.  python3 outsider.py PORT"""

import socket
import sys


def main():
    port = int(sys.argv[1])
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # IPv4 too
        server.bind(("", port))
        while True:
            data, (host, *_) = server.recvfrom(1024)
            print(f"{host.removeprefix('::ffff:')}: {data.decode()}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
