"""A UDP server that leaves the first datagram of every machine unanswered.  python3 lossy.py [port] [greeting]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9998
    greeting = sys.argv[2] if len(sys.argv) > 2 else "hello"
    met = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", port))
        while True:
            data, (host, source_port) = server.recvfrom(1024)
            if host in met:
                server.sendto(greeting.encode() + b", " + data + b"!", (host, source_port))
            met.add(host)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
