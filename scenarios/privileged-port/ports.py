"""Tries to take ports, and says which it may have.  python3 ports.py port [port ...]"""

import os
import socket
import sys


def main():
    print(f"user {os.getuid()}")
    for port in map(int, sys.argv[1:]):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            try:
                listener.bind(("", port))
                print(f"{port}: taken")
            except PermissionError as error:
                print(f"{port}: PermissionError: {error.strerror}")


if __name__ == "__main__":
    main()
