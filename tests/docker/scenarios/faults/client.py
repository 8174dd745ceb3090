import socket, sys

s = socket.create_connection(("server", int(sys.argv[1])))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
words = [w for w in sys.argv[2:] if w != "wait"]
for word in words:
    s.sendall(word.encode())
heard = b""
while len(heard) < len("".join(words)):
    heard += s.recv(100)
assert heard == "".join(words).encode(), heard
print("answered", flush=True)
if "wait" in sys.argv:
    sys.stdin.read()
