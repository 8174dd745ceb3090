"""Packets that take the readers of packets apart: lengths that lie, names that point at themselves; then it serves."""

import socket as sockets

DNS = b"\x12\x34\x81\x80\xff\xff\xff\xff\xff\xff\xff\xff"
PIECES = (
    b"",
    b"\0",
    b"\xff" * 1400,
    DNS,
    DNS + b"\xc0\x0c" * 40,  # a name that points at itself
    DNS + b"\x3f" + b"a" * 10,  # a label longer than the message
    DNS + b"\xc0",
    DNS + b"\1a" * 600 + b"\0\0\1\0\1",
    b"\1\1\6\0" + b"\0" * 232 + b"\x63\x82\x53\x63\x35\xff",  # DHCP with an option longer than the message
    b"\x30\x84\xff\xff\xff\xff" * 20,  # SNMP: BER of four gigabytes
    b"\x08\0\0\0\xff\xff\xff\0" + b"\x45\0\xff\xff" * 20,  # VXLAN with a frame inside
    b"\x16\3\1\xff\xff\1\xff\xff\xff",  # TLS
    b"\xd9\0\n\xfa" + b"\0" * 400,  # NTP
    b"\0\1" + b"a" * 900,  # TFTP without an end
    b"M-SEARCH * HTTP/1.1\r\n" * 50,
    b"\x80" + b"\xff" * 60,  # RTP with fifteen sources
)
PORTS = (53, 67, 68, 69, 111, 123, 137, 138, 161, 162, 443, 500, 514, 520, 546, 623, 1194, 1701, 1812, 1900, 2055, 2152,
         3784, 4500, 4739, 4789, 5060, 5353, 5355, 5683, 6081, 6343, 6653, 8472, 9995)
for family, name in ((sockets.AF_INET, "alice"), (sockets.AF_INET6, "alice")):
    with sockets.socket(family, sockets.SOCK_DGRAM) as out:
        place = sockets.getaddrinfo(name, 0, family)[0][4]
        for port in PORTS:
            for piece in PIECES:
                try:
                    out.sendto(piece, (place[0], port))
                except OSError:
                    continue
