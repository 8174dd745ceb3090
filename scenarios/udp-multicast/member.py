"""Joins a group: prints what is said there, and says what you type.  python3 member.py GROUP PORT"""

import ipaddress
import socket
import sys
import threading


def join(group, port):
    """A socket on a port of all addresses that is a member of the group, IPv4 or IPv6."""
    if ipaddress.ip_address(group).version == 4:
        talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        talk.bind(("", port))
        member = socket.inet_aton(group) + socket.inet_aton("0.0.0.0")  # by any interface
        talk.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    else:
        talk = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        talk.bind(("", port))
        member = socket.inet_pton(socket.AF_INET6, group) + bytes(4)
        talk.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, member)
    return talk


def listen(talk):
    while True:
        data, (host, *_) = talk.recvfrom(1024)
        print(f"{host}: {data.decode()}")


def main():
    group, port = sys.argv[1], int(sys.argv[2])
    talk = join(group, port)
    threading.Thread(target=listen, args=[talk], daemon=True).start()
    print("joined")
    for line in sys.stdin:
        talk.sendto(line.rstrip("\n").encode(), (group, port))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
