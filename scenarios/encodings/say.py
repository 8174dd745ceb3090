"""Sends each text as one datagram.  python3 say.py host port encoding text [text ...]      encoding: gbk, utf-8, hex"""

import socket
import sys


def main():
    host, port, encoding = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for text in sys.argv[4:]:
            data = bytes.fromhex(text) if encoding == "hex" else text.encode(encoding)
            sender.sendto(data, (host, port))


if __name__ == "__main__":
    main()
