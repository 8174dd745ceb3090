import socket
import sys

for name in sys.argv[1:]:
    for family in (socket.AF_INET, socket.AF_INET6):
        print(name, *{info[4][0] for info in socket.getaddrinfo(name, None, family)})
