import socket, sys

name, version = sys.argv[1:]
family = socket.AF_INET if version == "4" else socket.AF_INET6
address = socket.getaddrinfo(name, 7000, family)[0][4][0]
s = socket.socket(family, socket.SOCK_DGRAM)
for port, count in [(7001, 3), (7002, 2), (7003, 3), (7004, 2), (7005, 2), (7006, 20), (7007, 10)]:
    for number in range(count):
        s.sendto(str(number).encode(), (address, port))
s.sendto(b"end", (address, 7000))
