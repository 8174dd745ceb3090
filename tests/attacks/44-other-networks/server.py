"""Speaks to the hosts of other runs, at every address that the lab is known to give."""

import socket
import select

port = 7007
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tells:
    for network in range(256):
        for host in (1, 10, 11):
            try:
                tells.sendto(b"lab-attack-44", (f"10.77.{network}.{host}", port))
            except OSError:
                continue
own = socket.gethostbyname("server").rpartition(".")[0]
waiting = []
for network in range(64):
    if f"10.77.{network}" == own:
        continue
    attempt = socket.socket()
    attempt.setblocking(False)
    try:
        attempt.connect((f"10.77.{network}.10", port))
    except BlockingIOError:
        print("ESCAPED a way to the network", network)
        waiting.append(attempt)
    except OSError:
        attempt.close()
for attempt in select.select([], waiting, [], 0.3)[1]:
    if attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
        print("ESCAPED connected to another run")
        attempt.sendall(b"lab-attack-44")
with open("/proc/net/dev", encoding="ascii") as file:
    if len(file.readlines()) > 4:
        print("more interfaces than two")
