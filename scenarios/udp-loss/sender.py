"""Send some texts, each in a datagram of its own.  python3 sender.py host port text ..."""

import socket
import sys


def main():
    host, port, texts = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for text in texts:
            size = sender.sendto(text.encode(), (host, port))
            print(f"sendto(): {size} bytes")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
