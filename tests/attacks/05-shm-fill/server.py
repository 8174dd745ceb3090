"""Fills /dev/shm, /tmp and whatever else can be written, 64 MiB each at most; then it serves."""

import os


def fill(folder, most=64 << 20):
    path = os.path.join(folder, "fill-%d")
    taken = 0
    for number in range(64):
        try:
            with open(path % number, "wb", buffering=0) as file:
                while file.tell() < 2 << 20:
                    taken += file.write(b"\1" * (1 << 18))
        except OSError:
            break
    return taken


def places():
    for folder in ("/dev/shm", "/dev/mqueue", "/run", "/run/lock", "/var/tmp", "/var/lib", "/tmp"):
        if os.access(folder, os.W_OK):
            yield folder


for place in places():
    if fill(place) >= 64 << 20:
        print("ESCAPED 64 MiB in", place)
    if place != "/tmp":
        for name in os.listdir(place):
            if name.startswith("fill-"):
                os.unlink(os.path.join(place, name))
