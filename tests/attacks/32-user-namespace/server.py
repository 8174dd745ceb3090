"""A user namespace, where it would be root: the door to most of the others."""

import ctypes
import os
import subprocess

libc = ctypes.CDLL(None, use_errno=True)
NEW_USER, NEW_NET, SIGCHLD = 0x10000000, 0x40000000, 17
CLONE = {"x86_64": 56, "aarch64": 220}.get(os.uname().machine, 56)
CLONE3 = 435
if os.fork() == 0:
    if libc.unshare(NEW_USER) == 0:
        print("ESCAPED a user namespace", flush=True)
        with open("/proc/self/setgroups", "w") as file:
            file.write("deny")
        with open("/proc/self/uid_map", "w") as file:
            file.write("0 1000 1")
        if libc.unshare(NEW_NET) == 0:
            print("ESCAPED root of a network", flush=True)
    os._exit(0)
os.wait()
child = libc.syscall(CLONE, NEW_USER | SIGCHLD, 0, 0, 0, 0)
if child == 0:
    os._exit(0)
if child > 0:
    print("ESCAPED a child in a user namespace")
arguments = (ctypes.c_uint64 * 11)(NEW_USER, 0, 0, 0, SIGCHLD)
child = libc.syscall(CLONE3, arguments, 88)
if child == 0:
    os._exit(0)
if child > 0:
    print("ESCAPED a child in a user namespace, by clone3")
said = subprocess.run(["unshare", "-Ur", "id", "-u"], capture_output=True, check=False)
if said.stdout.strip() == b"0":
    print("ESCAPED unshare -Ur")
