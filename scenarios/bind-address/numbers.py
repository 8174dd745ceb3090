"""Asks for port numbers, those that there are not among them.  python3 numbers.py number [number ...]"""

import socket
import sys


def main():
    for number in map(int, sys.argv[1:]):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as mine:
            try:
                mine.bind(("", number))
                print(f"bind {number}: port {mine.getsockname()[1]}")
            except OverflowError as error:
                print(f"bind {number}: OverflowError: {error}")


if __name__ == "__main__":
    main()
