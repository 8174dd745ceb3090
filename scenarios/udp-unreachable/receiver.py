"""Takes three datagrams, 1024 bytes of each, and answers none of them.  python3 receiver.py PORT"""

import socket
import sys


def main():
    port = int(sys.argv[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", port))
        for _ in range(2):
            data, _ = server.recvfrom(1024)
            print(f"recvfrom(1024): {len(data)} bytes, {data[:1]!r} to {data[-1:]!r}")
        data, _, flags, _ = server.recvmsg(1024)
        print(f"recvmsg(1024): {len(data)} bytes, truncated: {bool(flags & socket.MSG_TRUNC)}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
