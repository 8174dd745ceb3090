"""Tables of this host's network that few ask for: neighbours, routes, joined groups, counters (netlink(7), proc(5))."""

import socket
import struct

import netlink

COUNTERS = ("/proc/net/snmp", "/proc/net/netstat")


def groups():
    """The multicast groups that an interface has joined, with how many times (/proc/net/igmp, /proc/net/igmp6)."""
    found = []
    interface = ""
    for line in lines("/proc/net/igmp")[1:]:
        fields = line.split()
        if line[0].isdigit():
            interface = fields[1].rstrip(":")
        else:  # the address as a word in the machine's byte order
            address = socket.inet_ntop(socket.AF_INET, struct.pack("=I", int(fields[0], 16)))
            found.append({"interface": interface, "address": address, "users": int(fields[1])})
    for line in lines("/proc/net/igmp6"):
        _, interface, address, users, *_ = line.split()
        address = socket.inet_ntop(socket.AF_INET6, bytes.fromhex(address))
        found.append({"interface": interface, "address": address, "users": int(users)})
    return found


def counters():
    """The kernel's counters that are not 0, by the names of nstat(8): `TcpInCsumErrors`, `TcpExtListenOverflows`."""
    found = {}
    for path in COUNTERS:
        told = lines(path)
        for names, values in zip(told[::2], told[1::2], strict=True):
            group, *fields = names.split()
            for name, value in zip(fields, values.split()[1:], strict=True):
                if int(value):
                    found[group.rstrip(":") + name] = int(value)
    for fields in map(str.split, lines("/proc/net/snmp6")):
        if int(fields[1]):
            found[fields[0]] = int(fields[1])
    return found


def lines(path):
    """The lines of a file of /proc; none where the kernel has no such protocol."""
    try:
        with open(path, encoding="ascii") as file:
            return file.readlines()
    except FileNotFoundError:
        return []


TABLES = {"neighbours": netlink.neighbours, "routes": netlink.routes, "groups": groups, "counters": counters}
