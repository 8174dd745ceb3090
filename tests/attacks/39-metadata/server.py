"""The metadata service of clouds: is there a way to it? It only asks the routing table, and sends nothing."""

import socket

for family, address in ((socket.AF_INET, "169.254.169.254"), (socket.AF_INET6, "fd00:ec2::254"), (socket.AF_INET, "169.254.170.2")):
    with socket.socket(family, socket.SOCK_DGRAM) as attempt:
        try:
            attempt.connect((address, 80))  # of a datagram socket: no packet
            print("ESCAPED a way to", address)
        except OSError as error:
            print(address, error.strerror)
