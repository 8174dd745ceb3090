"""Waits on the loopback interface only: no datagram of another machine gets there.  python3 receiver.py [port] [seconds]"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 12821
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 5
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", port))
        receiver.settimeout(seconds)  # a datagram may be lost: do not wait for ever
        pair = receiver.recvfrom(1024)
        print(pair)


if __name__ == "__main__":
    try:
        main()
    except TimeoutError:
        sys.exit("没有收到数据")
    except KeyboardInterrupt:
        pass
