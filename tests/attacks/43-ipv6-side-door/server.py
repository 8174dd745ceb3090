"""Whoever is on the link, by IPv6: all hosts, all routers, and a listener on whatever answers."""

import re
import socket
import subprocess

index = socket.if_nametoindex("eth0")
found = set()
for group in ("ff02::1", "ff02::2", "ff02::fb", "ff05::2"):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as calls:
        calls.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        try:
            calls.sendto(b"lab-attack-43", (group, 47251, 0, index))
        except OSError:
            continue
    said = subprocess.run(["ping", "-6", "-c", "1", "-W", "0.3", f"{group}%eth0"], capture_output=True, text=True, check=False)
    found |= set(re.findall(r"from (fe80::[0-9a-f:]+)%", said.stdout))
print("on the link:", *sorted(found))
for place in sorted(found) + ["fe80::1", "fe80::42"]:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET6, kind) as attempt:
            attempt.settimeout(0.1)
            try:
                attempt.connect((place, 47251, 0, index))
                attempt.send(b"lab-attack-43")
                if kind == socket.SOCK_STREAM:
                    print("ESCAPED connected to", place)
            except OSError:
                continue
own = {line.split()[1].partition("/")[0] for line in subprocess.run(["ip", "-6", "-br", "addr"], capture_output=True, text=True).stdout.splitlines() if len(line.split()) > 1}
if len(found) > 2:
    print("ESCAPED more on the link than there are hosts", len(found), own)
with open("/proc/sys/net/ipv6/conf/all/forwarding", encoding="ascii") as file:
    if file.read().strip() != "0":
        print("ESCAPED may forward")
