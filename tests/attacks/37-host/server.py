"""A service of the machine under the lab, at every address that a gateway is wont to have."""

import socket
import struct

own = socket.gethostbyname("server").rpartition(".")[0]
places = ["172.17.0.1", "172.18.0.1", "172.19.0.1", f"{own}.1", f"{own}.2", f"{own}.254", "127.0.0.1", "0.0.0.0"]
with open("/proc/net/route", encoding="ascii") as file:
    places += [socket.inet_ntoa(struct.pack("=L", int(line.split()[2], 16))) for line in file.readlines()[1:]]
places += ["::1", "::", "fd77::1"]
for name in ("host.docker.internal", "gateway.docker.internal", "host", "_gateway"):
    try:
        places.append(socket.gethostbyname(name))
    except OSError:
        continue
for place in dict.fromkeys(places):
    family = socket.AF_INET6 if ":" in place else socket.AF_INET
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(family, kind) as attempt:
            attempt.settimeout(0.1)
            try:
                attempt.connect((place, 47251))
                attempt.send(b"lab-attack-37")
                if kind == socket.SOCK_STREAM:
                    print("ESCAPED reached the machine at", place)
            except OSError:
                continue
for name in ("\0lab-attack-listener", "/run/lab-attack-listener"):
    with socket.socket(socket.AF_UNIX) as attempt:
        try:
            attempt.connect(name)
            print("ESCAPED reached the machine by a socket of its files")
        except OSError:
            continue
