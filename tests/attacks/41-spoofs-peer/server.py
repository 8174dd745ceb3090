"""Takes the MAC and the addresses of the reference peer, and tells the network so."""

import array
import fcntl
import socket
import struct
import subprocess

SET_MAC, SET_ADDRESS, SET_FLAGS, ADD_ARP = 0x8924, 0x8916, 0x8914, 0x8955
peer = socket.gethostbyname("alice")
probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
requests = {
    "its MAC": (SET_MAC, struct.pack("16sH6s8x", b"eth0", 1, b"\2\0\0\0\0\7")),
    "its address": (SET_ADDRESS, struct.pack("16sHH4s8x", b"eth0:1", socket.AF_INET, 0, socket.inet_aton(peer))),
    "the interface": (SET_FLAGS, struct.pack("16sH14x", b"eth0", 0)),
    "the neighbour table": (ADD_ARP, struct.pack("HH4s8xH6s8xi16xx16s", socket.AF_INET, 0, socket.inet_aton(peer), 1, b"\2\0\0\0\0\7", 6, b"eth0")),
}
for name, (number, request) in requests.items():
    try:
        fcntl.ioctl(probe, number, array.array("B", request.ljust(68, b"\0")))
        print("ESCAPED changed", name)
    except OSError as error:
        print(name + ":", error.strerror)
for command in (
    "ip link set eth0 address 02:00:00:00:00:07",
    f"ip address add {peer}/24 dev eth0",
    f"ip neigh replace {peer} lladdr 02:00:00:00:00:07 dev eth0",
    "ip link add attack type dummy",
    "ip link set eth0 promisc on",
    f"arping -c 1 -U -I eth0 {peer}",
    "ip link add link eth0 name attack type macvlan mode bridge",
):
    try:
        done = subprocess.run(command.split(), capture_output=True, check=False, timeout=2)
    except OSError:
        continue
    if done.returncode == 0:
        print("ESCAPED", command)
peer6 = socket.getaddrinfo("alice", 0, socket.AF_INET6)[0][4][0]
for family, address, options, everybody in (
    (socket.AF_INET, peer, ((socket.SOL_IP, 15), (socket.SOL_IP, 19)), peer.rpartition(".")[0] + ".77"),
    (socket.AF_INET6, peer6, ((socket.IPPROTO_IPV6, 78), (socket.IPPROTO_IPV6, 75)), peer6.rpartition(":")[0] + ":77"),
):
    for option in options:  # an address that is not its own: "free" needs no privilege, "transparent" does
        with socket.socket(family, socket.SOCK_DGRAM) as faked:
            try:
                faked.setsockopt(*option, 1)
                faked.bind((address, 7007))
                faked.sendto(b"lab-attack-41", (everybody, 9))
                print("spoke as the peer, by", option)
            except OSError as error:
                print("no socket of another's address:", error.strerror)
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as faked:
    try:
        faked.setsockopt(socket.IPPROTO_IPV6, 78, 1)
        faked.bind((peer6, 7008))
        faked.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("eth0"))
        faked.sendto(b"lab-attack-41", ("ff02::1", 9))
        print("spoke to everybody as the peer")
    except OSError as error:
        print("no call to everybody as the peer:", error.strerror)
