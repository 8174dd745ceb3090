"""Sends one datagram, any text in gbk, and waits for no answer.  python3 talk.py [host] [port] [text]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 12821
    text = sys.argv[3] if len(sys.argv) > 3 else "数据"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(text.encode("gbk"), (host, port))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
