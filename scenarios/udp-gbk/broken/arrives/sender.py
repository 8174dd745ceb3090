"""The text's sender: it sends to port 12822, its receiver waits on 12821.  python3 sender.py [host] [port]"""

import socket
import sys


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 12822
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto("数据".encode("gbk"), (host, port))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
