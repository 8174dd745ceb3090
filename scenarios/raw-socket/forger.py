"""Writes the UDP header itself, with a checksum that is wrong.  python3 forger.py HOST PORT TEXT"""

import socket
import struct
import sys

WRONG = 0x0BAD
FROM_PORT = 4000


def main():
    host, port, data = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
    try:
        wire = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
    except PermissionError as error:
        sys.exit(f"socket(): {error!r}")
    with wire:
        header = struct.pack("!4H", FROM_PORT, port, 8 + len(data), WRONG)
        print(f"sendto(): {wire.sendto(header + data, (host, 0))} bytes")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
