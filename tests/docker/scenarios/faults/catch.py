import os, selectors, socket

every = selectors.DefaultSelector()
for port in range(7007, 6999, -1):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.bind(("::", port))
    every.register(s, selectors.EVENT_READ, port)
try:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
except OSError as error:
    print(type(error).__name__, *sorted(os.listdir("/sys/class/net")), flush=True)
while True:
    for key, _ in every.select():
        data, who = key.fileobj.recvfrom(100)
        print("4" if who[0].startswith("::ffff:") else "6", key.data, data.decode(), flush=True)
