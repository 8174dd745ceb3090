"""Reads each datagram in several ways.  python3 receiver.py [port]"""

import socket
import sys


def text_of(data, encoding):
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        return f"UnicodeDecodeError: {error.reason}"


def guess(data):
    """The book's way: utf-8 first, gbk if that fails."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return text_of(data, "gbk")


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("", port))
        while True:
            data, _ = receiver.recvfrom(1024)
            print(f"{data.hex(' ')} as utf-8: {text_of(data, 'utf-8')}")
            print(f"{data.hex(' ')} as gbk: {text_of(data, 'gbk')}")
            print(f"{data.hex(' ')} as utf-8, else gbk: {guess(data)}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
