"""Lets the system draw ports, and holds all of them until it ends.  python3 draw.py [at most]"""

import socket
import sys


def main():
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    held, drawn = [], []
    try:
        while len(drawn) < most:
            held.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            held[-1].bind(("", 0))  # 0: any
            drawn.append(held[-1].getsockname()[1])
    except OSError as error:
        print(f"no more: {error.strerror}")
    print(f"{len(drawn)} ports from {min(drawn)} to {max(drawn)}")
    for first, last in [(0, 32767), (32768, 49151), (49152, 60999), (61000, 65535)]:
        print(f"of {first} to {last}: {len([port for port in drawn if first <= port <= last])}")


if __name__ == "__main__":
    main()
