"""Namespaces of its own, one after the other, by unshare() and by clone()."""

import ctypes
import os
import subprocess

libc = ctypes.CDLL(None, use_errno=True)
KINDS = {"mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "pid": 0x20000000, "net": 0x40000000}
for name, flag in KINDS.items():
    if os.fork() == 0:
        if libc.unshare(flag) == 0:
            print("ESCAPED a namespace of its own:", name, flush=True)
        os._exit(0)
    os.wait()
for options in ("-m", "-n", "-p", "-i", "-u"):
    said = subprocess.run(["unshare", options, "echo", "made"], capture_output=True, check=False)
    if b"made" in said.stdout:
        print("ESCAPED unshare", options)
try:
    import socket

    socket.sethostname("alice")
    print("ESCAPED has another name")
except OSError:
    pass
