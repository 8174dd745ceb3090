"""Waits for one datagram and prints it as it came: its bytes and its sender.  python3 receiver.py [port] [seconds]"""

import socket
import sys


def main():
    """Wait for one datagram on `port`, print the pair that recvfrom() returns, and end.

    If none has come after so many seconds, end with sys.exit("没有收到数据").
    """
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 12821
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 5
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("", port))
        # and now?


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
