"""Listens with a backlog of 1 and accepts nobody until a line comes; then reads the first client to its end."""

import socket
import struct

GROUP4, GROUP6 = "239.1.2.3", "ff15::7"

group = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
group.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP4) + bytes(4))
group6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
interface = struct.pack("=I", socket.if_nametoindex("eth0"))
group6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, GROUP6) + interface)
big = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
big.bind(("", 7072))
listening = socket.socket()
listening.bind(("", 7071))
listening.listen(1)
print("ready")
print("got", len(big.recv(9000)))
input()
group.close()
first, _ = listening.accept()
second, _ = listening.accept()
total = 0
while data := first.recv(65536):
    total += len(data)
print("read", total)
first.close()
second.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
second.close()  # with a RST
input()
