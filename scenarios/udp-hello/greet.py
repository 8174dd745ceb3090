"""A UDP server that greets whoever writes to it, in any words.  python3 greet.py [port] [greeting]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9999
    greeting = sys.argv[2] if len(sys.argv) > 2 else "hello"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", port))
        while True:
            data, address = server.recvfrom(1024)
            server.sendto(greeting.encode() + b", " + data + b"!", address)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
