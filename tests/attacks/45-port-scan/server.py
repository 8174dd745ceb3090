"""Scans the reference peer's first thousand ports while its first client waits for the end; else it serves well."""

import socket as sockets
import threading


def scan():
    found = []
    for port in range(1, 1001):
        with sockets.socket() as attempt:
            attempt.settimeout(0.05)
            if attempt.connect_ex(("alice", port)) == 0:
                found.append(port)
    if found:
        print("ESCAPED open ports of the peer:", *found)


def close(connection):
    if not scanned.is_set() and threading.current_thread() is not threading.main_thread():
        scanned.set()
        scan()
    really_close(connection)


scanned = threading.Event()
really_close, sockets.socket.close = sockets.socket.close, close
