"""Print six datagrams, of broadcast and of multicast groups in both IP versions."""

import select
import socket
import struct
import sys

port = int(sys.argv[1])
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
four.bind(("", port))
four.setsockopt(
    socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.77.0.1") + socket.inet_aton("0.0.0.0")
)
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
six.bind(("", port))
for group in ("ff02::77", "ff05::77"):
    six.setsockopt(
        socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, group) + struct.pack("I", 0)
    )
print("ready")
for _ in range(5):
    for ready in select.select([four, six], [], [])[0]:
        print(ready.recv(1024).decode())
        break
