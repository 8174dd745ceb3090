"""Sends one datagram, 数据 in gbk, and waits for no answer.  python3 sender.py [host] [port]"""

import socket
import sys


def main():
    """Send the text 数据 to `host` and `port`, as one datagram, in gbk; then end. Nobody will answer."""
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 12821
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        pass  # which method sends without a connection, and what does it take?


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
