"""Sends one datagram without bind(), and tells its port before and after.  python3 client.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 9999
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        before = client.getsockname()[1]
        client.sendto(b"hello", (host, port))  # no bind(): the system draws a port
        print(f"port before sendto(): {before}, after: {client.getsockname()[1]}", flush=True)
        client.recvfrom(1024)
        sys.stdin.readline()  # holds the port until its input ends


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
