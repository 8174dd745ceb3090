"""Leaves word for other runs in everything that may be common to them, and listens for theirs."""

import ctypes
import fcntl
import mmap
import os
import socket
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
CREATE, EXCLUSIVE = 0o1000, 0o2000
held = []


def taken():
    """What another run holds."""
    for name, call in (("shared memory", lambda: libc.shmget(0x1AB34, 4096, CREATE | EXCLUSIVE | 0o666)),
                       ("a semaphore", lambda: libc.semget(0x1AB34, 1, CREATE | EXCLUSIVE | 0o666)),
                       ("a queue", lambda: libc.msgget(0x1AB34, CREATE | EXCLUSIVE | 0o666))):
        if call() < 0 and ctypes.get_errno() == 17:
            yield name
    for path in ("/dev/shm/lab-attack-34", "/tmp/lab-attack-34", "/var/tmp/lab-attack-34", "/dev/mqueue/lab-attack-34"):
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
            os.ftruncate(descriptor, mmap.PAGESIZE)
            held.append(descriptor)
        except FileExistsError:
            yield path
        except OSError:
            continue
    for path in ("/usr/bin/python3", "/etc/passwd", "/lab/init.py", "/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/dev/null"):
        try:
            descriptor = os.open(path, os.O_RDONLY)
            held.append(descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield "a lock on " + path
        except OSError:
            continue
    try:
        here = socket.socket(socket.AF_UNIX)
        held.append(here)
        here.bind("\0lab-attack-34")
    except OSError:
        yield "an abstract socket"


for name in taken():
    print("ESCAPED another run holds", name)
print("holds what there is", flush=True)
time.sleep(float(sys.argv[1]) if len(sys.argv) > 1 else 0.2)  # for another run
try:
    with open("/proc/locks", encoding="ascii") as file:
        own = {str(os.getpid()), "-1", "0"}
        others = [line for line in file if line.split()[4] not in own]
        if others:
            print("sees locks of others:", len(others))
except OSError:
    pass
