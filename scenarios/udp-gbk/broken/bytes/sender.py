"""Sends 数据 in utf-8, Python's own choice.  python3 sender.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 12821
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto("数据".encode(), (host, port))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
