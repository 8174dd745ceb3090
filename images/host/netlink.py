"""What the kernel tells of this host's network over netlink(7): sockets, neighbours, routes.

Anybody may ask. Only what a question needs is unpacked: headers and numbers are those of include/uapi/linux/
netlink.h, rtnetlink.h, neighbour.h, inet_diag.h and sock_diag.h.
"""

import os
import socket
import struct

ROUTE, SOCK_DIAG = 0, 4  # families of netlink
GET_ROUTE, GET_NEIGHBOUR, DIAG_BY_FAMILY = 26, 30, 20
REQUEST, DUMP = 0x01, 0x300
ERROR, DONE = 2, 3
HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
ATTRIBUTE = struct.Struct("=HH")
NEIGHBOUR = struct.Struct("=BxxxiHBB")  # family, interface, state, flags, type
ROUTING = struct.Struct("=BBBBBBBBI")  # family, prefix, source prefix, tos, table, protocol, scope, type, flags
ASK_DIAG = struct.Struct("=BBBxI48x")  # family, protocol, extensions, states, id of one socket
# Family, state, timer, how often it fired, two ports, two addresses, when it fires, two queues, user, inode.
TOLD_DIAG = struct.Struct("=BBBB2s2s16s16s12xIIIII")
NEIGHBOUR_STATES = {
    0x01: "INCOMPLETE",
    0x02: "REACHABLE",
    0x04: "STALE",
    0x08: "DELAY",
    0x10: "PROBE",
    0x20: "FAILED",
    0x40: "NOARP",
    0x80: "PERMANENT",
}
NOARP = 0x40  # groups and the like, whose MAC address follows from their IP address: ip(8) does not show them either
MAIN, UNICAST, CLONED = 254, 1, 0x200
ADDRESS, MAC = 1, 2  # attributes of a neighbour
TO, DEVICE, VIA, SOURCE, METRIC = 1, 4, 5, 7, 6  # attributes of a route


def sockets(protocol, states):
    """The sockets of TCP or UDP, IPv4 and IPv6, that are in one of `states` (bits): `inet_diag_msg` each, unpacked.

    Raises `OSError` where the kernel does not tell.
    """
    try:
        for family in (socket.AF_INET, socket.AF_INET6):
            for body in dump(SOCK_DIAG, DIAG_BY_FAMILY, ASK_DIAG.pack(family, protocol, 0, states)):
                yield TOLD_DIAG.unpack_from(body)
    except OSError as error:
        raise OSError(error.errno, "the kernel tells of no sockets; tcp_diag and udp_diag may not be loaded") from None


def neighbours():
    """The neighbour tables, of ARP and of neighbour discovery: address, MAC address, interface and state."""
    found = []
    for body in dump(ROUTE, GET_NEIGHBOUR, NEIGHBOUR.pack(0, 0, 0, 0, 0)):
        family, interface, state, _, _ = NEIGHBOUR.unpack_from(body)
        told = attributes(body[NEIGHBOUR.size :])
        if state and state != NOARP and ADDRESS in told:
            found.append({
                "address": socket.inet_ntop(family, told[ADDRESS]),
                "mac": told[MAC].hex(":") if MAC in told else None,
                "interface": socket.if_indextoname(interface),
                "state": NEIGHBOUR_STATES.get(state, "NONE"),
            })  # fmt: skip
    return found


def routes():
    """The routes of the main table to other machines and networks: destination, next hop, interface, own address."""
    found = []
    for body in dump(ROUTE, GET_ROUTE, ROUTING.pack(0, 0, 0, 0, 0, 0, 0, 0, 0)):
        family, length, _, _, table, _, _, kind, flags = ROUTING.unpack_from(body)
        if table != MAIN or kind != UNICAST or flags & CLONED or family not in {socket.AF_INET, socket.AF_INET6}:
            continue
        told = attributes(body[ROUTING.size :])
        nowhere = bytes(4 if family == socket.AF_INET else 16)
        found.append({
            "to": socket.inet_ntop(family, told.get(TO, nowhere)) + "/" + str(length),
            "via": socket.inet_ntop(family, told[VIA]) if VIA in told else None,
            "interface": socket.if_indextoname(number(told[DEVICE])) if DEVICE in told else None,
            "source": socket.inet_ntop(family, told[SOURCE]) if SOURCE in told else None,
            "metric": number(told[METRIC]) if METRIC in told else 0,
        })  # fmt: skip
    return found


def number(data):
    """Four bytes in the machine's order."""
    return struct.unpack("=I", data)[0]


def dump(family, kind, body):
    """The bodies of the messages with which the kernel answers a question for all there are. Raises `OSError`."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, family) as kernel:
        kernel.send(HEADER.pack(HEADER.size + len(body), kind, REQUEST | DUMP, 1, 0) + body)
        while True:
            data = kernel.recv(1 << 18)
            while data:
                length, told, *_ = HEADER.unpack_from(data)
                if told == DONE:
                    return
                if told == ERROR:
                    code = -struct.unpack_from("=i", data, HEADER.size)[0]
                    raise OSError(code, os.strerror(code))
                yield data[HEADER.size : length]
                data = data[aligned(length) :]


def attributes(data):
    """Attribute -> its value."""
    found = {}
    while len(data) >= ATTRIBUTE.size:
        length, kind = ATTRIBUTE.unpack_from(data)
        found[kind] = data[ATTRIBUTE.size : length]
        data = data[aligned(length) :]
    return found


def aligned(length):
    """Messages and attributes begin at multiples of four."""
    return (length + 3) & ~3
