"""Connects to addresses of the internet, set aside for documents, in every way there is."""

import socket

for family, kind, address in (
    (socket.AF_INET, socket.SOCK_STREAM, ("198.51.100.7", 80)),
    (socket.AF_INET, socket.SOCK_STREAM, ("203.0.113.9", 443)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("198.51.100.7", 53)),
    (socket.AF_INET6, socket.SOCK_STREAM, ("2001:db8::1", 80)),
    (socket.AF_INET6, socket.SOCK_DGRAM, ("2001:db8::1", 53)),
):
    with socket.socket(family, kind) as attempt:
        attempt.settimeout(0.3)
        try:
            attempt.connect(address)
            attempt.send(b"lab-attack-35")
            print("ESCAPED a way to", address)
        except TimeoutError:
            print("ESCAPED a way to", address, "though nobody answered")
        except OSError as error:
            print(address, error.strerror)
with open("/proc/net/route", encoding="ascii") as file:
    for line in file.readlines()[1:]:
        if line.split()[1] == "00000000":
            print("ESCAPED a default route")
with open("/proc/net/ipv6_route", encoding="ascii") as file:
    for line in file:
        fields = line.split()
        if fields[:2] == ["0" * 32, "00"] and fields[-1] != "lo":
            print("ESCAPED a default route of IPv6")
