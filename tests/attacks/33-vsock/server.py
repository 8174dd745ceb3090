"""AF_VSOCK, the line of a virtual machine to what is under it, and other families that no exercise is about.

A socket of the family is proof enough: nothing is sent to whatever is there.
"""

import socket

FAMILIES = {"vsock": 40, "alg": 38, "bluetooth": 31, "can": 29, "tipc": 30, "xdp": 44, "packet": 17, "qipcrtr": 42, "rds": 21, "smc": 43, "nfc": 39, "key": 15}
for name, family in FAMILIES.items():
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW):
        try:
            opened = socket.socket(family, kind)
        except OSError:
            continue
        print("ESCAPED a socket of the family", name)
        opened.close()
        break
