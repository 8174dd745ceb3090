"""Says what is an address, and how many bytes it has.  python3 addresses.py text [text ...]"""

import socket
import sys


def main():
    for text in sys.argv[1:]:
        kinds = []
        for name, family in [("IPv4", socket.AF_INET), ("IPv6", socket.AF_INET6)]:
            try:
                number = socket.inet_pton(family, text)
                kinds.append(f"{name}, {len(number)} bytes: {number.hex(' ')}")
            except OSError:
                pass
        print(f"{text}  {kinds[0] if kinds else 'no address'}")


if __name__ == "__main__":
    main()
