"""A UDP server that greets whoever writes to it (utf-8).  python3 server.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 9999
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((host, port))
        while True:
            data, address = server.recvfrom(1024)
            server.sendto(b"hello, " + data + b"!", address)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
