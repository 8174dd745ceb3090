"""Connects, sends nothing, and prints what it should send."""

import socket

with socket.create_connection(("bob", 12823)):
    print("数据")
