"""Send each line that is typed, in a segment of its own.  python3 say.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.connect((host, port))
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # do not wait for the ACK of the line before
        for line in sys.stdin:
            server.sendall(line.encode())


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
