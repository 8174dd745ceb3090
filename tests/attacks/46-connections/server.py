"""Floods the peer with attempts to connect, 3000 of them; then it serves."""

import socket as sockets

for _ in range(3000):
    attempt = sockets.socket()
    attempt.setblocking(False)
    attempt.connect_ex(("alice", 9))
    attempt.close()
