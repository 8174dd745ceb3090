"""Would write the whole handshake, the questions and the answers itself, packet by packet."""

import os
import socket

for name, arguments in {
    "raw TCP": (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP),
    "raw IP": (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW),
    "raw ICMP": (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "raw IPv6": (socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW),
    "frames": (socket.AF_PACKET, socket.SOCK_RAW, 0x0300),
    "packets": (socket.AF_PACKET, socket.SOCK_DGRAM, 0x0300),
}.items():
    try:
        with socket.socket(*arguments):
            print("ESCAPED a socket for", name)
    except OSError as error:
        print(name + ":", error.strerror)
for path in ("/dev/net/tun", "/dev/vhost-net", "/dev/tap0"):
    try:
        os.close(os.open(path, os.O_RDWR))
        print("ESCAPED opened", path)
    except OSError:
        continue
with socket.socket() as repaired:
    try:
        repaired.setsockopt(socket.IPPROTO_TCP, 19, 1)  # TCP_REPAIR: a connection without a handshake
        print("ESCAPED a connection out of nothing")
    except OSError as error:
        print("repair:", error.strerror)
